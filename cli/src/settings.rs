mod journal;
mod layer;
mod origin;
mod stock;

use crate::output;
pub(crate) use journal::{is_file, no_journal};
use layer::{Layer, only_ours, variable_name};
pub(crate) use origin::Origins;
use posa_core::engine::Retry;
use posa_core::journal::Journal;
use posa_core::sign::{Credentials, CredentialsProvider, FileCredentials};
use posa_core::transport::HttpOptions;
use posa_core::wire::Format;
use posa_core::{BoxFuture, Client, ClientBuilder, Endpoint, Environment, Error, Marketplace, PartnerId};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
pub(crate) use stock::StockCard;

/// How to reach the gateway, as options of a command.
///
/// What an option does not say, its variable does (`--partner-id` is `POSA_PARTNER_ID`), and after that the line
/// of the same name (`partner_id`) in the config file.
#[derive(clap::Args)]
#[command(next_help_heading = "Connection (each also as POSA_<NAME>, or a line in the config file)")]
pub(crate) struct Connection {
    /// TOML file with settings [default: $XDG_CONFIG_HOME/posa/config.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Layer,
}

impl Connection {
    /// Options over variables over the config file; a sandbox's ready file counts as the source that names it.
    ///
    /// `variable` reads one environment variable.
    ///
    /// # Errors
    /// A file cannot be read or understood, or lets others read a secret.
    pub(crate) fn settings(self, variable: impl Fn(&str) -> Option<String>) -> Result<Settings, Error> {
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        let file = match self.config.or_else(|| filled("POSA_CONFIG").map(PathBuf::from)) {
            Some(path) => Layer::from_file(&path)?,
            None => match default_config(filled).filter(|path| path.exists()) {
                Some(path) => Layer::from_file(&path)?,
                None => Layer::default(),
            },
        };
        let variables = Layer::from_variables(filled)?.complete()?;
        let (flags, file) = (self.flags.complete()?, file.complete()?);
        Ok(Settings {
            origins: Origins::of([("an option", &flags), ("the environment", &variables), ("the config file", &file)]),
            layer: flags.over(variables).over(file),
            data: data_folder(filled),
            postgres_password: filled("PGPASSWORD"),
        })
    }
}

fn default_config(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let base =
        variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(Path::new(&variable("HOME")?).join(".config")));
    Some(base?.join("posa/config.toml"))
}

/// Where programs keep what they record, by the XDG convention on every system.
fn data_folder(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let base = variable("XDG_DATA_HOME").map(PathBuf::from);
    let base = base.or_else(|| Some(Path::new(&variable("HOME")?).join(".local/share")));
    Some(base.or_else(|| variable("LOCALAPPDATA").map(PathBuf::from))?.join("posa"))
}

/// The settings that hold, each checked where it is asked for.
pub(crate) struct Settings {
    layer: Layer,
    pub(crate) origins: Origins,
    /// The folder of journals that no setting names.
    data: Option<PathBuf>,
    postgres_password: Option<String>,
}

impl Settings {
    /// A client that records sales in `journal`.
    pub(crate) fn client(&self, journal: Arc<dyn Journal>) -> Result<Client, Error> {
        self.builder()?.journal(journal).build()
    }

    /// A client that has everything but its journal.
    pub(crate) fn builder(&self) -> Result<ClientBuilder, Error> {
        let mut builder = Client::builder(self.partner_id()?, self.endpoint()?)
            .credentials(self.keys()?)
            .format(self.format()?)
            .observer(output::watch);
        if let Some(marketplace) = self.marketplace()? {
            builder = builder.marketplace(marketplace);
        }
        if let Some(timeout) = self.timeout()? {
            builder = builder.attempt_timeout(timeout);
        }
        if let Some(deadline) = self.deadline()? {
            builder = builder.deadline(deadline);
        }
        if let Some(attempts) = self.attempts()? {
            builder = builder.retry(Retry { attempts: attempts.get(), ..Retry::default() });
        }
        if let Some(rate) = self.rate()? {
            builder = builder.rate_share(rate);
        }
        let HttpOptions { proxy, extra_ca_pem, .. } = self.http()?;
        if let Some(proxy) = proxy {
            builder = builder.proxy(proxy);
        }
        Ok(builder.extra_ca_pem(&extra_ca_pem))
    }

    /// How connections are made.
    pub(crate) fn http(&self) -> Result<HttpOptions, Error> {
        let read = |path: &PathBuf| {
            let wrong = |e| Error::configuration("ca_file", format!("{}: cannot be read: {e}", path.display()));
            std::fs::read(path).map_err(wrong)
        };
        let extra_ca_pem = self.layer.ca_file.as_ref().map(read).transpose()?.unwrap_or_default();
        Ok(HttpOptions { proxy: self.layer.proxy.clone(), extra_ca_pem, ..HttpOptions::default() })
    }

