//! A step that begins something and reaches the server only after whoever asked for it has given up.

use crate::proxy::Proxy;
use crate::{NOW, begin, card, id, later};
use posa_core::engine::Retry;
use posa_core::journal::{Asker, Journal, PostgresJournal, Purpose, Settlement, State};
use posa_core::model::Region;
use posa_core::sign::Credentials;
use posa_core::transport::{Played, Scripted};
use posa_core::{Activate, Amount, Client, Currency, Endpoint, Error, ErrorKind, PartnerId};
use posa_tests::postgres::{self, Database};
use std::sync::Arc;
use std::time::Duration;

/// How long the steps of these tests may take, or the calls.
const PATIENCE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i32_a_sale_that_reaches_the_server_after_its_till_gave_up_is_not_begun() {
    let Some(Late { journal, direct, proxy, database }) = late(PATIENCE).await else { return };
    proxy.hold(true);
    unknown(begin(&journal, "Awssb1", NOW, later(60)).await);
    // The same id is refused meanwhile, for its card is another sale's, and that sale is over.
    let other = begin(&direct, "Awssb2", NOW, later(60)).await.unwrap();
    assert_eq!(begin(&direct, "Awssb1", NOW, later(60)).await.unwrap_err().kind(), ErrorKind::Conflict);
    direct.settle(&other, Settlement::done(State::Rejected, 1, None), NOW).await.unwrap();
    arrives(&proxy, &database);
    assert_eq!(events(&database, "Awssb1"), "", "nobody would go on with it but recovery");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i32_a_call_that_ends_before_the_step_does_takes_the_sale_with_it() {
    let Some(Late { journal, proxy, database, .. }) = late(Duration::from_secs(8)).await else { return };
    let client = client(journal);
    client.activate(sale().request_id(id("Awssb1"))).await.unwrap_err();
    assert_eq!(events(&database, "Awssb1"), "activate rejected", "the till is at work");
    proxy.hold(true);
    unknown(client.activate(sale().request_id(id("Awssb2"))).await);
    arrives(&proxy, &database);
    assert_eq!(events(&database, "Awssb2"), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i32_a_sale_that_was_rejected_is_not_revived_by_a_claim_that_comes_late() {
    let Some(Late { journal, direct, proxy, database }) = late(PATIENCE).await else { return };
    let claim = begin(&direct, "Awssb1", NOW, later(60)).await.unwrap();
    direct.settle(&claim, Settlement::done(State::Rejected, 1, None), NOW).await.unwrap();
    held_up(&database);
    unknown(begin(&journal, "Awssb1", NOW, later(60)).await);
    arrives(&proxy, &database);
    assert_eq!(events(&database, "Awssb1"), "activate rejected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i32_a_void_that_comes_late_is_not_begun() {
    let Some(Late { journal, direct, proxy, database }) = late(PATIENCE).await else { return };
    let claim = begin(&direct, "Awssb1", NOW, later(60)).await.unwrap();
    direct.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await.unwrap();
    held_up(&database);
    unknown(journal.begin_reversal(&id("Awssb1"), &card(), Purpose::Void, Asker::Caller, NOW, later(60)).await);
    arrives(&proxy, &database);
    assert_eq!(events(&database, "Awssb1"), "activate activated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_clock_was_set_is_believed_on_a_new_connection() {
    let Some(Late { direct, database, .. }) = late(PATIENCE).await else { return };
    // As if its clock had been set ahead since the connection was made: the first try is refused as too late.
    let ahead = "CREATE OR REPLACE FUNCTION posa.in_time(until timestamptz)
        RETURNS void LANGUAGE plpgsql AS $$ BEGIN
          IF pg_backend_pid() IN (SELECT pid FROM pg_stat_activity WHERE backend_start < (SELECT at FROM set_at)) THEN
            RAISE EXCEPTION 'came too late' USING ERRCODE = 'POSA1';
          END IF;
        END $$;
        CREATE TABLE set_at AS SELECT clock_timestamp() AS at";
    database.sql(ahead).unwrap();
    begin(&direct, "Awssb1", NOW, later(60)).await.unwrap();
    assert_eq!(events(&database, "Awssb1"), "activate");
}

/// A journal whose questions may be held back, and one beside it.
struct Late {
    journal: PostgresJournal,
    direct: PostgresJournal,
    proxy: Proxy,
    database: Database,
}

async fn late(limit: Duration) -> Option<Late> {
    let database = postgres::database()?;
    let direct = PostgresJournal::connect(&database.url()).await.unwrap();
    let proxy = Proxy::to(database.port()).await;
    let url = format!("{}?application_name=late", database.url_at(proxy.port));
    let journal = PostgresJournal::connect(&url).await.unwrap().step_limit(limit);
    Some(Late { journal, direct, proxy, database })
}

/// Has each change of a sale that is known take longer than its till waits.
fn held_up(database: &Database) {
    let slow = "CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_sleep(2.5); RETURN new; END $$;
        CREATE TRIGGER hold_up BEFORE UPDATE ON posa.sale FOR EACH ROW EXECUTE FUNCTION hold_up()";
    database.sql(slow).unwrap();
}

/// What was held back arrives, and the server is done with it.
fn arrives(proxy: &Proxy, database: &Database) {
    proxy.hold(false);
    let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'late'";
    tokio::task::block_in_place(|| while database.sql(left).unwrap() != "0" {});
}

fn unknown<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
}

fn events(database: &Database, name: &str) -> String {
    let events = "SELECT coalesce(string_agg(event, ' ' ORDER BY seq), '') FROM posa.history WHERE request_id = ";
    database.sql(&format!("{events}'{name}'")).unwrap()
}

fn sale() -> Activate {
    Activate::new(card(), Amount::new("25.00", Currency::Usd).unwrap())
}

/// A till whose calls end before its journal's steps do, at a gateway that refuses.
fn client(journal: PostgresJournal) -> Client {
    let refusal = br#"{"agcodResponse":{"status":"FAILURE"},"errorCode":"F200","errorType":"CardNumberNotFound"}"#;
    Client::builder(
        PartnerId::new("Awssb").unwrap(),
        Endpoint::custom("http://127.0.0.1:1", Region::NorthAmerica).unwrap(),
    )
    .credentials(Credentials::new("AKIDEXAMPLE", "only-for-tests").unwrap())
    .journal(Arc::new(journal))
    .transport(Arc::new(Scripted::new([Played::Answer(400, refusal.to_vec())])))
    .retry(Retry { attempts: 1, ..Retry::default() })
    .deadline(PATIENCE)
    .build()
    .unwrap()
}
