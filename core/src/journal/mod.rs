//! The record that makes a sale exactly one: written before the first byte leaves, settled before the caller hears.

mod batch_key;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod clock;
mod history;
mod inspect;
mod memory;
mod name;
mod none;
mod open;
#[cfg(feature = "sqlite")]
mod pace;
pub(crate) mod patience;
#[cfg(feature = "postgres")]
mod postgres;
mod rules;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod stored;
mod transaction;

pub use batch_key::BatchKey;
pub use history::HistoryEntry;
pub use inspect::Inspection;
pub use memory::MemoryJournal;
pub use name::Name;
pub use none::{CallersJournal, NoJournal};
pub use open::{inspect, open};
#[cfg(feature = "postgres")]
pub use postgres::PostgresJournal;
pub use rules::{Admission, admit_activation, admit_reversal};
#[cfg(feature = "sqlite")]
pub use sqlite::{Restored, SqliteJournal};
pub use transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, State, Transaction};

use crate::BoxFuture;
use crate::error::Error;
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use jiff::Timestamp;
use std::fmt;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

/// Keeps every sale's intent and outcome, and lets one attempt at a time work on an id and on a card.
///
/// Each method is one atomic step. What may begin is decided by [`admit_activation`] and [`admit_reversal`], which
/// every implementation calls inside that step; the journals differ in where they keep rows, never in their rules.
///
/// A step that failed was not taken, and never will be, if its error says [`NotSent`](crate::Delivery::NotSent). Where
/// that is not sure, such as after a commit whose answer was lost, the error's kind is
/// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown): the step may stand, and recovery may go on with it.
///
/// Whoever asks for a step to begin drops its future when its own time is over. A journal that takes steps later must not
/// take that one then: nobody would go on with it but recovery.
pub trait Journal: Send + Sync + fmt::Debug {
    /// Ties the journal to one partner and one endpoint, at its first use, and refuses any other for good: a
    /// production id must never be replayed to a sandbox or the reverse.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) for another partner or endpoint;
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be written.
    fn bind<'a>(&'a self, partner: &'a PartnerId, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>>;

    /// Records the intent to activate and claims id and card until `lease_until`. Durable when it returns.
    ///
    /// `now` is the gateway's time, as well as the caller knows it. A lease lasts as long as `lease_until` is after
    /// `now`, by a clock that nobody sets: whatever becomes of the callers' clocks, it ends neither sooner nor later.
    ///
    /// A sale that was rejected may be tried again by a caller, who knows so; [`Asker::Recovery`] finds it settled.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) where the rules forbid it;
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be written. Nothing may be sent then.
    fn begin_activation<'a>(
        &'a self,
        id: &'a RequestId,
        sale: &'a Activate,
        asker: Asker,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>>;

    /// Records the intent to deactivate what `id` activated and claims it until `lease_until`. Durable when it returns.
    ///
    /// [`Asker::Recovery`] finds settled whatever is not open, so that it takes back no card that a caller was sold.
    ///
    /// # Errors
    /// As for [`Journal::begin_activation`].
    fn begin_reversal<'a>(
        &'a self,
        id: &'a RequestId,
        card: &'a CardNumber,
        purpose: Purpose,
        asker: Asker,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>>;

    /// Notes that attempt number `attempt` is about to be sent, and extends the lease. No request of an activation that
    /// may still arrive, this one among them, is signed for a later time than `signed_until`.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) if the claim was taken over; nothing may be sent then.
    fn attempt<'a>(
        &'a self,
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        lease_until: Timestamp,
        signed_until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// Records what came of it and gives the claim up. Durable when it returns.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) if the claim was taken over;
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be written: the row then stays as it was, for recovery.
    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        settlement: Settlement,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// Notes that somebody heard the outcome of a sale, or that nobody did, if it is still the outcome of that `fence`.
    /// Durable when it returns.
    ///
    /// # Errors
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be written.
    fn note_told<'a>(
        &'a self,
        id: &'a RequestId,
        fence: u64,
        told: bool,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let _ = (id, fence, told, now);
        Box::pin(async { Ok(()) })
    }

    /// One sale, if it is known.
    ///
    /// # Errors
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be read.
    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>>;

    /// The sales that match, oldest first. A row that cannot be read hides no other: it is left out, and
    /// [`check`](Self::check) tells of it.
    ///
    /// # Errors
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be read.
    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>>;

    /// The key of batches' request ids: `fresh`, for good, if the journal has none yet, else the one that it has. It is
    /// bound when this is asked.
    ///
    /// # Errors
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput), field `request_id`: this journal keeps nothing, so each sale
    /// needs an id of the caller's own. [`Journal`](crate::ErrorKind::Journal) if it cannot be read or written.
    fn batch_key<'a>(&'a self, fresh: &'a BatchKey) -> BoxFuture<'a, Result<BatchKey, Error>> {
        let _ = fresh;
        let message = "request_id is missing, and the journal keeps nothing from which a batch could make it again; give \
                       each sale an id of its own, or name a journal";
        Box::pin(async move { Err(Error::invalid("request_id", message)) })
    }

    /// What was done about a sale, in order; nothing if it is not known.
    ///
    /// # Errors
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be read.
    fn history<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Vec<HistoryEntry>, Error>> {
        let _ = id;
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Takes the next turn under the account's limit of so many requests a second, which all who share this journal
    /// keep to together, in the order in which they ask. A turn that is taken is used up, whoever goes.
    ///
    /// # Errors
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be read or written.
    fn turn(&self, per_second: NonZeroU32, within: Duration) -> BoxFuture<'_, Result<Turn, Error>> {
        let _ = (per_second, within);
        Box::pin(async { Ok(Turn::Unshared) })
    }

    /// Looks whether everything that was recorded can be read as it was written: what is wrong, a line each.
    ///
    /// # Errors
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be read at all.
    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, Error>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Writes a copy of everything that was recorded until now to a new file, which is whole by itself, while the
    /// journal stays in use.
    ///
    /// # Errors
    /// [`Journal`](crate::ErrorKind::Journal): the file exists or cannot be written, or this journal is no file.
    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), Error>> {
        let message = format!("this journal is no file, so it cannot be copied to {}", to.display());
        Box::pin(async move { Err(Error::new(crate::ErrorKind::Journal, crate::Delivery::NotSent, message)) })
    }

    /// The file that this journal made, if its own first sale did, so that nothing of before is in it.
    fn made(&self) -> Option<&Path> {
        None
    }

    /// Gives back whatever the journal holds of the system: files, locks, threads, connections. Steps are refused from
    /// here on.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// When a request may go, as [`Journal::turn`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// After so long, which may be no time at all.
    After(Duration),
    /// Not within the time that there is. No turn was taken.
    TooLate,
    /// Nobody shares this journal: the client keeps to a limit of its own.
    Unshared,
}
