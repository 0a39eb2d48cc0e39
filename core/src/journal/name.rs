use crate::error::Error;
use std::path::PathBuf;

/// A journal's name, read once, here, for every language and the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// `none`: the caller keeps each request id.
    None,
    /// `memory`: as long as the process lives.
    Memory,
    /// The path of a SQLite file.
    File(PathBuf),
    /// A `postgres://` URL, which may hold a password.
    Postgres(String),
}

impl Name {
    /// Reads a name; what could be meant otherwise than it would be taken is refused.
    ///
    /// # Errors
    /// Kind [`Configuration`](crate::ErrorKind::Configuration), field `journal`.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "none" => Ok(Self::None),
            "memory" => Ok(Self::Memory),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Self::Postgres(url.to_owned()))
            }
            path => match misleading(path) {
                Some(remedy) => Err(Error::configuration("journal", remedy)),
                None => Ok(Self::File(path.into())),
            },
        }
    }

    /// Whether sales are in it that an earlier process recorded.
    pub fn is_kept(&self) -> bool {
        matches!(self, Self::File(_) | Self::Postgres(_))
    }
}

/// What to write in place of a path that was probably meant as something else. Of the name itself nothing is shown: it
/// may hold a password.
fn misleading(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase();
    let is = |words: &[&str]| words.contains(&lower.as_str());
    Some(match () {
        () if lower.is_empty() => "journal is empty; name a file, a postgres:// URL, \"memory\" or \"none\"",
        () if name.contains('\0') => "journal has a NUL character in it, which no path has",
        () if is(&["none", "null", "nil", "false", "off"]) => {
            "journal may mean no journal; write \"none\" for that, or ./ before a file of that name"
        }
        () if is(&["memory", ":memory:", "file::memory:"]) || lower.contains("mode=memory") => {
            "journal may mean one in memory; write \"memory\" for that, or ./ before a file of that name"
        }
        () if name.trim() != name => "journal begins or ends with a space; take it out",
        () if lower.starts_with("postgres:") || lower.starts_with("postgresql:") => {
            "journal may mean a PostgreSQL database; write postgres://user@host:port/database, in small letters"
        }
        () if is(&["postgres", "postgresql", "sqlite", "pg"]) => {
            "journal names a kind and no place; write a file's path, or postgres://user@host:port/database"
        }
        () if lower.contains("://") => {
            "journal is a URL of another kind than postgres://; name a file by its path, or a PostgreSQL database"
        }
        () if lower.starts_with("sqlite:") || lower.starts_with("file:") => {
            "journal is a file with a scheme before it; write its path alone"
        }
        () if is_connection_string(&lower) => {
            "journal may mean a PostgreSQL database; write postgres://user@host:port/database in place of key=value"
        }
        () if name.starts_with("~/") || name == "~" => {
            "journal begins with ~, which only a shell reads; write the home folder's whole path"
        }
        () if name.ends_with(['/', '\\']) => "journal is a folder; name a file in it",
        () if ["-wal", "-shm", "-journal", "-holders"].iter().any(|part| lower.ends_with(part)) => {
            "journal names a part that lies beside a journal; name the journal itself, without the ending"
        }
        () => return None,
    })
}

/// `host=... dbname=...`, as libpq takes it.
fn is_connection_string(lower: &str) -> bool {
    const KEYS: [&str; 7] = ["host", "hostaddr", "port", "dbname", "user", "password", "service"];
    lower.split_whitespace().next().and_then(|first| first.split_once('=')).is_some_and(|(key, _)| KEYS.contains(&key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Name;

    #[test]
    fn a_name_is_one_kind_of_journal() {
        assert_eq!(Name::new("none").unwrap(), Name::None);
        assert_eq!(Name::new("memory").unwrap(), Name::Memory);
        for url in ["postgres://till@db/posa", "postgresql:///posa?host=/run"] {
            assert_eq!(Name::new(url).unwrap(), Name::Postgres(url.to_owned()));
        }
        for path in ["posa.db", "./none", "/var/lib/posa/till 3.db", "C:\\posa\\till.db", "a=b.db", "host.db"] {
            assert_eq!(Name::new(path).unwrap(), Name::File(path.into()));
        }
    }

    #[test]
    fn a_name_that_may_mean_something_else_is_refused_with_the_right_spelling() {
        let misleading = [
            ("", "is empty"),
            ("  ", "is empty"),
            ("None", "write \"none\""),
            ("null", "write \"none\""),
            (":memory:", "write \"memory\""),
            ("MEMORY", "write \"memory\""),
            ("file::memory:?cache=shared", "write its path alone"),
            (" posa.db", "a space"),
            ("posa.db\n", "a space"),
            ("Postgres://till@db/posa", "small letters"),
            ("postgres:till@db/posa", "write postgres://"),
            ("postgres", "no place"),
            ("mysql://db/posa", "another kind"),
            ("jdbc:postgresql://db/posa", "another kind"),
            ("sqlite:posa.db", "its path alone"),
            ("sqlite:///posa.db", "another kind"),
            ("file:posa.db?mode=ro", "its path alone"),
            ("host=db dbname=posa password=secret", "in place of key=value"),
            ("dbname=posa", "in place of key=value"),
            ("~/posa.db", "only a shell"),
            ("/var/lib/posa/", "is a folder"),
            ("posa.db-wal", "without the ending"),
            ("a\0b", "NUL"),
        ];
        for (name, remedy) in misleading {
            let error = Name::new(name).unwrap_err();
            assert_eq!(error.field(), Some("journal"));
            assert!(error.message().contains(remedy), "{name:?}: {error}");
            assert!(!error.message().contains("secret"), "{error}");
        }
    }
}
