//! A primary that is lost, and a standby that is promoted in its place.

use crate::{NOW, begin, later};
use jiff::{SignedDuration, Timestamp};
use posa_core::journal::{Filter, Journal, PostgresJournal, Settlement, State};
use posa_core::recovery::{Period, Reason, Recover, RegisterSale};
use posa_core::{Amount, CardNumber, Client, Currency, Delivery, ErrorKind, RequestId};
use posa_sandbox::Sandbox;
use posa_tests::postgres::{self, Cluster, Database};
use posa_tests::shop;
use posa_tests::till::{Account, Sale, Then};
use std::time::Duration;

/// The receiver stops for good, as when the line between the two breaks.
const CUT: &str = "ALTER SYSTEM SET primary_conninfo = ''";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i31_an_asynchronous_standby_loses_the_last_sales_and_reconcile_names_each() {
    let Some(Pair { primary, standby, database, copy }) = pair() else { return };
    let sandbox = shop::open().await;
    let client = till(&sandbox, &database.socket_url());
    sell(&client, &sandbox, 1).await.unwrap();
    until(&copy, "SELECT count(*) FROM posa.sale WHERE state = 'activated'", "1");
    cut(&copy);
    sell(&client, &sandbox, 2).await.unwrap();
    primary.stop();
    standby.promote();

    let client = till(&sandbox, &copy.socket_url());
    let register = vec![sold(2, 1), sold(3, 2)];
    let rows = client.transactions(&Filter::default()).await.unwrap();
    assert_eq!(rows.len(), 1, "the second was told, and is not in the new primary");
    let recovered = client.recover(Recover::default()).await.unwrap();
    assert!(recovered.settled.is_empty() && recovered.open.is_empty(), "recovery cannot know of it: {recovered:?}");
    let report = client.reconcile(today(), Some(register)).await.unwrap();
    let differences: Vec<_> = report.differences.iter().map(|one| (one.reason, one.register_line)).collect();
    assert_eq!(differences, [(Reason::SoldNotActivated, Some(3))], "{report}");

    let again = sell(&client, &sandbox, 2).await.unwrap();
    assert_eq!(again.as_str(), "Awssb2", "sold again with its own id, the gateway takes it for the sale that it is");
    let movements = sandbox.movements().unwrap();
    let charged = movements.iter().filter(|one| one.request_id == "Awssb2").count();
    assert_eq!(charged, 1, "and charges it once");
    let report = client.reconcile(today(), Some(vec![sold(2, 1), sold(3, 2)])).await.unwrap();
    assert!(report.differences.is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i31_nothing_is_told_that_a_synchronous_standby_does_not_have() {
    let Some(Pair { primary, standby, database, copy }) = pair() else { return };
    database.sql("ALTER SYSTEM SET synchronous_standby_names = '*'").unwrap();
    database.sql("SELECT pg_reload_conf()").unwrap();
    until(&database, "SELECT sync_state FROM pg_stat_replication", "sync");
    let claim = begin(&connect(&database).await, "Awssb1", NOW, later(60)).await.unwrap();
    // The server's own time-out must not pass for the standby's word.
    database.sql(&format!("ALTER DATABASE {} SET statement_timeout = '1s'", database.name())).unwrap();
    let journal = connect(&database).await;
    cut(&copy);
    until(&database, "SELECT count(*) FROM pg_stat_replication", "0");
    let settled = journal.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await;
    let error = settled.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown), "{error:?}");
    primary.stop();
    standby.promote();
    assert_eq!(copy.sql("SELECT request_id || ' ' || state FROM posa.sale").unwrap(), "Awssb1 sending");
}

async fn connect(database: &Database) -> PostgresJournal {
    let journal = PostgresJournal::new(&database.socket_url()).unwrap().step_limit(Duration::from_secs(3));
    journal.transactions(&Filter::default()).await.unwrap();
    journal
}

/// A primary with an empty journal, and its asynchronous standby.
struct Pair {
    primary: Cluster,
    standby: Cluster,
    database: Database,
    copy: Database,
}

fn pair() -> Option<Pair> {
    let primary = postgres::cluster()?;
    let database = primary.database();
    let standby = primary.standby();
    let copy = standby.named(database.name());
    Some(Pair { primary, standby, database, copy })
}

/// What is committed from here on never reaches the copy.
fn cut(copy: &Database) {
    copy.sql(CUT).unwrap();
    copy.sql("SELECT pg_reload_conf()").unwrap();
    until(copy, "SELECT count(*) FROM pg_stat_wal_receiver", "0");
}

fn until(database: &Database, question: &str, answer: &str) {
    while database.sql(question).as_deref() != Ok(answer) {}
}

fn till(sandbox: &Sandbox, url: &str) -> Client {
    let journal = posa_core::journal::open(url).unwrap();
    Account::at(sandbox).client(journal).unwrap().build().unwrap()
}

async fn sell(client: &Client, sandbox: &Sandbox, number: u64) -> Result<RequestId, posa_core::Error> {
    let _ = sandbox.add_card(&posa_sandbox::NewCard {
        card_number: card(number),
        checksum: None,
        denomination: None,
        marketplace: "US".to_owned(),
    });
    let sale = Sale { request_id: Some(format!("Awssb{number}")), card: card(number), then: Then::Keep };
    Ok(client.activate(sale.build(sandbox.partner_id()).unwrap()).await?.request_id)
}

fn card(number: u64) -> String {
    format!("23{number:014}")
}

fn sold(line: u64, number: u64) -> RegisterSale {
    let amount = Amount::new("10.00", Currency::Usd).unwrap();
    RegisterSale { line, card_number: CardNumber::new(&card(number)).unwrap(), amount, request_id: None, sold_at: None }
}

fn today() -> Period {
    let hours = SignedDuration::from_hours(12);
    Period::new(Timestamp::now() - hours, Timestamp::now() + hours).unwrap()
}
