//! How many connections there are, and that they end.

use crate::{NOW, begin, later};
use posa_core::ErrorKind;
use posa_core::journal::{Filter, Journal, PostgresJournal};
use posa_tests::postgres::{self, Database};
use std::sync::Arc;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_gives_back_every_connection_and_refuses_what_follows() {
    let Some(database) = postgres::database() else { return };
    let journal = Arc::new(PostgresJournal::connect(&database.url()).await.unwrap());
    let mut running = JoinSet::new();
    for _ in 0..64 {
        let journal = Arc::clone(&journal);
        running.spawn(async move { journal.transactions(&Filter::default()).await.unwrap() });
    }
    running.join_all().await;
    let kept = in_use(&database);
    assert!((1..=4).contains(&kept), "{kept} connections");
    journal.close().await;
    // The server's process ends shortly after the goodbye.
    while in_use(&database) > 0 {}
    let error = begin(&journal, "Awssb1", NOW, later(60)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Journal);
    assert!(error.message().contains("is closed; open it again"), "{error:?}");
    assert_eq!(in_use(&database), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_is_given_up_leaves_no_connection_behind() {
    let Some(database) = postgres::database() else { return };
    let journal = PostgresJournal::connect(&database.url()).await.unwrap();
    begin(&journal, "Awssb1", NOW, NOW).await.unwrap();
    let lock =
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN new; END $$;
        CREATE TRIGGER hold BEFORE INSERT ON posa.sale FOR EACH ROW EXECUTE FUNCTION hold()";
    database.sql(lock).unwrap();
    let given_up =
        tokio::time::timeout(std::time::Duration::from_millis(50), begin(&journal, "Awssb2", NOW, NOW)).await;
    assert!(given_up.is_err());
    while in_use(&database) > 0 {}
    database.sql("DROP TRIGGER hold ON posa.sale").unwrap();
    assert!(journal.transactions(&Filter::default()).await.is_ok(), "the next step has a new one");
}

fn in_use(database: &Database) -> usize {
    let count =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'posa' AND datname = current_database()";
    database.sql(count).unwrap().parse().unwrap()
}
