//! The one place where the journal is named and opened.

use super::Settings;
use posa_core::error::Cause;
use posa_core::journal::{self, Journal, Name};
use posa_core::{Delivery, Endpoint, Error, ErrorKind, PartnerId};
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Settings {
    /// The journal that is named, or the default one. The first sale creates a file that is missing.
    pub(crate) fn journal(&self) -> Result<Arc<dyn Journal>, Error> {
        let name = self.journal_name()?;
        if self.layer.journal.is_none()
            && let Some(folder) = Path::new(&name).parent()
        {
            create(folder).map_err(|e| {
                let message = format!("{} cannot be created: {e}; give --journal FILE, or none", folder.display());
                Error::configuration("journal", message)
            })?;
        }
        journal::open(&name)
    }

    /// The name that the journal is opened by, a password in it; nothing is created.
    pub(crate) fn journal_name(&self) -> Result<String, Error> {
        match &self.layer.journal {
            Some(name) if matches!(Name::new(name)?, Name::Postgres(_)) => Ok(self.with_password(name)),
            Some(name) => Ok(name.clone()),
            None => self.default_file(),
        }
    }

    /// A journal that holds sales of earlier processes. One that is not there is an error: its name is wrong, or its
    /// sales are gone, and neither is to be told as a journal where all is well.
    pub(crate) async fn kept_journal(&self) -> Result<Arc<dyn Journal>, Error> {
        let name = self.journal_name()?;
        match Name::new(&name)? {
            Name::None | Name::Memory => {
                let message = format!("journal is {name:?}, which holds no earlier sale; name a file or a database");
                Err(Error::configuration("journal", message))
            }
            Name::File(path) if !path.exists() => {
                if path.parent().is_some_and(Path::is_dir) {
                    // Tells of one that was there, and is gone.
                    journal::inspect(&name).await?;
                }
                Err(no_journal(&path))
            }
            Name::File(_) | Name::Postgres(_) => journal::open(&name),
        }
    }

    /// The file that sales are recorded in.
    pub(crate) fn journal_file(&self) -> Result<PathBuf, Error> {
        match Name::new(&self.journal_name()?)? {
            Name::File(path) => Ok(path),
            Name::None | Name::Memory | Name::Postgres(_) => {
                Err(Error::configuration("journal", "journal is no file; name one with --journal FILE"))
            }
        }
    }

    /// Whether a setting says where, and it is not the default file.
    pub(crate) fn names_journal(&self) -> bool {
        self.layer.journal.is_some()
    }

    /// Whether sales are recorded at all.
    pub(crate) fn keeps_record(&self) -> bool {
        self.layer.journal.as_deref() != Some("none")
    }

    fn default_file(&self) -> Result<String, Error> {
        let folder = self.data.as_ref().ok_or_else(|| {
            let message = "there is no home folder for the journal; give --journal FILE, or none to keep no record";
            Error::configuration("journal", message)
        })?;
        let path = folder.join(file_name(&self.partner_id()?, &self.endpoint()?));
        path.into_os_string().into_string().map_err(|path| {
            let message = format!("{} is not UTF-8 text; give --journal FILE", PathBuf::from(path).display());
            Error::configuration("journal", message)
        })
    }

    /// The URL with the password of `PGPASSWORD`, where it has none: arguments can be read by every user.
    fn with_password(&self, url: &str) -> String {
        match &self.postgres_password {
            Some(password) if !has_password(url) => {
                let separator = if url.contains('?') { '&' } else { '?' };
                format!("{url}{separator}password={}", percent_encoded(password))
            }
            _ => url.to_owned(),
        }
    }
}

/// One file for each partner and gateway, since a journal belongs to one of each.
fn file_name(partner: &PartnerId, endpoint: &Endpoint) -> String {
    let host = endpoint.host();
    if host.ends_with(".amazon.com") {
        return format!("{partner}-{}-{}.db", endpoint.environment(), endpoint.region().name());
    }
    let port = match endpoint.url().starts_with("https:") {
        _ if host.rsplit(']').next().is_some_and(|rest| rest.contains(':')) => "",
        true => "-443",
        false => "-80",
    };
    let host: String = host.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    format!("{partner}-{}{port}.db", host.trim_matches('-'))
}

/// Whether a journal's name is a path.
pub(crate) fn is_file(name: &str) -> bool {
    matches!(Name::new(name), Ok(Name::File(_)))
}

pub(crate) fn no_journal(path: &Path) -> Error {
    let message = format!(
        "there is no journal {}; the first sale creates it. If there were sales, name the file that has them: --journal",
        path.display()
    );
    Error::new(ErrorKind::Journal, Delivery::NotSent, message).because(Cause::NoJournal)
}

/// Whether a URL carries a password, before the host or among its parameters.
pub(super) fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (authority, parameters) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let before_host = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    before_host || parameters.split(['?', '&']).any(|parameter| parameter.starts_with("password="))
}

fn percent_encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// For its owner alone: the files in it hold full card numbers.
fn create(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Origins;
    use super::super::layer::Layer;
    use super::*;
    use posa_core::model::Region;
    use posa_core::{Environment, Marketplace};

    #[test]
    fn a_file_belongs_to_one_partner_and_one_gateway() {
        let partner = PartnerId::new("Awssb").unwrap();
        let of = |marketplace, environment| file_name(&partner, &Endpoint::of(marketplace, environment));
        assert_eq!(of(Marketplace::UnitedStates, Environment::Production), "Awssb-production-us-east-1.db");
        assert_eq!(of(Marketplace::Germany, Environment::Sandbox), "Awssb-sandbox-eu-west-1.db");
        let at = |url| file_name(&partner, &Endpoint::custom(url, Region::NorthAmerica).unwrap());
        assert_eq!(at("http://127.0.0.1:8989"), "Awssb-127.0.0.1-8989.db");
        assert_eq!(at("http://[::1]:8989"), "Awssb-1--8989.db");
        assert_eq!(at("https://gateway.example"), "Awssb-gateway.example-443.db");
        assert_eq!(at("http://localhost"), "Awssb-localhost-80.db");
    }

    #[test]
    fn a_password_comes_from_its_variable_unless_the_url_has_one() {
        let with = |url: &str| {
            let postgres_password = Some("p&ss word/é".to_owned());
            Settings { layer: Layer::default(), origins: Origins::default(), data: None, postgres_password }
                .with_password(url)
        };
        let added = "password=p%26ss%20word%2F%C3%A9";
        assert_eq!(with("postgres://till@db/posa"), format!("postgres://till@db/posa?{added}"));
        assert_eq!(with("postgres://db/posa?sslmode=disable"), format!("postgres://db/posa?sslmode=disable&{added}"));
        for whole in ["postgres://till:a@db/posa", "postgresql://till@db/posa?user=x&password=a"] {
            assert_eq!(with(whole), whole);
        }
    }
}
