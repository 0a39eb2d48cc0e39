//! The journal in one SQLite file: the embedded default.

mod check;
mod copy;
mod desk;
mod filesystem;
mod holder;
mod inspect;
mod life;
mod log_state;
mod open;
mod place;
mod prepared;
mod recent;
mod row;
mod same;
mod schema;
mod seal;
mod steps;
mod suspicion;
mod trouble;
mod turn;
mod uptime;
mod write;
mod writer;

use super::clock::CallersClock;
use super::rules::{Admission, admit_activation, admit_reversal, lost};
use super::transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, Transaction};
use super::{BatchKey, HistoryEntry, Inspection, Journal, Turn};
use crate::BoxFuture;
use crate::error::Error;
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
pub use copy::Restored;
use jiff::Timestamp;
use open::Life;
use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;
use trouble::{failed, trouble};
use writer::Kind;

/// A journal in a SQLite file on a disk of this machine, shared by all of its processes.
///
/// Every step is on the disk when it returns (write-ahead log, synchronous FULL; F_FULLFSYNC on Apple); steps that
/// come while another is being written share the next commit. The file holds full card numbers, which a reversal
/// after a crash needs: it is created for its owner alone (0600). Beside it lie SQLite's `-wal` and `-shm` and the
/// folder `-holders`, which tells whose process still lives. While it is open, copy it with
/// [`backup`](Journal::backup) alone; once all are closed, the one file is the whole journal.
///
/// A file whose sales are not all in it, such as a copy that was made of it while it was open, is refused.
///
/// A forked child has nothing of it, and its steps are refused: make another there.
pub struct SqliteJournal {
    life: Life,
    clock: CallersClock,
}

impl SqliteJournal {
    /// A journal in the file of that name. Nothing is opened yet: the first step does, and the first sale creates a
    /// file that is missing. Until then it is an empty journal.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { life: Life::new(path.into()), clock: CallersClock::default() }
    }

    /// As [`new`](Self::new), and opens the file at once, or creates it. Blocks for as long as that takes.
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal): the folder is missing or read-only; the file is no journal, was
    /// written by a newer version, is damaged, or lacks sales; or it lies where no journal can be, such as on a network
    /// file system.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let journal = Self::new(path.as_ref());
        journal.life.open_now()?;
        Ok(journal)
    }

    /// Looks at the file of that path, if there is one, and at every entry in it. Blocks for as long as that takes.
    ///
    /// # Errors
    /// As for [`SqliteJournal::open`].
    pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection, Error> {
        inspect::inspect(path.as_ref())
    }

    /// Makes the copy `from` the journal at `to`, where there may be none. Blocks for as long as that takes.
    ///
    /// What was recorded after the copy was made is missing in it: compare with the gateway
    /// ([`reconcile`](crate::Client::reconcile)).
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal): something lies at `to` or beside it already, one of the two is in
    /// use, or the copy is damaged; kind [`Conflict`](crate::ErrorKind::Conflict): it belongs to another than `owner`.
    pub fn restore(
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        owner: Option<(&PartnerId, &Endpoint)>,
    ) -> Result<Restored, Error> {
        copy::restore(from.as_ref(), to.as_ref(), owner)
    }

    /// The file, as it was named.
    pub fn path(&self) -> &Path {
        self.life.name()
    }
}

