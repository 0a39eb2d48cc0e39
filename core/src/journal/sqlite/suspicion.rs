//! What a file looks like whose sales are not all in it. Such a file is refused, and left as it was found.

use super::holder::Holders;
use super::log_state::LogState;
use super::place::beside;
use super::{failed, life, schema};
use crate::error::{Cause, Error};
use rusqlite::Connection;
use std::fs::File;
use std::io::Read;
use std::path::Path;

const REMEDY: &str = "put the missing files back as they were; if they are lost, move this one away, take it back with: \
     posa journal restore FILE JOURNAL, and compare with the gateway: posa reconcile";

/// What the file itself says, its log left aside.
struct Left {
    open: bool,
    session: i64,
    file: Option<String>,
}

/// There is no such file, and there was one that held sales.
pub(super) fn of_a_missing(path: &Path) -> Result<(), Error> {
    let held = LogState::read(path).map_or(0, |state| state.last);
    if held == 0 || path.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    Err(lacking(path, &format!("is missing or empty, and {held} entries were recorded in it; {REMEDY}")))
}

/// The file and what lies beside it, before anybody has opened it.
pub(super) fn of_what_was_left(path: &Path) -> Result<(), Error> {
    let has_log = schema::has_log(path);
    if !has_log && is_empty_with_a_log_of_its_own(path) {
        let what = "is a copy without the log that its sales are in";
        return Err(lacking(path, &format!("{what}; {REMEDY}")));
    }
    // A file that cannot be read without its log is what a crash may leave behind; SQLite then repairs it.
    let Some(left) = schema::alone(path).ok().and_then(|alone| left(&alone)) else { return Ok(()) };
    match LogState::read(path) {
        Some(state) if has_log && left.session != state.session && left.session != state.previous => {
            Err(lacking(path, &foreign_log(path)))
        }
        None if has_log && !left.open => Err(lacking(path, &foreign_log(path))),
        None if left.open && left.file.is_some() && left.file != life::identity(path) => {
            let what = "is a copy that was made while the journal was in use, and sales may be missing in it";
            Err(lacking(path, &format!("{what}; make copies with: posa journal backup; {REMEDY}")))
        }
        _ => Ok(()),
    }
}

/// The journal was read, log and all, and less is in it than was recorded.
pub(super) fn of_lost_entries(path: &Path, last: i64) -> Result<(), Error> {
    let recorded = LogState::read(path).map_or(0, |state| state.last);
    if last >= recorded {
        return Ok(());
    }
    let lost = recorded - last;
    let what = format!(
        "lacks the last {lost} of the entries that were recorded in it: it is an older copy, or its log was removed"
    );
    Err(lacking(path, &format!("{what}; {REMEDY}")))
}

/// All of it, for one who only looks; `None` if somebody has the journal open, and everything is as it should be.
pub(super) fn at_rest(path: &Path) -> Option<Error> {
    let look = || {
        of_a_missing(path)?;
        if Holders::are_none(path) { of_what_was_left(path) } else { Ok(()) }
    };
    look().err()
}

fn lacking(path: &Path, what: &str) -> Error {
    failed(path, what).because(Cause::DamagedJournal)
}

fn foreign_log(path: &Path) -> String {
    format!(
        "lies beside {}, a log of another journal, as after a backup was copied over it; nothing was read of either. \
         Take the backup to another name and restore it: posa journal restore BACKUP JOURNAL",
        beside(path, "-wal").display()
    )
}

/// Who began to use the file last, as it says itself.
pub(super) fn session_of_the_file(path: &Path) -> Option<i64> {
    schema::alone(path).ok().and_then(|alone| left(&alone)).map(|left| left.session)
}

fn left(alone: &Connection) -> Option<Left> {
    let read = "SELECT open, session, file FROM life";
    alone.query_row(read, [], |row| Ok(Left { open: row.get(0)?, session: row.get(1)?, file: row.get(2)? })).ok()
}

/// As versions before the first release made it: a header that says that there is a log, and no table.
fn is_empty_with_a_log_of_its_own(path: &Path) -> bool {
    let mut header = [0; 20];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    let no_tables = || {
        let count = "SELECT count(*) FROM sqlite_schema";
        schema::alone(path).ok().and_then(|alone| alone.query_row(count, [], |row| row.get::<_, i64>(0)).ok())
            == Some(0)
    };
    read.is_ok() && header[18] == 2 && no_tables()
}
