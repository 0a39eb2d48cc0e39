use super::address::Address;
use super::idle::{Idle, KEPT};
use super::trouble::{Stop, is_definite, is_starting};
use jiff::{SignedDuration, Timestamp};
use std::pin::pin;
use std::sync::Weak;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error as Trouble, Row};

/// The pause before a server that is starting is asked again.
const STARTING: Duration = Duration::from_millis(100);

/// What a transaction asks for, since a session's settings do not follow a client through a pooler. The server gives up
/// by itself what waits too long, so that no lock outlives a till that went silent. Steps that are one statement are
/// functions, which ask for theirs.
const BEGIN: &str = "\
    BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET LOCAL synchronous_commit = on;
    SET LOCAL lock_timeout = '5s';
    SET LOCAL statement_timeout = '8s';
    SET LOCAL idle_in_transaction_session_timeout = '8s'";

const CLOCK: &str = "SELECT clock_timestamp()";

/// Values with their types: the server is asked for nothing beforehand, and keeps nothing by name afterwards.
pub(super) type Values<'a> = [(&'a (dyn ToSql + Sync), Type)];

/// One connection. Each of its methods is one round trip.
pub(super) struct Connection {
    client: Client,
    driver: Option<JoinHandle<()>>,
    phase: Phase,
    /// What the server's clock showed at the latest at that instant.
    server: (Timestamp, Instant),
    /// When whoever asked for the step that has it gives up.
    until: Instant,
}

/// How far the transaction got that was last begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It is over.
    AtRest,
    /// Nothing that would last was asked for yet.
    Open,
    /// Something was that would last, and the server's word on it is missing.
    Committing,
}

impl Connection {
    /// It leaves `idle` by itself once it was not used for long.
    pub(super) async fn open(address: &Address, idle: Weak<Idle>) -> Result<Self, Stop> {
        let (client, connection) = loop {
            match address.config.connect(address.tls.clone()).await {
                Err(trouble) if is_starting(&trouble) => tokio::time::sleep(STARTING).await,
                connected => break connected?,
            }
        };
        // It ends with the client, or with an error that the client's next step hears of.
        let driver = tokio::spawn(async move {
            let mut connection = pin!(connection);
            while timeout(KEPT, &mut connection).await.is_err() {
                if let Some(idle) = idle.upgrade() {
                    idle.drop_old();
                }
            }
        });
        let mut db = Self {
            client,
            driver: Some(driver),
            phase: Phase::AtRest,
            server: (Timestamp::UNIX_EPOCH, Instant::now()),
            until: Instant::now(),
        };
        let shown = db.call(CLOCK, &[]).await?;
        let shown = shown.first().map_or(Ok(Timestamp::UNIX_EPOCH), |row| row.try_get(0))?;
        db.server = (shown, Instant::now());
        Ok(db)
    }

    /// For a step that nobody waits for from `until` on.
    pub(super) fn serve_until(&mut self, until: Instant) {
        self.until = until;
    }

    /// When the step is given up, by the server's clock; rather too early than too late.
    pub(super) fn given_up_at(&self) -> Timestamp {
        let (shown, at) = self.server;
        let left = SignedDuration::try_from(self.until.saturating_duration_since(at)).unwrap_or(SignedDuration::MAX);
        shown.checked_add(left).unwrap_or(Timestamp::MAX)
    }

    /// Whether another step may use it.
    pub(super) fn is_good(&self) -> bool {
        self.phase == Phase::AtRest && !self.client.is_closed()
    }

    /// Whether something may have been committed of which the server's word is missing.
    pub(super) fn may_have_committed(&self) -> bool {
        self.phase == Phase::Committing
    }

    /// Reads.
    pub(super) async fn ask(&mut self, sql: &str, values: &Values<'_>) -> Result<Vec<Row>, Trouble> {
        self.phase = Phase::Open;
        let (begin, commit) = (self.client.batch_execute(BEGIN), self.client.batch_execute("COMMIT"));
        // All at once: each is sent before the answer to the one before has come.
        let (_, rows, ()) = tokio::try_join!(biased; begin, self.client.query_typed(sql, values), commit)?;
        self.phase = Phase::AtRest;
        Ok(rows)
    }

    /// Calls a function, of which it makes no difference whether it took place.
    pub(super) async fn call(&mut self, sql: &str, values: &Values<'_>) -> Result<Vec<Row>, Trouble> {
        self.phase = Phase::Open;
        let rows = self.client.query_typed(sql, values).await?;
        self.phase = Phase::AtRest;
        Ok(rows)
    }

    /// Calls a function that changes rows, and tells how many sales it changed: whether it was one.
    pub(super) async fn change(&mut self, sql: &str, values: &Values<'_>) -> Result<bool, Stop> {
        self.phase = Phase::Committing;
        let called = self.client.query_typed(sql, values).await;
        if called.as_ref().err().is_none_or(is_definite) {
            self.phase = Phase::AtRest;
        }
        let changed: i64 = called?.first().map_or(Ok(0), |row| row.try_get(0))?;
        Ok(changed == 1)
    }

    /// Begins a transaction with a statement.
    pub(super) async fn begin(&mut self, sql: &str, values: &Values<'_>) -> Result<Vec<Row>, Trouble> {
        self.phase = Phase::Open;
        let begin = self.client.batch_execute(BEGIN);
        let (_, rows) = tokio::try_join!(biased; begin, self.client.query_typed(sql, values))?;
        Ok(rows)
    }

    /// One more statement in it.
    pub(super) async fn query(&mut self, sql: &str, values: &Values<'_>) -> Result<Vec<Row>, Trouble> {
        self.client.query_typed(sql, values).await
    }

    /// Statements without values, in the transaction that they or [`begin`](Self::begin) began.
    pub(super) async fn batch(&mut self, sql: &str) -> Result<(), Trouble> {
        self.phase = Phase::Open;
        self.client.batch_execute(sql).await
    }

    /// Changes rows, and commits.
    pub(super) async fn change_and_commit(&mut self, sql: &str, values: &Values<'_>) -> Result<u64, Trouble> {
        self.phase = Phase::Committing;
        let (change, commit) = (self.client.execute_typed(sql, values), self.client.batch_execute("COMMIT"));
        let (changed, committed) = tokio::join!(biased; change, commit);
        // After a statement's error COMMIT undoes.
        let is_known = changed.as_ref().err().or(committed.as_ref().err()).is_none_or(is_definite);
        if is_known {
            self.phase = if committed.is_ok() { Phase::AtRest } else { Phase::Open };
        }
        changed.and_then(|changed| committed.map(|()| changed))
    }

    /// Ends the transaction that did nothing, or undoes what it did.
    pub(super) async fn roll_back(&mut self) -> Result<(), Trouble> {
        self.client.batch_execute("ROLLBACK").await?;
        self.phase = Phase::AtRest;
        Ok(())
    }

    /// Commits what may be lost again.
    pub(super) async fn commit(&mut self) -> Result<(), Trouble> {
        self.client.batch_execute("COMMIT").await?;
        self.phase = Phase::AtRest;
        Ok(())
    }

    /// Says goodbye to the server, and waits until that is said.
    pub(super) async fn close(mut self) {
        let driver = self.driver.take();
        drop(self);
        if let Some(driver) = driver {
            let _ = driver.await;
        }
    }
}

impl Drop for Connection {
    /// In the midst of a transaction the connection breaks at once: the server undoes what was not committed, and a
    /// server that is silent is not waited for.
    fn drop(&mut self) {
        if let (Some(driver), false) = (&self.driver, self.phase == Phase::AtRest) {
            driver.abort();
        }
    }
}
