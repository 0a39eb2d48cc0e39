use crate::error::Error;
use crate::transport::tls;
use percent_encoding::percent_decode_str;
use std::net::IpAddr;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long each address of the server is tried.
const CONNECT: Duration = Duration::from_secs(3);
/// How long sent bytes may stay without the other side's word that it has them.
const SILENCE: Duration = Duration::from_secs(10);

/// Where the database is, and how it is reached.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
    /// Host, port and database, for messages.
    pub(super) name: String,
}

impl Address {
    /// # Errors
    /// Kind `Configuration`, field `journal`. The message holds nothing of the URL but the names of its options.
    pub(super) fn new(url: &str) -> Result<Self, Error> {
        let Options { rest, ssl_mode, root_certificate } = Options::of(url)?;
        let mut config: Config = rest.parse().map_err(|_| {
            let form = "postgres://user:password@host:5432/database; write @ : / ? # % in a password as %40 %3A %2F \
                        %3F %23 %25, and name no options but those of the client library";
            wrong(&format!("cannot be read; write it as {form}"))
        })?;
        let nameless = |host: &Host| matches!(host, Host::Tcp(name) if name.is_empty());
        if config.get_hostaddrs().is_empty() && config.get_hosts().iter().all(nameless) {
            return Err(wrong("names no host; write one, such as localhost"));
        }
        config.ssl_mode(ssl_mode.unwrap_or(if is_local(&config) { SslMode::Disable } else { SslMode::Require }));
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.connect_timeout(CONNECT).tcp_user_timeout(SILENCE);
        config.keepalives_idle(SILENCE).keepalives_interval(Duration::from_secs(2)).keepalives_retries(3);
        if config.get_application_name().is_none() {
            config.application_name("posa");
        }
        let tls = match (config.get_ssl_mode(), root_certificate) {
            (SslMode::Disable, _) => tls::without_roots()?,
            (_, None) => tls::config(&[])?,
            (_, Some(path)) => tls::config(&read(&path)?)?,
        };
        Ok(Self { name: name(&config), config, tls: MakeRustlsConnect::new(tls) })
    }
}

/// The options of the URL that the client library does not know, or knows otherwise than libpq.
struct Options {
    rest: String,
    ssl_mode: Option<SslMode>,
    root_certificate: Option<String>,
}

impl Options {
    fn of(url: &str) -> Result<Self, Error> {
        let (place, options) = url.split_once('?').unwrap_or((url, ""));
        let (mut rest, mut ssl_mode, mut root_certificate) = (Vec::new(), None, None);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
            match key {
                "sslmode" => ssl_mode = Some(mode(&value())?),
                "sslrootcert" => root_certificate = Some(value()).filter(|path| path != "system"),
                "sslcert" | "sslkey" => return Err(wrong("names a client certificate; those are not supported")),
                _ => rest.push(option),
            }
        }
        Ok(Self { rest: format!("{place}?{}", rest.join("&")), ssl_mode, root_certificate })
    }
}

fn mode(name: &str) -> Result<SslMode, Error> {
    match name {
        "disable" => Ok(SslMode::Disable),
        "prefer" => Ok(SslMode::Prefer),
        "require" | "verify-ca" | "verify-full" => Ok(SslMode::Require),
        _ => Err(wrong("has an unknown sslmode; use disable, prefer, require, verify-ca or verify-full")),
    }
}

/// Whether every host is this machine.
fn is_local(config: &Config) -> bool {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    let addresses = config.get_hostaddrs();
    if addresses.is_empty() { config.get_hosts().iter().all(host) } else { addresses.iter().all(IpAddr::is_loopback) }
}

fn name(config: &Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    });
    let addresses = config.get_hostaddrs().iter().map(IpAddr::to_string);
    let named: Vec<_> = if config.get_hosts().is_empty() { addresses.collect() } else { hosts.collect() };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("{}:{port}/{database}", named.join(","))
}

fn read(path: &str) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|e| wrong(&format!("names a file in sslrootcert that cannot be read: {e}")))
}

fn wrong(what: &str) -> Error {
    Error::configuration("journal", format!("the journal's URL {what}"))
}
