//! The writing thread's work: groups of steps, each group one transaction.

use super::failed;
use super::life::{self, Opened, checkpoint};
use super::prepared::{BEGIN, COMMIT, Prepared};
use super::recent::Recent;
use super::steps::Steps;
use super::trouble::Trouble;
use super::writer::Job;
use crate::error::Error;
use rusqlite::hooks::Wal;
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// Pages in the log from which on it is put into the file.
const LONG: i32 = 1000;
/// For so long it is not looked for all files again before a transaction; after each, always for most of it.
const JUST_NOW: Duration = Duration::from_millis(20);

pub(super) struct Desk {
    opened: Opened,
    /// Pages in the log after the last commit.
    log: Arc<AtomicI32>,
    recent: Recent,
    /// The number of the last history entry that was added.
    added: Cell<i64>,
    /// When all files were last looked for by their names, and found.
    looked: Cell<Option<Instant>>,
}

impl Desk {
    pub(super) fn new(mut opened: Opened) -> Result<Self, Error> {
        let log = Arc::new(AtomicI32::new(0));
        let pages = Arc::clone(&log);
        let hook = move |_: &mut Wal, count| {
            pages.store(count, Ordering::Relaxed);
            Ok(())
        };
        let hooked = opened.writer.wal_hook(Some(hook));
        hooked.map_err(|e| failed(&opened.path, &format!("cannot be opened: {e}")))?;
        Ok(Self { opened, log, recent: Recent::default(), added: Cell::new(0), looked: Cell::new(None) })
    }

    /// The statements of every sale, for as long as the file is open.
    pub(super) fn prepared(&self) -> Prepared<'_> {
        Prepared::on(&self.opened.writer)
    }

    pub(super) fn path(&self) -> &Path {
        self.opened.files.path()
    }

    /// Takes the group's steps in one transaction, and `more` of them as they come, up to `most`.
    pub(super) fn take(
        &self,
        prepared: &Prepared<'_>,
        group: &mut Vec<Box<dyn Job>>,
        most: usize,
        more: impl Fn() -> Option<Box<dyn Job>>,
    ) -> Result<(), Trouble> {
        // What need not last costs no sync, as long as nothing that has to last shares its commit.
        let lasts = group.iter().any(|job| job.lasts());
        if !lasts {
            self.execute(prepared, "PRAGMA synchronous = NORMAL").map_err(Trouble::before)?;
        }
        let done = self.transaction(prepared, |steps| {
            let mut taken = 0;
            while let Some(job) = group.get_mut(taken) {
                job.take(steps)?;
                taken += 1;
                if lasts && taken == group.len() && taken < most {
                    group.extend(more());
                }
            }
            Ok(())
        });
        if !lasts {
            self.execute(prepared, "PRAGMA synchronous = FULL").map_err(Trouble::before)?;
        }
        done
    }

    /// What others find under the file's name before the transaction has to be what is written, and after the commit as
    /// well: else nobody will find what was committed.
    fn transaction(
        &self,
        prepared: &Prepared<'_>,
        work: impl FnOnce(&Steps<'_, '_>) -> Result<(), rusqlite::Error>,
    ) -> Result<(), Trouble> {
        if self.looked.get().is_none_or(|at| at.elapsed() > JUST_NOW) {
            self.opened.files.check().map_err(Trouble::Elsewhere)?;
            self.looked.set(Some(Instant::now()));
        }
        let added = self.added.get();
        let Self { opened, recent, added: last, .. } = self;
        let (connection, holders) = (&opened.writer, &opened.holders);
        let steps = Steps { connection, holders, recent, prepared: Some(prepared), added: last };
        let begun = self.execute(prepared, BEGIN).and_then(|()| work(&steps)).map_err(Trouble::before);
        let done = begun.and_then(|()| self.execute(prepared, COMMIT).map_err(Trouble::at_commit));
        if done.is_err() {
            self.added.set(added);
            if !self.opened.writer.is_autocommit() {
                // After a failure that SQLite could not undo, the next BEGIN fails too and says so.
                let _ = self.execute(prepared, "ROLLBACK");
            }
            return done;
        }
        if let Err(error) = self.opened.files.check_quickly() {
            self.looked.set(None);
            return Err(Trouble::CommittedElsewhere(error));
        }
        if self.added.get() != added {
            self.opened.progress.note(self.added.get());
        }
        Ok(())
    }

    /// When nobody waits: puts a log that has grown long into the file.
    pub(super) fn tidy(&self) {
        if self.log.load(Ordering::Relaxed) >= LONG {
            self.log.store(0, Ordering::Relaxed);
            // One that readers hold up is made after a later group.
            let _ = checkpoint(&self.opened.writer, "PASSIVE");
        }
    }

    pub(super) fn close(self) {
        life::close(self.opened);
    }

    fn execute(&self, prepared: &Prepared<'_>, sql: &str) -> rusqlite::Result<()> {
        prepared.with(&self.opened.writer, sql, |statement| {
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        })
    }
}
