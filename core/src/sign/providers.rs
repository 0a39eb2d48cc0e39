use super::Credentials;
use crate::BoxFuture;
use crate::error::Error;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Where credentials come from. Asked before the first request, and again after the gateway refused the key.
pub trait CredentialsProvider: Send + Sync {
    /// Reads the credentials as they are now.
    ///
    /// # Errors
    /// They are missing or malformed.
    fn load(&self) -> BoxFuture<'_, Result<Credentials, Error>>;
}

impl CredentialsProvider for Credentials {
    fn load(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(async { Ok(self.clone()) })
    }
}

/// Reads the variables `POSA_ACCESS_KEY_ID` and `POSA_SECRET_ACCESS_KEY`.
#[derive(Debug, Clone, Copy, Default)]
pub struct EnvironmentCredentials;

impl CredentialsProvider for EnvironmentCredentials {
    fn load(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(async { from_variables(|name| std::env::var(name).ok()) })
    }
}

fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Credentials, Error> {
    let variable = |field, name: &str| {
        read(name).ok_or_else(|| Error::configuration(field, format!("the environment variable {name} is not set")))
    };
    Credentials::new(
        variable("access_key_id", "POSA_ACCESS_KEY_ID")?,
        variable("secret_access_key", "POSA_SECRET_ACCESS_KEY")?,
    )
}

/// Reads a file of `name = value` lines: `access_key_id` and `secret_access_key`, also with the prefix `aws_`.
/// Empty lines, lines that begin with `#` and section headings are passed over.
#[derive(Debug, Clone)]
pub struct FileCredentials {
    path: PathBuf,
}

impl FileCredentials {
    /// The file is read at the first request, not here.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl CredentialsProvider for FileCredentials {
    fn load(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(async {
            let wrong = |what: String| Error::configuration("credentials", format!("{}: {what}", self.path.display()));
            let path = self.path.clone();
            let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(path).map(Zeroizing::new));
            let text = match read.await {
                Ok(text) => text.map_err(|e| wrong(e.to_string()))?,
                Err(_) => return Err(wrong("reading it was interrupted".into())),
            };
            from_variables(|variable| value_of(&text, &variable["POSA_".len()..].to_ascii_lowercase())).map_err(|e| {
                let field = e.field().unwrap_or("access_key_id");
                wrong(format!("it has no usable {field}; write a line \"{field} = ...\""))
            })
        })
    }
}

fn value_of(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let key = key.trim().to_ascii_lowercase();
        (key.strip_prefix("aws_").unwrap_or(&key) == name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// A provider that calls a function, such as a look-up in a secret store.
pub fn credentials_from<F, R>(load: F) -> impl CredentialsProvider
where
    F: Fn() -> R + Send + Sync,
    R: Future<Output = Result<Credentials, Error>> + Send + 'static,
{
    struct Callback<F>(F);
    impl<F, R> CredentialsProvider for Callback<F>
    where
        F: Fn() -> R + Send + Sync,
        R: Future<Output = Result<Credentials, Error>> + Send + 'static,
    {
        fn load(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
            Box::pin((self.0)())
        }
    }
    Callback(load)
}
