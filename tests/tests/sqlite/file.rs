use super::{begin, id};
use posa_core::ErrorKind;
use posa_core::journal::{Asker, Begun, Journal, Settlement, SqliteJournal, State};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use tokio::task::JoinSet;

const CARD: &str = "1400000005567585";

#[tokio::test]
async fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = SqliteJournal::open(&path).unwrap();
    begin(&journal, "AwssbA", CARD).await;
    for name in ["posa.db", "posa.db-wal", "posa.db-shm"] {
        let mode = folder.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn what_is_no_journal_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("text"), "not a database at all, and long enough to tell").unwrap();
    assert_refused(&at("text"), "is not a journal");
    assert_eq!(std::fs::read_to_string(at("text")).unwrap(), "not a database at all, and long enough to tell");
    Connection::open(at("other")).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert_refused(&at("other"), "is a database of something else");
    assert_refused(folder.path(), "is a folder");
    assert_refused(&at("missing/posa.db"), "does not exist; create it");
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    drop(SqliteJournal::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_refused(&path, "newer version");
}

#[tokio::test]
async fn history_is_append_only_and_open_sales_are_never_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = SqliteJournal::open(&path).unwrap();
    let claim = begin(&journal, "AwssbA", CARD).await;
    let by_hand = Connection::open(&path).unwrap();
    let refused = |sql: &str| by_hand.execute(sql, []).unwrap_err().to_string();
    assert_eq!(refused("DELETE FROM history"), "history is append-only");
    assert_eq!(refused("UPDATE history SET event = 'activated'"), "history is append-only");
    assert_eq!(refused("DELETE FROM sale"), "a sale without an outcome is never deleted");
    assert_eq!(refused("UPDATE sale SET minor_units = 1"), "what was sold never changes");
    journal.settle(&claim, Settlement::done(State::Activated, 1, None), super::NOW).await.unwrap();
    let mut events = by_hand.prepare("SELECT event FROM history ORDER BY seq").unwrap();
    let events: Vec<String> = events.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(events, ["activate", "activated"]);
}

#[tokio::test]
async fn a_file_that_was_removed_while_in_use_takes_no_more_steps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = SqliteJournal::open(&path).unwrap();
    begin(&journal, "AwssbA", CARD).await;
    std::fs::rename(&path, folder.path().join("gone.db")).unwrap();
    let (name, sale) = (id("AwssbB"), super::sale("1400000005567586"));
    // The very next one may find it only after its commit: it may stand, should the file be put back.
    for kinds in [&[ErrorKind::Journal, ErrorKind::OutcomeUnknown][..], &[ErrorKind::Journal]] {
        let error = journal.begin_activation(&name, &sale, Asker::Caller, super::NOW, super::NOW).await.unwrap_err();
        assert!(kinds.contains(&error.kind()), "{error}");
        assert!(error.message().contains("was removed or replaced"), "{}", error.message());
    }
}

#[tokio::test]
async fn a_sale_that_nobody_waits_for_any_more_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = SqliteJournal::open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (name, sale) = (id("AwssbA"), super::sale(CARD));
    {
        let mut begun = journal.begin_activation(&name, &sale, Asker::Caller, super::NOW, super::later(36));
        // Asked for, and given up before the lock is free.
        assert!(std::future::poll_fn(|context| Poll::Ready(begun.as_mut().poll(context))).await.is_pending());
    }
    other.execute_batch("COMMIT").unwrap();
    begin(&journal, "AwssbB", "1400000005567586").await;
    assert!(journal.transaction(&name).await.unwrap().is_none());
}

#[tokio::test]
async fn steps_that_come_at_once_share_commits_and_keep_their_own_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(SqliteJournal::open(folder.path().join("posa.db")).unwrap());
    let mut sales = JoinSet::new();
    // More than one commit takes; the outcomes come while others' intents still do.
    for n in 0..600 {
        let journal = Arc::clone(&journal);
        sales.spawn(async move {
            // Every tenth asks for the card of the one before it, whose outcome stays unknown.
            let on = format!("14000000{:08}", if n % 10 == 9 { n - 1 } else { n });
            let name = id(&format!("Awssb{n:04}"));
            let begun =
                journal.begin_activation(&name, &super::sale(&on), Asker::Caller, super::NOW, super::later(36)).await;
            let Ok(Begun::Claimed(claim)) = begun else { return false };
            let state = if n % 10 == 8 { State::Unknown } else { State::Activated };
            journal.settle(&claim, Settlement::done(state, 1, None), super::later(1)).await.unwrap();
            journal.transaction(&name).await.unwrap().unwrap().state == state
        });
    }
    let outcomes = sales.join_all().await;
    assert_eq!(outcomes.iter().filter(|done| **done).count(), 540);
}

fn assert_refused(path: &Path, why: &str) {
    let error = SqliteJournal::open(path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Journal);
    assert!(error.message().contains(why), "{}", error.message());
}

#[tokio::test]
async fn i31_nothing_is_told_that_was_committed_to_a_log_without_a_name() {
    for cleared in ["-wal", "-shm"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("posa.db");
        let journal = SqliteJournal::open(&path).unwrap();
        begin(&journal, "AwssbA", CARD).await;
        // As a copy of SQLite does that believes itself the last.
        std::fs::remove_file(format!("{}{cleared}", path.display())).unwrap();
        let (name, sale) = (id("AwssbB"), super::sale("1400000005567586"));
        let error = journal.begin_activation(&name, &sale, Asker::Caller, super::NOW, super::NOW).await.unwrap_err();
        assert!(error.message().contains("was removed or replaced"), "{}", error.message());
    }
}
