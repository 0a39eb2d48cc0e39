//! I10: an entry that is not as it was written is found, and holds up no other.

use super::begin;
use super::left::{SALES, more, sold};
use posa_core::journal::{Filter, Journal, Settlement, SqliteJournal, State, inspect};
use rusqlite::Connection;
use std::path::Path;

/// Changes the file as a disk does that loses bits: without the journal's triggers.
fn spoil(path: &Path, sql: &str) {
    let file = Connection::open(path).unwrap();
    file.execute_batch("DROP TRIGGER sale_is_for_good; DROP TRIGGER history_stands").unwrap();
    file.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn i10_a_sale_whose_amount_was_changed_is_named_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    sold(&path).await.close().await;
    spoil(&path, "UPDATE sale SET minor_units = minor_units + 2 WHERE request_id = 'Awssb0001'");
    let damage = inspect(path.to_str().unwrap()).await.unwrap().damage;
    assert_eq!(damage.len(), 1);
    assert!(damage[0].contains("Awssb0001") && damage[0].contains("checksum"), "{damage:?}");
    let journal = SqliteJournal::open(&path).unwrap();
    assert_eq!(journal.check().await.unwrap(), damage);
    let listed = journal.transactions(&Filter::default()).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.request_id.as_str()).collect::<Vec<_>>(), ["Awssb0000", "Awssb0002"]);
    let error = journal.transaction(&super::id("Awssb0001")).await.unwrap_err();
    assert!(error.message().contains("its checksum does not fit"), "{error}");
    more(&journal, SALES..SALES + 1).await;
    assert!(journal.transaction(&super::id("Awssb0003")).await.unwrap().is_some());
}

#[tokio::test]
async fn i10_every_column_of_a_sale_and_of_the_history_is_watched() {
    let changes = [
        "UPDATE sale SET card = '1400000000000009' WHERE seq = 1",
        "UPDATE sale SET state = 'rejected' WHERE seq = 1",
        "UPDATE sale SET sent_at = sent_at + 1 WHERE seq = 1",
        "UPDATE sale SET asked_at = asked_at + 1 WHERE seq = 1",
        "UPDATE sale SET fence = 7 WHERE seq = 1",
        "UPDATE sale SET voided = 1 WHERE seq = 1",
        "UPDATE sale SET seal = NULL WHERE seq = 1",
        "UPDATE history SET event = 'rejected' WHERE seq = 2",
        "UPDATE history SET at = at - 1 WHERE seq = 2",
    ];
    for change in changes {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("posa.db");
        sold(&path).await.close().await;
        spoil(&path, change);
        let damage = inspect(path.to_str().unwrap()).await.unwrap().damage;
        assert_eq!(damage.len(), 1, "{change}: {damage:?}");
    }
}

#[tokio::test]
async fn i10_no_damage_is_sealed_when_a_sale_is_settled() {
    let done = || Settlement::done(State::Activated, 1, None);
    for (change, unfit) in [("attempts = 7", false), ("note = 'paid'", false), ("seal = 1", true)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("posa.db");
        let journal = SqliteJournal::open(&path).unwrap();
        let claim = begin(&journal, "Awssb0000", "1400000000000000").await;
        Connection::open(&path).unwrap().execute_batch(&format!("UPDATE sale SET {change}")).unwrap();
        let settled = journal.settle(&claim, done(), super::NOW).await;
        assert_eq!(settled.is_err(), unfit, "{change}: {settled:?}");
        assert_eq!(journal.check().await.unwrap().is_empty(), !unfit, "{change}");
        let row = journal.transaction(&claim.request_id).await;
        let whole = row.is_ok_and(|row| row.is_some_and(|row| row.attempts == 1 && row.note.is_none()));
        assert_eq!(whole, !unfit, "{change}");
    }
}

#[tokio::test]
async fn i10_a_page_that_was_overwritten_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = sold(&path).await;
    more(&journal, SALES..200).await;
    journal.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    let found = inspect(path.to_str().unwrap()).await;
    assert!(found.as_ref().map_or(true, |found| !found.damage.is_empty()), "{found:?}");
    let backup = SqliteJournal::open(&path).unwrap().backup(&folder.path().join("copy.db")).await;
    assert!(backup.is_err() && !folder.path().join("copy.db").exists(), "no damaged copy is made");
}

#[tokio::test]
async fn a_journal_of_the_first_version_gets_checksums_and_keeps_its_sales() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../../core/src/journal/sqlite/001.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO sale (request_id, card, minor_units, currency, state, started_at, updated_at, sent_at)
           VALUES ('AwssbOld', '1400000005567585', 2500, 'USD', 'unknown', 1, 2, 1);
         INSERT INTO history (request_id, at, fence, event, attempts) VALUES ('AwssbOld', 1, 1, 'activate', 0);
         PRAGMA application_id = 1886352225; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;",
    )
    .unwrap();
    drop(old);
    let journal = SqliteJournal::open(&path).unwrap();
    assert!(journal.check().await.unwrap().is_empty());
    assert_eq!(journal.transactions(&Filter::default()).await.unwrap().len(), 1);
}
