//! The journal in a PostgreSQL database, shared by many tills and servers.

mod address;
mod begin;
mod check;
mod connection;
mod idle;
mod inspect;
mod pool;
mod read;
mod row;
mod schema;
mod settle;
mod trouble;
mod turn;

use super::clock::CallersClock;
use super::transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, Transaction};
use super::{BatchKey, HistoryEntry, Inspection, Journal, Turn};
use crate::BoxFuture;
use crate::error::Error;
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use address::Address;
use begin::{Begin, Intent};
use check::Checks;
use jiff::Timestamp;
use pool::{Open, Pool};
use read::{Bind, Find, History, KeepBatchKey, List};
use settle::{Attempt, Hear, Settle};
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;
use turn::TakeTurn;

/// A journal in a PostgreSQL database (version 12 or newer), in a schema `posa` of its own.
///
/// Each step is one transaction, and it is committed (`synchronous_commit = on`) when it returns. The database's clock
/// alone decides whether a lease has ended, so that another machine takes over a dead till's work whatever either of
/// their clocks says; the dead one, waking up, finds its claim taken over. The tables hold full card numbers, which a
/// reversal after a crash needs: let nobody else read them.
///
/// A few connections are kept for a minute or two, and made anew after the server was restarted. A step whose
/// connection broke is taken once more on a new one; each has a mark of its own in its row, so it never counts twice.
/// If that fails too, and the first may have been committed, the error is
/// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
///
/// Open it after a fork, not before: a forked child's steps are refused.
pub struct PostgresJournal {
    pool: Pool,
    clock: CallersClock,
    checks: Checks,
}

impl PostgresJournal {
    /// A journal at `postgres://user:password@host:port/database`. The first step connects, and creates the tables where
    /// they are missing or older. That needs the right to create in the database; afterwards `SELECT`, `INSERT` and
    /// `UPDATE` do.
    ///
    /// Connections are encrypted, and the server's certificate and name verified against the system's authorities,
    /// whatever the strength that `sslmode` asks for:
    ///
    /// | `sslmode` | |
    /// |---|---|
    /// | none given | as `require`; on loopback and Unix sockets as `disable` |
    /// | `disable` | never encrypted |
    /// | `prefer` | encrypted and verified if the server offers it, in the clear if not |
    /// | `require`, `verify-ca`, `verify-full` | encrypted and verified, or no connection |
    ///
    /// `sslrootcert=FILE` names a PEM file of further authorities. There may be a PgBouncer between, with
    /// `pool_mode = transaction` or `session`: nothing is kept on a connection from one transaction to the next.
    ///
    /// # Errors
    /// Kind [`Configuration`](crate::ErrorKind::Configuration), field `journal`: a URL that cannot be used.
    pub fn new(url: &str) -> Result<Self, Error> {
        Ok(Self { pool: Pool::new(Address::new(url)?), clock: CallersClock::default(), checks: Checks::default() })
    }

    /// Keeps that many connections at the most, instead of 4; further steps wait for one.
    #[must_use]
    pub fn connections(self, most: NonZeroUsize) -> Self {
        Self { pool: self.pool.with_connections(most), ..self }
    }

    /// Gives each step that much time with all that it waits for, connecting included, instead of 10 seconds.
    #[must_use]
    pub fn step_limit(self, limit: Duration) -> Self {
        Self { pool: self.pool.with_limit(limit), ..self }
    }

    /// As [`new`](Self::new), and connects at once.
    ///
    /// # Errors
    /// As for [`new`](Self::new). Kind [`Journal`](crate::ErrorKind::Journal): no connection, no right, or the tables
    /// are of a newer version.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let journal = Self::new(url)?;
        journal.pool.step(Open).await?;
        Ok(journal)
    }

    /// Looks at the database of that URL and changes nothing in it.
    ///
    /// # Errors
    /// As for [`PostgresJournal::connect`].
    pub async fn inspect(url: &str) -> Result<Inspection, Error> {
        inspect::inspect(url).await
    }
}

impl Journal for PostgresJournal {
    fn bind<'a>(&'a self, partner: &'a PartnerId, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.pool.step(Bind { partner, endpoint }))
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
        Box::pin(async move { self.pool.step(Begin::new(id, Intent::Activate(sale), asker, now, lease_until)?).await })
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
            self.pool.step(Begin::new(id, Intent::Reverse(card, purpose), asker, now, lease_until)?).await
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
        Box::pin(async move { self.pool.step(Attempt::new(claim, attempt, now, lease_until, signed_until)?).await })
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        settlement: Settlement,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.clock.hear(now);
        Box::pin(async move { self.pool.step(Settle::new(claim, settlement, now)?).await })
    }

    fn note_told<'a>(
        &'a self,
        id: &'a RequestId,
        fence: u64,
        told: bool,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.pool.step(Hear { id, fence, told, now }))
    }

    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>> {
        Box::pin(self.pool.step(Find { id, clock: &self.clock }))
    }

    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>> {
        Box::pin(self.pool.step(List { filter, clock: &self.clock }))
    }

    fn batch_key<'a>(&'a self, fresh: &'a BatchKey) -> BoxFuture<'a, Result<BatchKey, Error>> {
        Box::pin(self.pool.step(KeepBatchKey { fresh }))
    }

    fn history<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Vec<HistoryEntry>, Error>> {
        Box::pin(self.pool.step(History { id }))
    }

    fn turn(&self, per_second: NonZeroU32, within: Duration) -> BoxFuture<'_, Result<Turn, Error>> {
        Box::pin(self.pool.step(TakeTurn { per_second, within }))
    }

    /// Every row is read at the first check and then once an hour; in between, the open ones and those that were found
    /// wrong.
    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, Error>> {
        Box::pin(self.checks.check(&self.pool, self.clock.now()))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.pool.close())
    }
}

impl fmt::Debug for PostgresJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresJournal").field("at", &self.pool.name()).finish_non_exhaustive()
    }
}
