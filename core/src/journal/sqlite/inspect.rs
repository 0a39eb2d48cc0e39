use super::{check, failed, place, schema, suspicion, trouble};
use crate::error::Error;
use crate::journal::Inspection;
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// Reads what the file holds, beside whoever has it open, and all of it, to find damage.
pub(super) fn inspect(path: &Path) -> Result<Inspection, Error> {
    place::check(path)?;
    let exists = path.exists();
    let path = &if exists { path.canonicalize().map_err(|e| failed(path, &e.to_string()))? } else { path.to_owned() };
    if let Some(error) = suspicion::at_rest(path) {
        return Err(error);
    }
    if !exists {
        return Ok(Inspection::default());
    }
    // Where another copy of SQLite has the file open, this one must not cancel its own locks by closing it.
    posa_sqlite_guard::file(path);
    // Without a log the file is whole by itself; SQLite would else create a log beside it.
    let connection = if schema::has_log(path) { schema::reader(path)? } else { schema::alone(path)? };
    let version = schema::version(path, &connection)?;
    if version == 0 {
        return Ok(Inspection { exists: true, ..Inspection::default() });
    }
    let found = contents(&connection).map_err(|e| trouble(path, &e))?;
    let damage = if version < schema::VERSION { Vec::new() } else { check::damage(path, &connection)? };
    Ok(Inspection { damage, ..found })
}

fn contents(connection: &Connection) -> rusqlite::Result<Inspection> {
    let bound = connection
        .query_row("SELECT partner, endpoint FROM bound", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let count = |condition: &str| {
        let query = format!("SELECT count(*) FROM sale WHERE {condition}");
        connection.query_row(&query, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
    };
    let open = count("state = 'sending' OR state = 'unknown' OR state = 'reversing'")?;
    Ok(Inspection { exists: true, bound, sales: count("1")?, open, damage: Vec::new() })
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
