//! Who opens the file first, and who closes it last. Nothing about locks, forks and copies stands anywhere else than in
//! this and the modules that it calls.

use super::holder::{Door, Holders, random};
use super::log_state::{LogState, Progress};
use super::same::SameFiles;
use super::{failed, place, schema, suspicion, trouble};
use crate::error::Error;
use posa_sqlite_guard::Guard;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Connections to a file that is open, and everything that has to hold for as long as they are.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) created: bool,
    pub(super) writer: Connection,
    pub(super) reader: Reader,
    pub(super) holders: Arc<Holders>,
    pub(super) files: SameFiles,
    pub(super) progress: Progress,
}

/// Reads beside the writer; `None` once it is closed.
pub(super) type Reader = Arc<Mutex<Option<Connection>>>;

/// Opens the file of that name, and creates it if it is missing and `create` says so.
///
/// # Errors
/// Kind `Journal`: see [`SqliteJournal::open`](super::SqliteJournal::open).
pub(super) fn open(name: &Path, create: bool) -> Result<Opened, Error> {
    place::check(name)?;
    suspicion::of_a_missing(name)?;
    let (path, created) = if create {
        place::prepare(name)?
    } else {
        (name.canonicalize().map_err(|e| failed(name, &format!("cannot be opened: {e}")))?, false)
    };
    let guard = posa_sqlite_guard::file(&path);
    if guard == Guard::ForkedUnseen {
        return Err(failed(&path, "cannot be opened in a process that was copied by other means than fork"));
    }
    let _door = Door::enter(&path)?;
    let holders = Arc::new(Holders::join(&path)?);
    let first = holders.is_alone();
    if first {
        suspicion::of_what_was_left(&path)?;
    }
    let writer = schema::writer(&path)?;
    // Reading opens the log, and from then on nobody who keeps to the rules clears it away.
    let last = last_entry(&path, &writer)?;
    let reader = schema::reader(&path)?;
    last_entry(&path, &reader)?;
    if first {
        suspicion::of_lost_entries(&path, last)?;
        begin(&path, &writer, last)?;
    }
    let io = |e: std::io::Error| failed(&path, &format!("cannot be opened: {e}"));
    let files = SameFiles::new(&path, guard == Guard::InForce).map_err(io)?;
    let progress = Progress::of(&path).map_err(io)?;
    let reader = Arc::new(Mutex::new(Some(reader)));
    Ok(Opened { path, created, writer, reader, holders, files, progress })
}

/// The number of the last history entry; 0 where there is none.
pub(super) fn last_entry(path: &Path, connection: &Connection) -> Result<i64, Error> {
    let last = "SELECT coalesce(max(seq), 0) FROM history";
    connection.query_row(last, [], |row| row.get(0)).map_err(|e| trouble(path, &e))
}

/// Marks the file as open, in the file itself, so that a copy of it alone can be told from a journal that was closed.
fn begin(path: &Path, writer: &Connection, last: i64) -> Result<(), Error> {
    let sql = |e: rusqlite::Error| trouble(path, &e);
    let io = |e: std::io::Error| failed(path, &format!("cannot be opened: {e}"));
    let session = random().map_err(|what| failed(path, &what))?;
    let known = writer.query_row("SELECT session FROM life", [], |row| row.get(0)).map_err(sql)?;
    // What the file says without its log, as the next opening will look at it.
    let previous = suspicion::session_of_the_file(path).unwrap_or(known);
    // First here, since the log that is made next has to be known as this one's whenever it is found.
    LogState { session, previous, last }.write(path).map_err(io)?;
    let mark = "UPDATE life SET open = 1, session = ?1, file = ?2";
    writer.execute(mark, params![session, identity(path)]).map_err(sql)?;
    // Waits for programs that read what was before: as long as the mark is in the log alone, a copy lacks it.
    if !checkpoint(writer, "FULL").map_err(sql)? {
        return Err(failed(
            path,
            "cannot be opened: another program has been reading it for 5 s; end that program first",
        ));
    }
    LogState { session, previous: session, last }.write(path).map_err(io)
}

/// Which file it is, wherever it is moved on its disk; a copy is another.
pub(super) fn identity(path: &Path) -> Option<String> {
    let metadata = path.metadata().ok()?;
    let created = metadata.created().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?.as_nanos();
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let number = 0;
    Some(format!("{number}:{created}"))
}

/// Puts what is in the log into the file; whether all of it is there.
pub(super) fn checkpoint(writer: &Connection, how: &str) -> rusqlite::Result<bool> {
    writer.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| {
        let (busy, log, done): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(busy == 0 && log == done)
    })
}

/// Closes the file. Whoever is the last leaves one file, which is the whole journal.
pub(super) fn close(opened: Opened) {
    let Opened { path, writer, reader, holders, files, .. } = opened;
    let reader = reader.lock().unwrap_or_else(PoisonError::into_inner).take();
    if files.check().is_err() {
        // SQLite would clear away, by its name, a log that is no longer this file's.
        std::mem::forget((writer, reader));
        return;
    }
    drop(reader);
    let door = Door::enter(&path);
    if door.is_ok() && holders.is_alone() {
        // What fails here is left for the next opening, as after a crash.
        let _ = writer.busy_timeout(Duration::ZERO);
        let marked = writer.execute("UPDATE life SET open = 0", []);
        let _ = marked.and_then(|_| checkpoint(&writer, "TRUNCATE"));
    }
    drop(writer);
    drop(holders);
}
