//! What is known of the log beside the journal without opening it: to whom it belongs, and how far it was written. It
//! is kept in a small file among the holders, which a copy of the journal alone does not bring along.

use super::holder::{FOLDER, as_the_journals};
use super::place::beside;
use posa_sqlite_guard::Number;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

const LENGTH: usize = 24;
/// Where [`LogState::last`] is.
const LAST: u64 = 16;

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LogState {
    /// Who began to use the journal last.
    pub(super) session: i64,
    /// Who did before, as long as the journal itself may still say so; else the same.
    pub(super) previous: i64,
    /// The number of the last history entry that was committed: never more, and after a loss of power maybe less.
    pub(super) last: i64,
}

impl LogState {
    pub(super) fn read(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(name(path)).ok().filter(|bytes| bytes.len() == LENGTH)?;
        let number = |at: usize| Some(i64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        Some(Self { session: number(0)?, previous: number(8)?, last: number(16)? })
    }

    /// Is on the disk when it returns.
    pub(super) fn write(self, path: &Path) -> io::Result<()> {
        let name = name(path);
        let new = name.with_extension("new");
        std::fs::write(&new, [self.session, self.previous, self.last].map(i64::to_le_bytes).concat())?;
        File::open(&new)?.sync_all()?;
        as_the_journals(path, &new);
        std::fs::rename(new, name)
    }
}

/// Notes how far the log was written, after each commit. Not synced: the commit was, and this is for a second look. Nor
/// is it a write of a file, whose time the next sync of the log would have to put away too.
pub(super) struct Progress(Number);

impl Progress {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Number::at(&File::options().read(true).write(true).open(name(path))?, LAST).map(Self)
    }

    pub(super) fn note(&self, last: i64) {
        self.0.set(last.to_le());
    }
}

/// Forgets it, for a journal that another takes the place of.
pub(super) fn forget(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(name(path)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn name(path: &Path) -> PathBuf {
    beside(path, FOLDER).join("log.state")
}
