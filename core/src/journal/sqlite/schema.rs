use super::{failed, trouble};
use crate::error::Error;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// One a version, in order; what was released never changes.
const MIGRATIONS: [&str; 1] = [include_str!("001.sql")];
/// "posa": tells our files from other SQLite files.
const APPLICATION: i32 = i32::from_be_bytes(*b"posa");
const BUSY: Duration = Duration::from_secs(5);
/// What the write-ahead log is cut back to after a checkpoint, in bytes.
const LOG: u32 = 16 << 20;

/// Opens the file for writing and brings its tables to today's version.
pub(super) fn writer(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = open(path, flags)?;
    migrate(path, &mut connection)?;
    Ok(connection)
}

/// Opens the file for reading only, beside the writer.
pub(super) fn reader(path: &Path) -> Result<Connection, Error> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let settings = format!(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA journal_size_limit = {LOG}; PRAGMA trusted_schema = OFF;"
    );
    let connect = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(&settings)?;
        Ok(connection)
    };
    connect().map_err(|e| trouble(path, &e))
}

/// How many migrations the file has seen.
///
/// # Errors
/// Kind `Journal`: it is no journal, or one of a newer version.
pub(super) fn version(path: &Path, connection: &Connection) -> Result<usize, Error> {
    let sql = |e: rusqlite::Error| trouble(path, &e);
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(sql);
    let empty: bool =
        connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0)).map_err(sql)?;
    if !empty && number("application_id")? != APPLICATION {
        return Err(failed(path, "is a database of something else; name another file"));
    }
    match usize::try_from(number("user_version")?) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(failed(path, "was written by a newer version of posa; use that one")),
    }
}

fn migrate(path: &Path, connection: &mut Connection) -> Result<(), Error> {
    let sql = |e: rusqlite::Error| trouble(path, &e);
    version(path, connection)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(sql)?;
    if mode != "wal" {
        return Err(failed(path, &format!("cannot keep a write-ahead log here (it stays in mode {mode})")));
    }
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    let missing = MIGRATIONS.get(version(path, &step)?..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    for migration in missing {
        step.execute_batch(migration).map_err(sql)?;
    }
    step.pragma_update(None, "application_id", APPLICATION).map_err(sql)?;
    step.pragma_update(None, "user_version", i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)).map_err(sql)?;
    step.commit().map_err(sql)
}
