//! The database's clock alone says when a lease has ended, whatever the tills' clocks say.

use crate::{NOW, begin, id, later};
use jiff::{SignedDuration, Timestamp};
use posa_core::ErrorKind;
use posa_core::journal::{Journal, PostgresJournal};
use posa_tests::postgres;

const HOURS: i64 = 5 * 3600;

#[tokio::test]
async fn a_till_whose_clock_is_fast_takes_over_nothing_that_is_alive() {
    let Some(database) = postgres::database() else { return };
    let alive = PostgresJournal::connect(&database.url()).await.unwrap();
    let fast = PostgresJournal::connect(&database.url()).await.unwrap();
    begin(&alive, "Awssb1", NOW, later(3600)).await.unwrap();
    let refused = begin(&fast, "Awssb1", later(HOURS), later(HOURS + 60)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused:?}");
    assert!(refused.message().contains("under way"), "{refused:?}");
}

#[tokio::test]
async fn a_till_whose_clock_is_slow_takes_over_what_is_dead() {
    let Some(database) = postgres::database() else { return };
    let dead = PostgresJournal::connect(&database.url()).await.unwrap();
    let slow = PostgresJournal::connect(&database.url()).await.unwrap();
    begin(&dead, "Awssb1", NOW, NOW).await.unwrap();
    assert_eq!(begin(&slow, "Awssb1", later(-HOURS), later(60 - HOURS)).await.unwrap().fence, 2);
}

#[tokio::test]
async fn a_lease_is_told_by_the_clock_of_the_till_that_asks() {
    let Some(database) = postgres::database() else { return };
    let holder = PostgresJournal::connect(&database.url()).await.unwrap();
    let other = PostgresJournal::connect(&database.url()).await.unwrap();
    begin(&holder, "Awssb1", later(HOURS), later(HOURS + 3600)).await.unwrap();
    let lease = |row: Option<posa_core::journal::Transaction>| row.unwrap().lease_until.unwrap();
    let about = |at: Timestamp, expected: Timestamp| {
        assert!(at.duration_since(expected).abs() < SignedDuration::from_mins(5), "{at} is not about {expected}");
    };
    about(lease(holder.transaction(&id("Awssb1")).await.unwrap()), later(HOURS + 3600));
    let in_an_hour = Timestamp::now().checked_add(SignedDuration::from_hours(1)).unwrap();
    about(lease(other.transaction(&id("Awssb1")).await.unwrap()), in_an_hour);
}
