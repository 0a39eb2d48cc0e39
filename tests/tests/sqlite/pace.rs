//! I39: the account's rate is one for all who share a journal.

use super::left::sold;
use posa_core::journal::{Journal, SqliteJournal, Turn};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();
const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i39_ten_a_second_go_of_all_who_share_a_journal_and_none_of_it_is_left_unused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let tills = [Arc::new(sold(&path).await), Arc::new(SqliteJournal::open(&path).unwrap())];
    let mut asked = JoinSet::new();
    for number in 0..60 {
        let till = Arc::clone(&tills[number % 2]);
        asked.spawn(async move {
            let Turn::After(wait) = till.turn(TEN, LONG).await.unwrap() else { panic!("there is time enough") };
            (Instant::now() + wait, wait)
        });
    }
    let mut goes = asked.join_all().await;
    goes.sort();
    let second = Duration::from_secs(1);
    for (at, (goes_at, _)) in goes.iter().enumerate() {
        let within = goes[at..].iter().filter(|(later, _)| later.duration_since(*goes_at) < second).count();
        assert!(within <= 10, "{within} go within a second");
    }
    let longest = goes.iter().map(|(_, wait)| *wait).max().unwrap();
    assert!(longest <= Duration::from_millis(1050 * 5), "{longest:?}: 60 turns need five waits, not more");
}

#[tokio::test]
async fn i39_a_turn_that_would_come_too_late_is_not_used_up() {
    let folder = tempfile::tempdir().unwrap();
    let till = sold(&folder.path().join("posa.db")).await;
    for _ in 0..10 {
        assert!(matches!(till.turn(TEN, LONG).await.unwrap(), Turn::After(_)));
    }
    for _ in 0..5 {
        assert_eq!(till.turn(TEN, Duration::ZERO).await.unwrap(), Turn::TooLate);
    }
    let Turn::After(wait) = till.turn(TEN, LONG).await.unwrap() else { panic!("there is time enough") };
    assert!(wait <= Duration::from_millis(1050));
}

#[tokio::test]
async fn who_has_no_file_yet_keeps_to_a_limit_of_his_own() {
    let folder = tempfile::tempdir().unwrap();
    let till = SqliteJournal::new(folder.path().join("posa.db"));
    assert_eq!(till.turn(TEN, LONG).await.unwrap(), Turn::Unshared);
}
