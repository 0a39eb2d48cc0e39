//! Copies of a journal that are whole: one file, checked, and without anything beside it.

use super::holder::Holders;
use super::place::{beside, create, folder, sync_folder};
use super::{check, failed, log_state, schema, trouble};
use crate::error::Error;
use crate::journal::rules::bound_elsewhere;
use crate::model::{Endpoint, PartnerId};
use jiff::Timestamp;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OptionalExtension};
use std::path::{Path, PathBuf};

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How many sales are in it.
    pub sales: u64,
    /// How many of them have no outcome.
    pub open: u64,
    /// When a sale was last changed; `None` if there is none. What was sold or returned since is missing.
    pub until: Option<Timestamp>,
}

/// Copies the open journal at `path` to the new file `to`, as it is at this instant.
pub(super) fn backup(path: &Path, to: &Path) -> Result<(), Error> {
    write(path, &schema::reader(path)?, to)
}

/// Makes the copy `from` the journal at `to`, where there may be none.
pub(super) fn restore(from: &Path, to: &Path, owner: Option<(&PartnerId, &Endpoint)>) -> Result<Restored, Error> {
    if !Holders::are_none(to) {
        return Err(failed(to, "is in use: end the programs that have it open first"));
    }
    for left in ["", "-wal", "-shm", "-journal"].map(|ending| beside(to, ending)) {
        if left.exists() {
            return Err(failed(
                to,
                &format!("cannot be restored while {} is there: move it away first", left.display()),
            ));
        }
    }
    if !from.is_file() {
        return Err(failed(from, "is no file, so nothing was restored"));
    }
    let from = &from.canonicalize().map_err(|e| failed(from, &format!("cannot be read: {e}")))?;
    if !Holders::are_none(from) {
        return Err(failed(from, "is in use, so it cannot be moved; copy it with: posa journal backup"));
    }
    let source = if schema::has_log(from) { schema::reader(from)? } else { schema::alone(from)? };
    let restored = contents(from, &source, owner)?;
    write(from, &source, to)?;
    log_state::forget(to).map_err(|e| failed(to, &format!("cannot be restored: {e}")))?;
    Ok(restored)
}

/// What is in the copy, if it may be restored.
fn contents(from: &Path, source: &Connection, owner: Option<(&PartnerId, &Endpoint)>) -> Result<Restored, Error> {
    let sql = |e: rusqlite::Error| trouble(from, &e);
    if schema::version(from, source)? == 0 {
        return Err(failed(from, "holds no journal; name another copy"));
    }
    let bound = "SELECT partner, endpoint FROM bound";
    let bound = source.query_row(bound, [], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(sql)?;
    let bound: Option<(String, String)> = bound;
    if let (Some((partner, url)), Some((wanted, at))) = (bound, owner)
        && (partner.as_str(), url.as_str()) != (wanted.as_str(), at.url())
    {
        return Err(bound_elsewhere(&partner, &url, wanted, at));
    }
    let count = "SELECT count(*), count(*) FILTER (WHERE state IN ('sending', 'unknown', 'reversing')), max(updated_at)
                 FROM sale";
    let (sales, open, until): (i64, i64, Option<i64>) =
        source.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(sql)?;
    let until = until.and_then(|at| Timestamp::from_microsecond(at).ok());
    Ok(Restored { sales: sales.unsigned_abs(), open: open.unsigned_abs(), until })
}

/// Writes a copy beside `to`, checks it, and gives it that name, which must be free.
fn write(path: &Path, source: &Connection, to: &Path) -> Result<(), Error> {
    let cannot = |e: std::io::Error| failed(path, &format!("cannot be copied to {}: {e}", to.display()));
    let new = beside(to, ".new");
    // Takes the name at once, so that two copies never meet in it.
    create(to).map_err(cannot)?;
    let copied = copy(source, &new)
        .and_then(|()| std::fs::rename(&new, to).and_then(|()| sync_folder(folder(to))).map_err(cannot));
    if copied.is_err() {
        for left in [&new, &PathBuf::from(to)] {
            let _ = std::fs::remove_file(left);
        }
    }
    copied
}

fn copy(source: &Connection, new: &Path) -> Result<(), Error> {
    let sql = |e: rusqlite::Error| trouble(new, &e);
    let _ = std::fs::remove_file(new);
    create(new).map_err(|e| failed(new, &format!("cannot be created: {e}")))?;
    let mut copy = schema::plain(new)?;
    // In one step: a journal that is sold on would else begin the copy anew again and again.
    Backup::new(source, &mut copy).and_then(|backup| backup.step(-1)).map_err(sql)?;
    schema::settle(new, &mut copy)?;
    let damage = check::damage(new, &copy)?;
    if let Some(first) = damage.first() {
        return Err(failed(
            new,
            &format!("is a copy that cannot be used, for what it was made of is damaged: {first}"),
        ));
    }
    copy.close().map_err(|(_, e)| sql(e))
}
