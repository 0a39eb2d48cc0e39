use super::{failed, place, schema, trouble};
use crate::error::Error;
use crate::journal::Inspection;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};

/// Reads what the file holds, beside whoever has it open.
pub(super) fn inspect(path: &Path) -> Result<Inspection, Error> {
    place::check(path)?;
    if !path.exists() {
        return Ok(Inspection::default());
    }
    let connection = open(path)?;
    if schema::version(path, &connection)? == 0 {
        return Ok(Inspection { exists: true, ..Inspection::default() });
    }
    let read = || {
        let bound = connection
            .query_row("SELECT partner, endpoint FROM bound", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let open = "SELECT count(*) FROM sale WHERE state = 'sending' OR state = 'unknown' OR state = 'reversing'";
        let open: i64 = connection.query_row(open, [], |row| row.get(0))?;
        Ok(Inspection { exists: true, bound, open: open.unsigned_abs() })
    };
    read().map_err(|e| trouble(path, &e))
}

/// Without a log the file is whole by itself, and is read as one that nobody changes: SQLite would else create a log
/// beside it.
fn open(path: &Path) -> Result<Connection, Error> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if PathBuf::from(log).exists() {
        return schema::reader(path);
    }
    let text = path.to_str().ok_or_else(|| failed(path, "has a name that is not UTF-8 text"))?;
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags);
    opened.map_err(|e| trouble(path, &e))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::journal::{Asker, Inspection, Journal, SqliteJournal, inspect};
    use crate::model::{Activate, Amount, CardNumber, Currency, Endpoint, PartnerId, Region, RequestId};
    use jiff::Timestamp;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    fn names(folder: &Path) -> BTreeSet<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[tokio::test]
    async fn looking_creates_nothing_and_tells_owner_and_open_sales() {
        // A name that a URL would read otherwise.
        let folder = std::env::temp_dir().join(format!("posa-inspect-{}%20?#", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("till.db");
        let name = path.to_str().unwrap();
        assert_eq!(inspect(name).await.unwrap(), Inspection::default());
        assert_eq!(names(&folder), BTreeSet::new());

        let partner = PartnerId::new("Awssb").unwrap();
        let endpoint = Endpoint::custom("http://127.0.0.1:8989", Region::NorthAmerica).unwrap();
        let journal = SqliteJournal::open(&path).unwrap();
        assert_eq!(inspect(name).await.unwrap(), Inspection { exists: true, ..Inspection::default() });
        journal.bind(&partner, &endpoint).await.unwrap();
        let card = CardNumber::new("1400000005567585358").unwrap();
        let sale = Activate::new(card, Amount::new("25", Currency::Usd).unwrap());
        let (id, now) = (RequestId::generate(&partner).unwrap(), Timestamp::now());
        journal.begin_activation(&id, &sale, Asker::Caller, now, now).await.unwrap();
        let held = inspect(name).await.unwrap();
        assert_eq!((held.open, held.bound.as_ref().unwrap().0.as_str()), (1, "Awssb"));
        held.check(&partner, &endpoint).unwrap();
        let elsewhere = Endpoint::custom("http://127.0.0.1:8990", Region::NorthAmerica).unwrap();
        assert!(held.check(&partner, &elsewhere).unwrap_err().message().contains("8989"));

        drop(journal);
        let before = names(&folder);
        assert_eq!(inspect(name).await.unwrap(), held);
        assert_eq!(names(&folder), before);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
