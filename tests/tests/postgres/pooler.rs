//! PgBouncer between the tills and the server: each transaction may get another connection.

use crate::{NOW, begin, later};
use posa_core::journal::{Journal, PostgresJournal};
use posa_core::{Client, ErrorKind, PartnerId};
use posa_tests::books::{self, Book};
use posa_tests::postgres::{self, PoolMode};
use posa_tests::shop;
use posa_tests::till::{Account, Said, Sale, Then};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const TILLS: usize = 6;
const SALES: usize = 20;
/// Fewer than tills, so that they take turns on each.
const CONNECTIONS: usize = 3;
/// Enough for the whole crowd on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i31_a_crowd_behind_a_pooler_loses_and_doubles_nothing() {
    for mode in [PoolMode::Transaction, PoolMode::Session] {
        let Some(database) = postgres::database() else { return };
        // In session mode each of a till's connections keeps one of the server's.
        let connections = if mode == PoolMode::Transaction { CONNECTIONS } else { 4 * TILLS };
        let Some(pooler) = postgres::pooler(&database, mode, connections) else { return };
        let sandbox = shop::open().await;
        let mut running = JoinSet::new();
        for till in 0..TILLS {
            let journal = Arc::new(PostgresJournal::new(&database.url_at(pooler.port())).unwrap());
            let client = Account::at(&sandbox).client(journal).unwrap().deadline(PATIENCE).build().unwrap();
            for number in 0..SALES {
                let card = format!("23{till:04}{number:010}");
                shop::add_card(&sandbox, &card);
                let then = if number % 2 == 0 { Then::Keep } else { Then::Return };
                let sale = Sale { request_id: Some(format!("AwssbT{till}N{number}")), card, then };
                running.spawn(sell(client.clone(), sale, sandbox.partner_id().clone()));
            }
        }
        let told = running.join_all().await.concat();
        let done = told.iter().filter(|said| matches!(said, Said::Done(_))).count();
        assert_eq!(done, TILLS * SALES, "{mode:?}: {told:?}");
        books::close(&sandbox, &[Book::database(database)], &told, BTreeSet::new(), "behind a pooler").await;
    }
}

/// What the cashier hears.
async fn sell(client: Client, sale: Sale, partner: PartnerId) -> Vec<Said> {
    let sold = client.activate(sale.build(&partner).unwrap()).await;
    let mut told = vec![Said::of(&sold)];
    if sale.then == Then::Return
        && let Ok(receipt) = sold
    {
        let id = &receipt.request_id;
        told.push(Said::Reversing(id.to_string()));
        let returned = client.deactivate(posa_core::Deactivate::new(id.clone(), receipt.card_number.clone())).await;
        told.push(returned.map_or_else(|e| Said::why_not_undone(&e), |_| Said::Undone(id.to_string())));
    }
    told
}

#[tokio::test]
async fn the_servers_settings_follow_each_transaction() {
    let Some(database) = postgres::database() else { return };
    let Some(pooler) = postgres::pooler(&database, PoolMode::Transaction, 1) else { return };
    let weak = format!("ALTER DATABASE {} SET synchronous_commit = off", database.name());
    database.sql(&weak).unwrap();
    let journal = PostgresJournal::connect(&database.url_at(pooler.port())).await.unwrap();
    let note = "CREATE TABLE noted (setting text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO noted VALUES (current_setting('synchronous_commit')); RETURN new; END $$;
        CREATE TRIGGER note BEFORE INSERT OR UPDATE ON posa.sale FOR EACH ROW EXECUTE FUNCTION note()";
    database.sql(note).unwrap();
    begin(&journal, "Awssb1", NOW, NOW).await.unwrap();
    begin(&journal, "Awssb1", NOW, later(60)).await.unwrap();
    assert_eq!(database.sql("SELECT DISTINCT setting FROM noted").unwrap(), "on");
}

#[tokio::test]
async fn a_pooler_that_takes_no_transactions_is_refused_by_name_before_a_sale() {
    let Some(database) = postgres::database() else { return };
    PostgresJournal::connect(&database.url()).await.unwrap();
    let Some(pooler) = postgres::pooler(&database, PoolMode::Statement, 2) else { return };
    let journal = PostgresJournal::new(&database.url_at(pooler.port())).unwrap();
    let error = begin(&journal, "Awssb1", NOW, later(60)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Journal);
    assert!(error.message().contains("pool_mode = statement; set it to transaction or session"), "{error:?}");
    assert_eq!(database.sql("SELECT count(*) FROM posa.sale").unwrap(), "0");
    journal.close().await;
}
