//! The journal in one SQLite file: the embedded default.

mod holder;
mod inspect;
mod place;
mod row;
mod schema;
mod steps;
mod writer;

use super::transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, Transaction};
use super::{Inspection, Journal};
use crate::BoxFuture;
use crate::error::{Delivery, Error, ErrorKind};
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use holder::{Door, Holders};
use jiff::Timestamp;
use place::SameFile;
use rusqlite::{Connection, ErrorCode};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use steps::{Steps, Stop};
use writer::Writer;

/// A journal in a SQLite file on a disk of this machine, shared by all of its processes.
///
/// Every step is on the disk when it returns (write-ahead log, synchronous FULL; F_FULLFSYNC on Apple); steps that
/// come while another is being written share the next commit. The file holds full card numbers, which a reversal
/// after a crash needs: it is created for its owner alone (0600). Beside it lie SQLite's `-wal` and `-shm` and the
/// folder `-holders`, which tells whose process still lives; copy or move none of them while it is open.
///
/// Open it after a fork, not before: a forked child's steps are refused.
pub struct SqliteJournal {
    path: PathBuf,
    writer: Writer,
    reader: Arc<Mutex<Connection>>,
    holders: Arc<Holders>,
}

impl SqliteJournal {
    /// Opens the file, and creates it where it is missing. Blocks for as long as that takes.
    ///
    /// # Errors
    /// Kind [`Journal`](ErrorKind::Journal): the folder is missing or read-only, the file is no journal, was written by
    /// a newer version or is damaged, or it lies on a network file system.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = place::prepare(path.as_ref())?;
        let _door = Door::enter(&path)?;
        let connection = schema::writer(&path)?;
        let reader = Arc::new(Mutex::new(schema::reader(&path)?));
        let holders = Arc::new(Holders::join(&path)?);
        let file = SameFile::new(&path).map_err(|e| failed(&path, &e.to_string()))?;
        let writer = Writer::start(connection, file, Arc::clone(&holders))?;
        Ok(Self { path, writer, reader, holders })
    }

    /// Looks at the file of that path, if there is one. Blocks for as long as that takes.
    ///
    /// # Errors
    /// As for [`SqliteJournal::open`].
    pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection, Error> {
        inspect::inspect(path.as_ref())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn step<T, F>(&self, step: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Steps<'_>) -> Result<T, Stop> + Send + 'static,
    {
        self.writer.step(&self.path, step).await
    }

    /// Reads beside the writer, however long it takes.
    async fn read<T, F>(&self, read: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Steps<'_>) -> Result<T, Stop> + Send + 'static,
    {
        self.writer.same_process(&self.path)?;
        let (path, reader, holders) = (self.path.clone(), Arc::clone(&self.reader), Arc::clone(&self.holders));
        let work = move || {
            let connection = reader.lock().unwrap_or_else(PoisonError::into_inner);
            read(&Steps { connection: &connection, holders: &holders }).map_err(|stop| match stop {
                Stop::Refused(error) => error,
                Stop::Failed(error) => trouble(&path, &error),
            })
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| failed(&self.path, "was being closed"))?
    }
}

/// An error of the journal at `path`.
fn failed(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Journal, Delivery::NotSent, format!("the journal {} {what}", path.display()))
}

/// What SQLite says, with what to do about it.
fn trouble(path: &Path, error: &rusqlite::Error) -> Error {
    let remedy = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "cannot be written: the disk is full; make room",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "cannot be written: the file or its folder is read-only; let this user write both"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "is locked: another process has been writing for 5 s; let it finish"
        }
        Some(ErrorCode::NotADatabase) => "is not a journal; name another file",
        Some(ErrorCode::DatabaseCorrupt) => "is damaged; keep the file, restore a copy and reconcile with the gateway",
        _ => return failed(path, &format!("failed: {error}")),
    };
    failed(path, remedy)
}

impl Journal for SqliteJournal {
    fn bind<'a>(&'a self, partner: &'a PartnerId, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>> {
        let (partner, endpoint) = (partner.clone(), endpoint.clone());
        Box::pin(self.step(move |steps| steps.bind(&partner, &endpoint)))
    }

    fn begin_activation<'a>(
        &'a self,
        id: &'a RequestId,
        sale: &'a Activate,
        asker: Asker,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        let (id, sale) = (id.clone(), sale.clone());
        Box::pin(self.step(move |steps| steps.begin_activation(&id, &sale, asker, now, lease_until)))
    }

    fn begin_reversal<'a>(
        &'a self,
        id: &'a RequestId,
        card: &'a CardNumber,
        purpose: Purpose,
        asker: Asker,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        let (id, card) = (id.clone(), card.clone());
        Box::pin(self.step(move |steps| steps.begin_reversal(&id, &card, purpose, asker, now, lease_until)))
    }

    fn attempt<'a>(
        &'a self,
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let claim = claim.clone();
        Box::pin(self.step(move |steps| steps.attempt(&claim, attempt, now, lease_until)))
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        settlement: Settlement,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let claim = claim.clone();
        Box::pin(self.step(move |steps| steps.settle(&claim, &settlement, now)))
    }

    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>> {
        let id = id.clone();
        Box::pin(self.read(move |steps| steps.find(&id)))
    }

    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>> {
        let filter = filter.clone();
        Box::pin(self.read(move |steps| steps.list(&filter)))
    }
}

impl fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteJournal").field("path", &self.path).finish_non_exhaustive()
    }
}
