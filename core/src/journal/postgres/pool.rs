use super::address::Address;
use super::connection::Connection;
use super::schema;
use super::trouble::{Stop, failed};
use crate::error::{Delivery, Error, ErrorKind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::timeout;

/// Connections at most; further steps wait for one.
const CONNECTIONS: usize = 8;
/// How long a step may take on its connection.
const TRY: Duration = Duration::from_secs(10);
/// How long it may take with all that it waits for.
const STEP: Duration = Duration::from_secs(30);

/// One step of the journal.
pub(super) trait Step: Send {
    /// What comes of it.
    type Output: Send;

    /// Takes it, or finds that an earlier call took it: a connection may break between a commit and its answer, and
    /// the step is then taken again on another.
    fn take(&mut self, db: &mut Connection) -> impl Future<Output = Result<Self::Output, Stop>> + Send;
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
    idle: Mutex<Vec<Connection>>,
    process: u32,
}

impl Pool {
    pub(super) fn new(address: Address) -> Self {
        let (turns, idle) = (Semaphore::new(CONNECTIONS), Mutex::new(Vec::new()));
        Self { address, migrated: OnceCell::new(), turns, idle, process: std::process::id() }
    }

    /// Host, port and database.
    pub(super) fn name(&self) -> &str {
        &self.address.name
    }

    /// Brings the tables to today's version, once.
    pub(super) async fn migrate(&self) -> Result<(), Error> {
        let migrated = self.migrated.get_or_try_init(|| async {
            let mut db = Connection::open(&self.address).await?;
            schema::migrate(&mut db, self.name()).await?;
            self.keep(db);
            Ok(())
        });
        migrated.await.map(|_| ()).map_err(|stop: Stop| stop.into_error(self.name()))
    }

    /// Takes a step; once more on a new connection if that may help.
    pub(super) async fn step<S: Step>(&self, mut step: S) -> Result<S::Output, Error> {
        if std::process::id() != self.process {
            return Err(failed(self.name(), "was opened before this process was forked; open it again here"));
        }
        self.migrate().await?;
        let tried = timeout(STEP, self.tries(&mut step)).await.unwrap_or(Err(Stop::Late));
        tried.map_err(|stop| stop.into_error(self.name()))
    }

    async fn tries<S: Step>(&self, step: &mut S) -> Result<S::Output, Stop> {
        let _turn = self.turns.acquire().await.map_err(|_| failed(self.name(), "is closed"))?;
        let kept = self.kept();
        match self.take(step, kept).await {
            Err(stop) if stop.may_pass() => self.take(step, None).await,
            outcome => outcome,
        }
    }

    /// A connection is kept only when its step came to an end: one that is dropped on the way is closed, and the
    /// server undoes what was not committed.
    async fn take<S: Step>(&self, step: &mut S, kept: Option<Connection>) -> Result<S::Output, Stop> {
        let mut db = match kept {
            Some(db) => db,
            None => Connection::open(&self.address).await?,
        };
        let outcome = timeout(TRY, step.take(&mut db)).await.unwrap_or(Err(Stop::Late));
        if matches!(outcome, Ok(_) | Err(Stop::Refused(_))) {
            self.keep(db);
        }
        outcome
    }

    fn kept(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(Connection::is_open);
        idle.pop()
    }

    fn keep(&self, db: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
    }
}
