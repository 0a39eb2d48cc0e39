use super::address::Address;
use super::idle::{Idle, KEPT};
use super::trouble::{Stop, is_definite, is_starting};
use std::pin::pin;
use std::sync::Weak;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error as Trouble, Row};

/// The pause before a server that is starting is asked again.
const STARTING: Duration = Duration::from_millis(100);

/// What every transaction asks for, since a session's settings do not follow a client through a pooler. The server
/// gives up by itself what waits too long, so that no lock outlives a till that went silent.
macro_rules! begin {
    ($durable:literal, $statement_timeout:literal) => {
        concat!(
            "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE; SET LOCAL synchronous_commit = ",
            $durable,
            "; SET LOCAL lock_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '8s'; \
             SET LOCAL statement_timeout = ",
            $statement_timeout
        )
    };
}
/// For what is to last. A time-out of statements would cut the wait for a synchronous replica, and the server would
/// then answer as if it had been waited for.
const LASTING: &str = begin!("on", "0");
/// For what may be lost again.
const PASSING: &str = begin!("off", "'8s'");

/// Values with their types: the server is asked for nothing beforehand, and keeps nothing by name afterwards.
pub(super) type Values<'a> = [(&'a (dyn ToSql + Sync), Type)];

/// One connection. Each of its methods is one round trip.
pub(super) struct Connection {
    client: Client,
    driver: Option<JoinHandle<()>>,
    phase: Phase,
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
        Ok(Self { client, driver: Some(driver), phase: Phase::AtRest })
    }

    /// Whether another step may use it.
    pub(super) fn is_good(&self) -> bool {
        self.phase == Phase::AtRest && !self.client.is_closed()
    }

    /// Whether something may have been committed of which the server's word is missing.
    pub(super) fn may_have_committed(&self) -> bool {
        self.phase == Phase::Committing
    }

    /// A transaction of one statement that loses nothing if it is lost.
    pub(super) async fn ask(&mut self, sql: &str, values: &Values<'_>) -> Result<Vec<Row>, Trouble> {
        let statement = self.client.query_typed(sql, values);
        alone(&self.client, &mut self.phase, Phase::Open, PASSING, statement).await
    }

    /// A transaction of one statement that changes rows: how many.
    pub(super) async fn change(&mut self, sql: &str, values: &Values<'_>) -> Result<u64, Trouble> {
        let statement = self.client.execute_typed(sql, values);
        alone(&self.client, &mut self.phase, Phase::Committing, LASTING, statement).await
    }

    /// Begins a transaction with a statement.
    pub(super) async fn begin(&mut self, sql: &str, values: &Values<'_>) -> Result<Vec<Row>, Trouble> {
        self.phase = Phase::Open;
        let begin = self.client.batch_execute(LASTING);
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
        ended(&mut self.phase, Ok(()), changed, committed)
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

/// All at once: each is sent before the answer to the one before has come.
async fn alone<T>(
    client: &Client,
    phase: &mut Phase,
    meanwhile: Phase,
    begin: &str,
    statement: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    *phase = meanwhile;
    let (begin, commit) = (client.batch_execute(begin), client.batch_execute("COMMIT"));
    let (begun, done, committed) = tokio::join!(biased; begin, statement, commit);
    ended(phase, begun, done, committed)
}

/// What the server's answers say together. After a statement's error COMMIT undoes, so it is over either way.
fn ended<T>(
    phase: &mut Phase,
    begun: Result<(), Trouble>,
    done: Result<T, Trouble>,
    committed: Result<(), Trouble>,
) -> Result<T, Trouble> {
    let undone = match (&done, &committed) {
        (Err(trouble), _) => is_definite(trouble),
        // Without a transaction of its own, the statement lasts by itself.
        (Ok(_), Err(trouble)) => begun.is_ok() && is_definite(trouble),
        (Ok(_), Ok(())) => false,
    };
    if committed.is_ok() && (undone || (begun.is_ok() && done.is_ok())) {
        *phase = Phase::AtRest;
    } else if undone {
        *phase = Phase::Open;
    }
    begun?;
    let done = done?;
    committed?;
    Ok(done)
}
