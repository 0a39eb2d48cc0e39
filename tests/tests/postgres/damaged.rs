//! One row that cannot be read: the others are read, listed and sold on, and it is reported.

use crate::{CARD, NOW, begin, id, later};
use posa_core::journal::{Filter, Journal, PostgresJournal, Settlement, State};
use posa_core::recovery::Recover;
use posa_core::{Activate, Amount, CardNumber, Currency, ErrorKind};
use posa_tests::postgres::{self, Database};
use posa_tests::shop;
use posa_tests::till::Account;
use std::sync::Arc;
use std::time::Duration;

/// What somebody might do to the row of `Awssb1`, and what is said of it.
const DAMAGE: [(&str, &str); 7] = [
    ("card = 'none'", "card"),
    ("currency = 'XXX'", "currency"),
    ("minor_units = -1", "amount is negative"),
    ("details = '{'", "details cannot be read"),
    ("attempts = 5000000000", "a count is too large"),
    ("sent_at = 'infinity'", "sent_at cannot be read"),
    ("started_at = '20000-01-01'", "started_at cannot be read"),
];

#[tokio::test]
async fn a_row_that_cannot_be_read_hides_no_other_and_is_reported() {
    for (damage, why) in DAMAGE {
        let Some((journal, database)) = with_rows(3).await else { return };
        spoil(&database, damage);
        for filter in [Filter::default(), Filter { open: true, limit: Some(1), ..Filter::default() }] {
            let listed = journal.transactions(&filter).await.unwrap();
            let expected: &[&str] = if filter.open { &["Awssb2"] } else { &["Awssb2", "Awssb3"] };
            assert_eq!(listed.iter().map(|row| row.request_id.as_str()).collect::<Vec<_>>(), expected, "{damage}");
        }
        for look in ["all rows", "those that were wrong"] {
            let wrong = journal.check().await.unwrap();
            assert_eq!(wrong.len(), 1, "{look}: {damage}: {wrong:?}");
            assert!(wrong[0].contains("Awssb1") && wrong[0].contains(why), "{look}: {damage}: {wrong:?}");
        }
        let error = journal.transaction(&id("Awssb1")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Journal, "{damage}: {error:?}");
    }
}

#[tokio::test]
async fn what_follows_a_row_that_cannot_be_read_is_committed() {
    let Some((journal, database)) = with_rows(2).await else { return };
    spoil(&database, "details = '{'");
    let refused = begin(&journal, "Awssb1", NOW, later(60)).await.unwrap_err();
    assert!(refused.message().contains("was changed by somebody else"), "{refused:?}");
    let claim = sell(&journal, 7, later(60)).await;
    journal.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await.unwrap();
    assert_eq!(database.sql("SELECT state FROM posa.sale WHERE request_id = 'Awssb7'").unwrap(), "activated");
    let open =
        "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND application_name = 'posa'";
    assert_eq!(database.sql(open).unwrap(), "0");
}

#[tokio::test]
async fn recovery_settles_the_others_and_tells_of_the_row() {
    let Some((journal, database)) = with_rows(0).await else { return };
    let sandbox = shop::open().await;
    let patience = Duration::from_secs(60);
    let client = Account::at(&sandbox).client(Arc::new(journal)).unwrap().deadline(patience).build().unwrap();
    client.recover(Recover::default()).await.unwrap();
    let journal = PostgresJournal::connect(&database.url()).await.unwrap();
    // More than a page of rows that cannot be read, in front of those that can.
    for number in 2..=4 {
        sell(&journal, number, NOW).await;
        shop::add_card(&sandbox, &number_of(number));
    }
    let crowd =
        "INSERT INTO posa.sale (request_id, card, minor_units, currency, state, started_at, updated_at, sent_at, asked_at,
          step)
        SELECT 'AwssbX' || n, 'none' || n, 2500, 'USD', 'unknown', '2020-01-01', now(), now(), now(), 0
        FROM generate_series(1, 300) AS n";
    database.sql(crowd).unwrap();
    let recovered = client.recover(Recover::default()).await.unwrap();
    assert_eq!(recovered.settled.len(), 3, "{recovered:?}");
    assert_eq!(recovered.damaged.len(), 300, "{:?}", recovered.damaged.first());
}

/// A journal with so many open sales, whose leases are over.
async fn with_rows(rows: u64) -> Option<(PostgresJournal, Database)> {
    let database = postgres::database()?;
    let journal = PostgresJournal::connect(&database.url()).await.unwrap();
    for number in 1..=rows {
        sell(&journal, number, NOW).await;
    }
    Some((journal, database))
}

fn number_of(number: u64) -> String {
    if number == 1 { CARD[..16].to_owned() } else { format!("14{number:014}") }
}

async fn sell(journal: &PostgresJournal, number: u64, until: jiff::Timestamp) -> posa_core::journal::Claim {
    let card = CardNumber::new(&number_of(number)).unwrap();
    let sale = Activate::new(card, Amount::new("25.00", Currency::Usd).unwrap());
    let asker = posa_core::journal::Asker::Caller;
    match journal.begin_activation(&id(&format!("Awssb{number}")), &sale, asker, NOW, until).await.unwrap() {
        posa_core::journal::Begun::Claimed(claim) => claim,
        posa_core::journal::Begun::Settled(row) => panic!("settled: {row:?}"),
    }
}

fn spoil(database: &Database, damage: &str) {
    let statement = format!(
        "ALTER TABLE posa.sale DISABLE TRIGGER ALL; UPDATE posa.sale SET {damage} WHERE request_id = 'Awssb1';
         ALTER TABLE posa.sale ENABLE ALWAYS TRIGGER sale_is_for_good"
    );
    database.sql(&statement).unwrap();
}
