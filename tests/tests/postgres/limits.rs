//! A server that is away or says nothing: every step is over in the time that is promised.

use crate::{NOW, begin, later};
use posa_core::journal::{Filter, Journal, PostgresJournal};
use posa_core::{Delivery, ErrorKind};
use posa_tests::postgres;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

const PROMISED: Duration = Duration::from_secs(10);

/// What a server might do with a connection.
#[derive(Debug, Clone, Copy)]
enum Server {
    /// Accepts, and says nothing.
    Silent,
    /// Agrees to the start, and says nothing to the first statement.
    Half,
    /// Says part of an answer.
    Torn,
}

#[tokio::test(start_paused = true)]
async fn each_step_behind_a_server_that_says_nothing_ends_in_time() {
    for server in [Server::Silent, Server::Half, Server::Torn] {
        let url = listen(server).await;
        let journal = PostgresJournal::new(&url).unwrap();
        for step in ["the first", "the next"] {
            let started = Instant::now();
            let error = begin(&journal, "Awssb1", NOW, later(60)).await.unwrap_err();
            assert!(started.elapsed() <= PROMISED + Duration::from_millis(100), "{server:?}: {:?}", started.elapsed());
            assert_eq!((error.kind(), error.delivery()), (ErrorKind::Journal, Delivery::NotSent), "{server:?}, {step}");
            assert!(error.message().contains("gave no answer in time"), "{server:?}, {step}: {error:?}");
        }
        let started = Instant::now();
        posa_core::journal::inspect(&url).await.unwrap_err();
        assert!(started.elapsed() <= PROMISED + Duration::from_millis(100), "inspect: {:?}", started.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn steps_that_wait_for_each_other_end_in_time_together() {
    let journal = PostgresJournal::new(&listen(Server::Silent).await).unwrap();
    let started = Instant::now();
    let journal = Arc::new(journal);
    let mut steps = JoinSet::new();
    for _ in 0..16 {
        let journal = Arc::clone(&journal);
        steps.spawn(async move { journal.transactions(&Filter::default()).await.unwrap_err() });
    }
    steps.join_all().await;
    assert!(started.elapsed() <= PROMISED + Duration::from_millis(100), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_limit_of_ones_own_holds_while_the_tables_are_locked() {
    let Some(database) = postgres::database() else { return };
    PostgresJournal::connect(&database.url()).await.unwrap();
    // Over the socket no time goes into a password.
    let journal = PostgresJournal::new(&database.socket_url()).unwrap().step_limit(Duration::from_secs(2));
    journal.transactions(&Filter::default()).await.unwrap();
    let locking = tokio::task::spawn_blocking({
        let database = database.clone();
        move || database.sql("BEGIN; LOCK TABLE posa.sale; SELECT pg_sleep(60)")
    });
    let locked =
        "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'posa.sale'::regclass";
    while database.sql(locked).unwrap() != "1" {}
    let started = Instant::now();
    let error = begin(&journal, "Awssb2", NOW, later(60)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(
        error.kind(),
        ErrorKind::OutcomeUnknown,
        "it waits for a lock and may be recorded after that: {error:?}"
    );
    database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'").unwrap();
    locking.await.unwrap().unwrap_err();
}

/// The URL of a server of that kind.
async fn listen(server: Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut till, _)) = listener.accept().await {
            let mut start = vec![0; 1024];
            let _ = till.read(&mut start).await;
            let answer: &[u8] = match server {
                Server::Silent => b"",
                // AuthenticationOk, ReadyForQuery.
                Server::Half => b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I",
                Server::Torn => b"R\0\0\0\x08\0\0",
            };
            let _ = till.write_all(answer).await;
            held.push(till);
        }
    });
    format!("postgres://posa@127.0.0.1:{port}/shop")
}