    /// For one attempt, where it is set.
    pub(crate) fn timeout(&self) -> Result<Option<Duration>, Error> {
        seconds("timeout", self.layer.timeout.as_deref())
    }

    /// For all attempts together, where it is set.
    pub(crate) fn deadline(&self) -> Result<Option<Duration>, Error> {
        seconds("deadline", self.layer.deadline.as_deref())
    }

    /// Times that a request is sent at the most, where it is set.
    fn attempts(&self) -> Result<Option<NonZeroU32>, Error> {
        let wrong = |_| Error::configuration("attempts", "attempts is no number of times such as 3");
        self.layer.attempts.as_deref().map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// Requests a second at the most, where it is set.
    pub(crate) fn rate(&self) -> Result<Option<NonZeroU32>, Error> {
        let wrong = |_| Error::configuration("rate", "rate is no number of requests a second such as 5");
        self.layer.rate.as_deref().map(|text| text.parse().map_err(wrong)).transpose()
    }

    pub(crate) fn partner_id(&self) -> Result<PartnerId, Error> {
        PartnerId::new(self.layer.partner_id.as_deref().ok_or_else(|| missing("partner_id"))?)
    }

    pub(crate) fn endpoint(&self) -> Result<Endpoint, Error> {
        if !self.names_a_gateway() {
            return Err(Error::configuration(
                "marketplace",
                "no gateway is named; give --marketplace (and --environment), --endpoint, or --sandbox READY.json",
            ));
        }
        let environment: Option<Environment> = parsed(self.layer.environment.as_deref())?;
        let (marketplace, region) = (self.marketplace()?, parsed(self.layer.region.as_deref())?);
        if marketplace.is_none() && region.is_none() {
            return Err(missing("region"));
        }
        Endpoint::named(marketplace, environment, self.layer.endpoint.as_deref(), region)
    }

    pub(crate) fn format(&self) -> Result<Format, Error> {
        Ok(parsed(self.layer.format.as_deref())?.unwrap_or_default())
    }

    pub(crate) fn keys(&self) -> Result<Keys, Error> {
        let pair = self.layer.access_key_id.as_deref().or(self.layer.secret_access_key.as_deref());
        match &self.layer.credentials_file {
            Some(_) if pair.is_some() => Err(Error::configuration(
                "credentials_file",
                "credentials_file and an access key are both given; leave one of the two out",
            )),
            Some(path) => {
                only_ours("credentials_file", path)?;
                Ok(Keys::File(FileCredentials::new(path)))
            }
            None => {
                let id = self.layer.access_key_id.as_deref().ok_or_else(|| missing("access_key_id"))?;
                let secret = self.layer.secret_access_key.as_deref().ok_or_else(|| {
                    Error::configuration(
                        "secret_access_key",
                        "secret_access_key is not set; put it into POSA_SECRET_ACCESS_KEY, the config file or a \
                         --credentials-file (it is no option, since others can read arguments)",
                    )
                })?;
                Ok(Keys::Pair(Credentials::new(id, secret)?))
            }
        }
    }

    /// Whether a ready file of posa's sandbox is named.
    pub(crate) fn names_sandbox(&self) -> bool {
        self.layer.sandbox.is_some()
    }

    /// Whether any setting says which gateway is meant.
    pub(crate) fn names_a_gateway(&self) -> bool {
        self.names_sandbox() || self.layer.endpoint.is_some() || self.layer.marketplace.is_some()
    }

    /// The region that is named beside an address of its own, which alone makes it count.
    pub(crate) fn idle_region(&self) -> Option<&str> {
        self.layer.region.as_deref().filter(|_| self.layer.endpoint.is_none())
    }

    pub(crate) fn marketplace(&self) -> Result<Option<Marketplace>, Error> {
        parsed(self.layer.marketplace.as_deref())
    }
}

/// Where the keys are.
pub(crate) enum Keys {
    Pair(Credentials),
    File(FileCredentials),
}

impl CredentialsProvider for Keys {
    fn load(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        match self {
            Self::Pair(credentials) => credentials.load(),
            Self::File(file) => file.load(),
        }
    }
}

fn missing(field: &'static str) -> Error {
    let option = field.replace('_', "-");
    let message = format!("{field} is not set; give --{option}, {} or a line in the config file", variable_name(field));
    Error::configuration(field, message)
}

fn parsed<T: FromStr<Err = Error>>(text: Option<&str>) -> Result<Option<T>, Error> {
    text.map(T::from_str).transpose()
}

fn seconds(field: &'static str, text: Option<&str>) -> Result<Option<Duration>, Error> {
    let Some(text) = text else { return Ok(None) };
    let duration = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let wrong = || Error::configuration(field, format!("{field} is not a number of seconds such as 6 or 2.5"));
    duration.ok_or_else(wrong).map(Some)
}