impl Journal for SqliteJournal {
    fn bind<'a>(&'a self, partner: &'a PartnerId, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.life.bind(partner, endpoint))
    }

    fn begin_activation<'a>(
        &'a self,
        id: &'a RequestId,
        sale: &'a Activate,
        asker: Asker,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        self.clock.hear(now);
        Box::pin(async move {
            let file = match asker {
                Asker::Caller => self.life.created().await?,
                Asker::Recovery => match self.life.opened().await? {
                    Some(file) => file,
                    None => return nothing_recorded(admit_activation(id, sale, asker, None, None), id),
                },
            };
            let (id, sale) = (id.clone(), sale.clone());
            file.step(Kind::Begins, move |steps| steps.begin_activation(&id, &sale, asker, now, lease_until)).await
        })
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
        self.clock.hear(now);
        Box::pin(async move {
            let Some(file) = self.life.opened().await? else {
                return nothing_recorded(admit_reversal(id, card, purpose, asker, None, None), id);
            };
            let (id, card) = (id.clone(), card.clone());
            file.step(Kind::Begins, move |steps| steps.begin_reversal(&id, &card, purpose, asker, now, lease_until))
                .await
        })
    }

    fn attempt<'a>(
        &'a self,
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        lease_until: Timestamp,
        signed_until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.clock.hear(now);
        let claim = claim.clone();
        Box::pin(async move {
            let file = self.life.opened().await?.ok_or_else(|| lost(&claim.request_id))?;
            file.step(Kind::Records, move |steps| steps.attempt(&claim, attempt, now, lease_until, signed_until)).await
        })
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        settlement: Settlement,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let claim = claim.clone();
        Box::pin(async move {
            let file = self.life.opened().await?.ok_or_else(|| lost(&claim.request_id))?;
            file.step(Kind::Records, move |steps| steps.settle(&claim, &settlement, now)).await
        })
    }

    fn note_told<'a>(
        &'a self,
        id: &'a RequestId,
        fence: u64,
        told: bool,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let id = id.clone();
        Box::pin(async move {
            let Some(file) = self.life.opened().await? else { return Ok(()) };
            file.step(Kind::Records, move |steps| steps.note_told(&id, fence, told, now)).await
        })
    }

    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>> {
        let id = id.clone();
        Box::pin(async move {
            let Some(file) = self.life.opened().await? else { return Ok(None) };
            let now = self.clock.now();
            Ok(file.read(move |steps| steps.find(&id, now)).await?.map(|known| known.row))
        })
    }

    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>> {
        let filter = filter.clone();
        Box::pin(async move {
            let Some(file) = self.life.opened().await? else { return Ok(Vec::new()) };
            let now = self.clock.now();
            file.read(move |steps| steps.list(&filter, now)).await
        })
    }

    fn batch_key<'a>(&'a self, fresh: &'a BatchKey) -> BoxFuture<'a, Result<BatchKey, Error>> {
        let fresh = fresh.clone();
        Box::pin(async move {
            let file = self.life.created().await?;
            file.step(Kind::Records, move |steps| steps.batch_key(&fresh)).await
        })
    }

    fn history<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Vec<HistoryEntry>, Error>> {
        let id = id.clone();
        Box::pin(async move {
            let Some(file) = self.life.opened().await? else { return Ok(Vec::new()) };
            file.read(move |steps| steps.history(&id)).await
        })
    }

    fn turn(&self, per_second: NonZeroU32, within: Duration) -> BoxFuture<'_, Result<Turn, Error>> {
        Box::pin(async move {
            let Some(file) = self.life.opened().await? else { return Ok(Turn::Unshared) };
            file.turn(per_second, within).await
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, Error>> {
        Box::pin(async move {
            let Some(file) = self.life.opened().await? else { return Ok(Vec::new()) };
            file.check().await
        })
    }

    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let none = || failed(self.path(), "does not exist, so there is nothing to copy; the first sale creates it");
            self.life.opened().await?.ok_or_else(none)?.backup(to).await
        })
    }

    fn made(&self) -> Option<&Path> {
        self.life.is_new().then(|| self.path())
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.life.close())
    }
}

/// What a step comes to where no file is.
fn nothing_recorded(admission: Admission, id: &RequestId) -> Result<Begun, Error> {
    match admission {
        Admission::Refused(error) => Err(error),
        Admission::New | Admission::Resume | Admission::Settled => Err(lost(id)),
    }
}

impl fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteJournal").field("path", &self.path()).finish_non_exhaustive()
    }
}
