use super::address::Address;
use super::connection::Connection;
use super::idle::Idle;
use super::schema;
use super::trouble::{Stop, failed};
use crate::error::{Delivery, Error, ErrorKind};
use crate::journal::patience;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

/// Connections at most; further steps wait for one.
const CONNECTIONS: usize = 4;
/// How long a step takes at most with all that it waits for; a till's call has 30 seconds.
pub(super) const LIMIT: Duration = Duration::from_secs(10);
/// How long it takes at most to say goodbye to a server.
const GOODBYE: Duration = Duration::from_secs(1);

/// One step of the journal.
pub(super) trait Step: Send {
    /// What comes of it.
    type Output: Send;

    /// Takes it, or finds that an earlier call took it: a connection may break between a commit and its answer, and
    /// the step is then taken again on another.
    fn take(&mut self, db: &mut Connection) -> impl Future<Output = Result<Self::Output, Stop>> + Send;
}

/// Connects, and does no more.
pub(super) struct Open;

impl Step for Open {
    type Output = ();

    async fn take(&mut self, _: &mut Connection) -> Result<(), Stop> {
        Ok(())
    }
}

/// A number that no other step has.
pub(super) fn mark() -> Result<i64, Error> {
    let random = getrandom::u64().map_err(|e| {
        let message = format!("the operating system gives no randomness: {e}");
        Error::new(ErrorKind::Journal, Delivery::NotSent, message)
    })?;
    Ok(random.cast_signed())
}

/// The connections.
pub(super) struct Pool {
    address: Address,
    migrated: OnceCell<()>,
    turns: Semaphore,
    idle: Arc<Idle>,
    limit: Duration,
    process: u32,
}

impl Pool {
    pub(super) fn new(address: Address) -> Self {
        let (turns, idle) = (Semaphore::new(CONNECTIONS), Arc::new(Idle::new()));
        Self { address, migrated: OnceCell::new(), turns, idle, limit: LIMIT, process: std::process::id() }
    }

    pub(super) fn with_connections(self, connections: NonZeroUsize) -> Self {
        Self { turns: Semaphore::new(connections.get()), ..self }
    }

    pub(super) fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Host, port and database.
    pub(super) fn name(&self) -> &str {
        &self.address.name
    }

    /// Takes a step; once more on a new connection if that may help.
    pub(super) async fn step<S: Step>(&self, mut step: S) -> Result<S::Output, Error> {
        if std::process::id() != self.process {
            return Err(failed(self.name(), "was opened before this process was forked; open it again here"));
        }
        let mut may_stand = false;
        let tried = self.tries(&mut step, &mut may_stand).await;
        tried.map_err(|stop| stop.into_error(self.name(), may_stand))
    }

    /// Refuses further steps and gives back all connections that no step has.
    pub(super) async fn close(&self) {
        self.turns.close();
        let goodbyes = async {
            for db in self.idle.close() {
                db.close().await;
            }
        };
        let _ = timeout(GOODBYE, goodbyes).await;
    }

    /// `may_stand` is set if a try may have been recorded without the server's word that reached us.
    async fn tries<S: Step>(&self, step: &mut S, may_stand: &mut bool) -> Result<S::Output, Stop> {
        let longest = Instant::now() + self.limit;
        let until = patience::end().map_or(longest, |end| end.min(longest));
        let turn = within(until, async { Ok(self.turns.acquire().await) }).await?;
        let _turn = turn.map_err(|_| failed(self.name(), "is closed; open it again"))?;
        match self.take(step, true, until, may_stand).await {
            Err(stop) if stop.may_pass() => self.take(step, false, until, may_stand).await,
            outcome => outcome,
        }
    }

    async fn take<S: Step>(
        &self,
        step: &mut S,
        on_kept: bool,
        until: Instant,
        may_stand: &mut bool,
    ) -> Result<S::Output, Stop> {
        within(until, self.migrate()).await?;
        let mut db = match self.idle.take().filter(|_| on_kept) {
            Some(db) => db,
            None => within(until, self.connect()).await?,
        };
        db.serve_until(until);
        let outcome = within(until, step.take(&mut db)).await;
        *may_stand |= db.may_have_committed();
        self.idle.keep(db);
        outcome
    }

    async fn connect(&self) -> Result<Connection, Stop> {
        Connection::open(&self.address, Arc::downgrade(&self.idle)).await
    }

    /// Brings the tables to today's version, once.
    async fn migrate(&self) -> Result<(), Stop> {
        let migrated = self.migrated.get_or_try_init(|| async {
            let mut db = self.connect().await?;
            schema::migrate(&mut db, self.name()).await?;
            self.idle.keep(db);
            Ok(())
        });
        migrated.await.map(|_| ())
    }
}

/// Given up at `until`.
pub(super) async fn within<T>(until: Instant, what: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    timeout_at(until, what).await.unwrap_or(Err(Stop::Late))
}
