use super::address::Address;
use super::trouble::{Stop, is_starting};
use std::collections::HashMap;
use std::time::Duration;
use tokio_postgres::{Client, Error as Trouble, Statement};

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// The pause before a server that is starting is asked again.
const STARTING: Duration = Duration::from_millis(100);

/// The server itself gives up what takes too long, so that no lock outlives a till that went silent.
const SESSION: &str = "\
    SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET synchronous_commit = on;
    SET lock_timeout = '5s';
    SET statement_timeout = '8s';
    SET idle_in_transaction_session_timeout = '8s'";

/// One connection and the statements that were prepared on it.
pub(super) struct Connection {
    pub(super) client: Client,
    prepared: HashMap<&'static str, Statement>,
}

impl Connection {
    pub(super) async fn open(address: &Address) -> Result<Self, Stop> {
        tokio::time::timeout(CONNECT, Self::open_once_up(address)).await.unwrap_or(Err(Stop::Late))
    }

    async fn open_once_up(address: &Address) -> Result<Self, Stop> {
        loop {
            let (client, connection) = match address.config.connect(address.tls.clone()).await {
                Err(trouble) if is_starting(&trouble) => {
                    tokio::time::sleep(STARTING).await;
                    continue;
                }
                connected => connected?,
            };
            // It ends with the client, or with an error that the client's next step hears of.
            tokio::spawn(connection);
            client.batch_execute(SESSION).await?;
            return Ok(Self { client, prepared: HashMap::new() });
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    /// Prepared at its first use on this connection.
    pub(super) async fn statement(&mut self, sql: &'static str) -> Result<Statement, Trouble> {
        if let Some(known) = self.prepared.get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }
}
