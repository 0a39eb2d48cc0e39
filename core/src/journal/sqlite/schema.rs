use super::place::beside;
use super::{failed, seal, trouble};
use crate::error::Error;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// One a version, in order; what was released never changes.
const MIGRATIONS: [&str; 2] = [include_str!("001.sql"), include_str!("002.sql")];
/// Today's.
pub(super) const VERSION: usize = MIGRATIONS.len();
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

/// Reads the file without its log, as one that nobody changes: nothing is locked, and nothing made beside it.
pub(super) fn alone(path: &Path) -> Result<Connection, Error> {
    let text = path.to_str().ok_or_else(|| failed(path, "has a name that is not UTF-8 text"))?;
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connect = || {
        let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)?;
        seal::register(&connection)?;
        Ok(connection)
    };
    connect().map_err(|e| trouble(path, &e))
}

/// Whether there is a log with something in it.
pub(super) fn has_log(path: &Path) -> bool {
    beside(path, "-wal").metadata().is_ok_and(|log| log.len() > 0)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    // Whoever waits for a commit does not wait for a checkpoint: the writer makes those when everybody has an answer.
    let settings = format!(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA journal_size_limit = {LOG}; PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF;"
    );
    let connect = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        seal::register(&connection)?;
        connection.execute_batch(&settings)?;
        Ok(connection)
    };
    connect().map_err(|e| trouble(path, &e))
}

/// Opens a file that nobody else has, to write a copy into it.
pub(super) fn plain(path: &Path) -> Result<Connection, Error> {
    let connect = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        seal::register(&connection)?;
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA trusted_schema = OFF")?;
        Ok(connection)
    };
    connect().map_err(|e| trouble(path, &e))
}

/// Brings a copy to today's version, without a log, and as a journal that was closed.
pub(super) fn settle(path: &Path, copy: &mut Connection) -> Result<(), Error> {
    let sql = |e: rusqlite::Error| trouble(path, &e);
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(sql)?;
    tables(path, copy)?;
    copy.execute("UPDATE life SET open = 0, session = 0, file = NULL", []).map(|_| ()).map_err(sql)
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
        Ok(version) if version <= VERSION => Ok(version),
        _ => Err(failed(path, "was written by a newer version of posa; use that one")),
    }
}

/// The tables come first and the log after them, so that the file alone always has its tables.
fn migrate(path: &Path, connection: &mut Connection) -> Result<(), Error> {
    tables(path, connection)?;
    let mode: String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(|e| trouble(path, &e))?;
    if mode != "wal" {
        return Err(failed(path, &format!("cannot keep a write-ahead log here (it stays in mode {mode})")));
    }
    Ok(())
}

fn tables(path: &Path, connection: &mut Connection) -> Result<(), Error> {
    let sql = |e: rusqlite::Error| trouble(path, &e);
    if version(path, connection)? == VERSION {
        return Ok(());
    }
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    for migration in MIGRATIONS.get(version(path, &step)?..).unwrap_or_default() {
        step.execute_batch(migration).map_err(sql)?;
    }
    step.pragma_update(None, "application_id", APPLICATION).map_err(sql)?;
    step.pragma_update(None, "user_version", i32::try_from(VERSION).unwrap_or(i32::MAX)).map_err(sql)?;
    step.commit().map_err(sql)
}
