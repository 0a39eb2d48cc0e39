use super::journal::{has_password, is_file};
use posa_core::{Environment, Error};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The settings that one source gives. The secret is no option: arguments can be read by every user of the machine.
#[derive(clap::Args, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Layer {
    /// Ready file of a running `posa sandbox`; gives everything below
    #[arg(long, value_name = "READY.json")]
    pub(super) sandbox: Option<PathBuf>,
    /// The five characters that name the partner
    #[arg(long, value_name = "ID")]
    pub(super) partner_id: Option<String>,
    /// Country of issuance, such as US or DE: fixes gateway, currency and limits
    #[arg(long, value_name = "CODE")]
    pub(super) marketplace: Option<String>,
    /// sandbox or production; a key of the Incentives portal needs it said [default: sandbox]
    #[arg(long, value_name = "NAME")]
    pub(super) environment: Option<String>,
    /// A gateway at an address of its own, such as http://127.0.0.1:8989
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,
    /// Region that requests to --endpoint are signed for [default: the marketplace's]
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<String>,
    /// The public half of the access key; the secret comes from POSA_SECRET_ACCESS_KEY or the config file
    #[arg(long, value_name = "ID")]
    pub(super) access_key_id: Option<String>,
    #[arg(skip)]
    pub(super) secret_access_key: Option<String>,
    /// File with the lines access_key_id = ... and secret_access_key = ...
    #[arg(long, value_name = "FILE")]
    pub(super) credentials_file: Option<PathBuf>,
    /// PEM file with a further certificate authority to trust
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// HTTP proxy
    #[arg(long, value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Format of the bodies: json (default) or xml
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<String>,
    /// Seconds for one attempt [default: 6]
    #[arg(long, value_name = "SECONDS")]
    pub(super) timeout: Option<String>,
    /// Seconds for all attempts together [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(super) deadline: Option<String>,
    /// Times that a request is sent at the most, inside the deadline [default: 8]
    #[arg(long, value_name = "N")]
    pub(super) attempts: Option<String>,
    /// Requests a second at the most from this command, of the account's ten: leaves room for tills that sell
    #[arg(long, value_name = "N")]
    pub(super) rate: Option<String>,
    /// Where sales are recorded: a file, postgres://HOST/DATABASE (its password in PGPASSWORD or the config file),
    /// memory or none [default: a file in $XDG_DATA_HOME/posa named after partner and gateway]
    #[arg(long, value_name = "PATH|URL|none")]
    pub(super) journal: Option<String>,
}

const NAMES: [&str; 17] = [
    "sandbox",
    "partner_id",
    "marketplace",
    "environment",
    "endpoint",
    "region",
    "access_key_id",
    "secret_access_key",
    "credentials_file",
    "ca_file",
    "proxy",
    "format",
    "timeout",
    "deadline",
    "attempts",
    "rate",
    "journal",
];

impl Layer {
    pub(super) fn from_file(path: &Path) -> Result<Self, Error> {
        let wrong = |what: String| Error::configuration("config", format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
        // The parser's own message would show the line, which may hold the secret.
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            let line = e.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
            wrong(format!("line {line} is not TOML; write name = \"value\""))
        })?;
        let mut texts = BTreeMap::new();
        for (name, value) in table {
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                _ => return Err(wrong(format!("{name} is neither a text nor a number"))),
            };
            texts.insert(name, value);
        }
        if texts.contains_key("secret_access_key") || texts.get("journal").is_some_and(|name| has_password(name)) {
            only_ours("config", path)?;
        }
        let layer = Self::from_texts(texts).map_err(wrong)?;
        let beside = |named: Option<PathBuf>| named.map(|named| path.parent().unwrap_or(Path::new("")).join(named));
        Ok(Self {
            sandbox: beside(layer.sandbox),
            credentials_file: beside(layer.credentials_file),
            ca_file: beside(layer.ca_file),
            journal: layer.journal.map(|name| match is_file(&name) {
                true => path.parent().unwrap_or(Path::new("")).join(name).to_string_lossy().into_owned(),
                false => name,
            }),
            ..layer
        })
    }

    pub(super) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let texts = NAMES.iter().filter_map(|name| Some(((*name).to_owned(), variable(&variable_name(name))?)));
        Self::from_texts(texts.collect()).map_err(|what| Error::configuration("environment", what))
    }

    fn from_texts(texts: BTreeMap<String, String>) -> Result<Self, String> {
        if let Some(name) = texts.keys().find(|name| !NAMES.contains(&name.as_str())) {
            return Err(format!("there is no setting {name:?}; known are {}", NAMES.join(", ")));
        }
        let object = texts.into_iter().map(|(name, value)| (name, value.into())).collect();
        serde_json::from_value(serde_json::Value::Object(object)).map_err(|e| e.to_string())
    }

    /// With what the ready file gives, if one is named.
    pub(super) fn complete(self) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Ready {
            url: String,
            region: String,
            partner_id: String,
            access_key_id: String,
            secret_access_key: String,
        }
        let Some(path) = &self.sandbox else { return Ok(self) };
        let wrong = |what: String| {
            Error::configuration(
                "sandbox",
                format!("{}: {what}; is posa sandbox --ready-file running?", path.display()),
            )
        };
        let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
        let ready: Ready = serde_json::from_str(&text).map_err(|_| wrong("is not a ready file".into()))?;
        Ok(self.over(Self {
            partner_id: Some(ready.partner_id),
            environment: Some(Environment::Sandbox.to_string()),
            endpoint: Some(ready.url),
            region: Some(ready.region),
            access_key_id: Some(ready.access_key_id),
            secret_access_key: Some(ready.secret_access_key),
            ..Self::default()
        }))
    }

    /// This source's settings, and for what it leaves open those of the `lower` one. Keys named here are not mixed
    /// with a file of keys named there, nor the reverse.
    pub(super) fn over(self, lower: Self) -> Self {
        let has_pair = self.access_key_id.is_some() || self.secret_access_key.is_some();
        let has_file = self.credentials_file.is_some();
        Self {
            sandbox: self.sandbox.or(lower.sandbox),
            partner_id: self.partner_id.or(lower.partner_id),
            marketplace: self.marketplace.or(lower.marketplace),
            environment: self.environment.or(lower.environment),
            endpoint: self.endpoint.or(lower.endpoint),
            region: self.region.or(lower.region),
            access_key_id: self.access_key_id.or(lower.access_key_id.filter(|_| !has_file)),
            secret_access_key: self.secret_access_key.or(lower.secret_access_key.filter(|_| !has_file)),
            credentials_file: self.credentials_file.or(lower.credentials_file.filter(|_| !has_pair)),
            ca_file: self.ca_file.or(lower.ca_file),
            proxy: self.proxy.or(lower.proxy),
            format: self.format.or(lower.format),
            timeout: self.timeout.or(lower.timeout),
            deadline: self.deadline.or(lower.deadline),
            attempts: self.attempts.or(lower.attempts),
            rate: self.rate.or(lower.rate),
            journal: self.journal.or(lower.journal),
        }
    }
}

pub(super) fn variable_name(name: &str) -> String {
    format!("POSA_{}", name.to_ascii_uppercase())
}

/// Refuses a file of secrets that other users of the machine can read.
pub(super) fn only_ours(field: &'static str, path: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    if let Ok(metadata) = std::fs::metadata(path) {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            let path = path.display();
            let message = format!("{path} holds a secret and others can read it; run: chmod 600 {path}");
            return Err(Error::configuration(field, message));
        }
    }
    #[cfg(not(unix))]
    let _ = (field, path);
    Ok(())
}
