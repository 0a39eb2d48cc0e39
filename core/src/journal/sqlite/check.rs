//! Whether everything that was recorded can be read as it was written.

use super::row::{self, COLUMNS};
use super::seal::HISTORY;
use super::trouble;
use crate::error::Error;
use jiff::Timestamp;
use rusqlite::{Connection, Row};
use std::path::Path;

/// Lines at most; a damaged disk has no end of them.
const LINES: usize = 20;

/// What is wrong, a line each: SQLite's own check of the file's structure, then the checksum of every entry.
pub(super) fn damage(path: &Path, connection: &Connection) -> Result<Vec<String>, Error> {
    let mut wrong = Vec::new();
    let found = structure(connection, &mut wrong)
        .and_then(|()| sales(connection, &mut wrong))
        .and_then(|()| history(connection, &mut wrong));
    match found {
        // What stops the reading is damage too, once the file could be read at all.
        Err(error) if !wrong.is_empty() => wrong.push(error.to_string()),
        Err(error) => return Err(trouble(path, &error)),
        Ok(()) => {}
    }
    if wrong.len() > LINES {
        let more = wrong.len() - LINES;
        wrong.truncate(LINES);
        wrong.push(format!("and {more} more"));
    }
    Ok(wrong)
}

fn structure(connection: &Connection, wrong: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("PRAGMA quick_check({LINES})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            wrong.push(format!("the file: {line}"));
        }
    }
    Ok(())
}

fn sales(connection: &Connection, wrong: &mut Vec<String>) -> rusqlite::Result<()> {
    each(connection, &format!("SELECT {COLUMNS} FROM sale NOT INDEXED"), |row| {
        match row::read(row).map(|raw| raw.known(None, Timestamp::UNIX_EPOCH)) {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => wrong.push(error.message().to_owned()),
            Err(_) => wrong.push("a sale has a value of another type than was written".to_owned()),
        }
        Ok(())
    })
}

fn history(connection: &Connection, wrong: &mut Vec<String>) -> rusqlite::Result<()> {
    each(connection, &format!("SELECT {}, seal, seq FROM history", HISTORY.join(", ")), |row| {
        if !row::is_entry_sealed(row)? {
            let entry: i64 = row.get("seq")?;
            wrong.push(format!("history entry {entry}: its checksum does not fit"));
        }
        Ok(())
    })
}

fn each(
    connection: &Connection,
    query: &str,
    mut look: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        look(row)?;
    }
    Ok(())
}
