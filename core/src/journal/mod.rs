//! The record that makes a sale exactly one: written before the first byte leaves, settled before the caller hears.

mod inspect;
mod memory;
mod none;
mod open;
#[cfg(feature = "postgres")]
mod postgres;
mod rules;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod stored;
mod transaction;

pub use inspect::Inspection;
pub use memory::MemoryJournal;
pub use none::NoJournal;
pub use open::{inspect, open};
#[cfg(feature = "postgres")]
pub use postgres::PostgresJournal;
pub use rules::{Admission, admit_activation, admit_reversal};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteJournal;
pub use transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, State, Transaction};

use crate::BoxFuture;
use crate::error::Error;
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use jiff::Timestamp;
use std::fmt;

/// Keeps every sale's intent and outcome, and lets one attempt at a time work on an id and on a card.
///
/// Each method is one atomic step. What may begin is decided by [`admit_activation`] and [`admit_reversal`], which
/// every implementation calls inside that step; the journals differ in where they keep rows, never in their rules.
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

    /// Notes that attempt number `attempt`, the second or a later one, is about to be sent, and extends the lease.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) if the claim was taken over; nothing may be sent then.
    fn attempt<'a>(
        &'a self,
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        lease_until: Timestamp,
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

    /// One sale, if it is known.
    ///
    /// # Errors
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be read.
    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>>;

    /// The sales that match, oldest first.
    ///
    /// # Errors
    /// [`Journal`](crate::ErrorKind::Journal) if it cannot be read.
    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>>;
}
