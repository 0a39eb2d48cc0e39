use super::{NOW, begin, id, later, sale};
use posa_core::ErrorKind;
use posa_core::journal::{Asker, Begun, Journal, Settlement, SqliteJournal, State};

const CARD: &str = "1400000005567585";

#[tokio::test]
async fn a_living_holders_lease_is_kept_by_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let (till, other) = (SqliteJournal::open(&path).unwrap(), SqliteJournal::open(&path).unwrap());
    begin(&till, "AwssbA", CARD).await;
    let refused =
        other.begin_activation(&id("AwssbA"), &sale(CARD), Asker::Caller, later(1), later(37)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    let until = other.transaction(&id("AwssbA")).await.unwrap().unwrap().lease_until.unwrap();
    assert!(until > later(20) && until <= later(40), "{until}");
}

#[tokio::test]
async fn a_dead_holders_lease_is_void_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let till = SqliteJournal::open(&path).unwrap();
    let claim = begin(&till, "AwssbA", CARD).await;
    drop(till);
    let next = SqliteJournal::open(&path).unwrap();
    assert_eq!(next.transaction(&id("AwssbA")).await.unwrap().unwrap().lease_until, None);
    let begun = next.begin_activation(&id("AwssbA"), &sale(CARD), Asker::Caller, later(1), later(37)).await.unwrap();
    let Begun::Claimed(taken_over) = begun else { panic!("{begun:?}") };
    assert!(taken_over.in_doubt());
    let late = next.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn only_living_holders_leave_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let holders = folder.path().join("posa.db-holders");
    // Beside them lies the lock of whoever opens the journal.
    let is_holder = |name: &std::path::Path| name.extension().is_none();
    let count =
        || std::fs::read_dir(&holders).unwrap().filter(|file| is_holder(&file.as_ref().unwrap().path())).count();
    let first = SqliteJournal::open(&path).unwrap();
    std::fs::write(holders.join("00000000000000ff"), "").unwrap();
    let second = SqliteJournal::open(&path).unwrap();
    assert_eq!(count(), 2);
    drop((first, second));
    assert_eq!(count(), 0);
}

#[tokio::test]
async fn an_answered_step_survives_the_drop_that_follows_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let till = SqliteJournal::open(&path).unwrap();
    let claim = begin(&till, "AwssbA", CARD).await;
    till.settle(&claim, Settlement::done(State::Activated, 2, None), later(1)).await.unwrap();
    drop(till);
    let row = SqliteJournal::open(&path).unwrap().transaction(&id("AwssbA")).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts, row.updated_at), (State::Activated, 2, later(1)));
}
