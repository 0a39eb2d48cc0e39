//! I31: a file whose sales are not all in it is refused before anything is sent, and left as it was found.

use super::left::{SALES, beside, count, killed, more, refusal, sold};
use posa_core::journal::{Journal, SqliteJournal, inspect};
use posa_core::model::{Endpoint, Region};
use posa_core::{ErrorKind, PartnerId};
use rusqlite::Connection;
use std::fs;
use std::path::Path;

async fn inspection(path: &Path) -> String {
    inspect(path.to_str().unwrap()).await.unwrap_err().message().to_owned()
}

#[tokio::test]
async fn i31_a_copy_that_was_made_while_it_was_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("posa.db"), folder.path().join("copy.db"));
    let journal = sold(&path).await;
    fs::copy(&path, &copy).unwrap();
    assert!(refusal(&copy).await.contains("made while the journal was in use"));
    assert!(inspection(&copy).await.contains("made while the journal was in use"));
    drop(journal);
    assert_eq!(count(&path).await, SALES);
}

#[tokio::test]
async fn i31_so_it_is_though_somebody_read_when_the_journal_was_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("posa.db"), folder.path().join("copy.db"));
    sold(&path).await.close().await;
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sale").unwrap();
    let refused = SqliteJournal::open(&path).unwrap_err();
    assert!(refused.message().contains("another program has been reading it"), "{refused}");
    reader.execute_batch("COMMIT").unwrap();
    let journal = SqliteJournal::open(&path).unwrap();
    more(&journal, SALES..SALES + 1).await;
    fs::copy(&path, &copy).unwrap();
    assert!(refusal(&copy).await.contains("made while the journal was in use"));
}

#[tokio::test]
async fn i31_a_backup_that_is_copied_over_a_journal_is_not_mixed_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup, place) =
        (folder.path().join("posa.db"), folder.path().join("backup.db"), folder.path().join("killed"));
    let journal = sold(&path).await;
    journal.backup(&backup).await.unwrap();
    more(&journal, SALES..SALES + 2).await;
    fs::create_dir(&place).unwrap();
    let left = killed(&path, &place);
    // As cp does: into the file that is there.
    fs::write(&left, fs::read(&backup).unwrap()).unwrap();
    let before = [fs::read(&left).unwrap(), fs::read(beside(&left, "-wal")).unwrap()];
    assert!(refusal(&left).await.contains("a log of another journal"));
    assert!(inspection(&left).await.contains("a log of another journal"));
    assert_eq!([fs::read(&left).unwrap(), fs::read(beside(&left, "-wal")).unwrap()], before);
}

#[tokio::test]
async fn i31_a_journal_whose_log_was_removed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, place) = (folder.path().join("posa.db"), folder.path().join("killed"));
    let journal = sold(&path).await;
    fs::create_dir(&place).unwrap();
    let left = killed(&path, &place);
    drop(journal);
    let log = fs::read(beside(&left, "-wal")).unwrap();
    fs::remove_file(beside(&left, "-wal")).unwrap();
    let refused = refusal(&left).await;
    assert!(refused.contains(&format!("lacks the last {} of the entries", SALES * 2)), "{refused}");
    fs::write(beside(&left, "-wal"), log).unwrap();
    assert_eq!(count(&left).await, SALES, "put back, it is whole again");
}

#[tokio::test]
async fn i31_an_older_copy_in_its_place_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    sold(&path).await.close().await;
    let older = fs::read(&path).unwrap();
    let journal = SqliteJournal::open(&path).unwrap();
    more(&journal, SALES..SALES + 1).await;
    journal.close().await;
    fs::write(&path, older).unwrap();
    assert!(refusal(&path).await.contains("lacks the last 2 of the entries"));
}

#[tokio::test]
async fn i31_no_empty_journal_takes_the_place_of_one_that_held_sales() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    sold(&path).await.close().await;
    fs::remove_file(&path).unwrap();
    for empty in [false, true] {
        if empty {
            fs::write(&path, []).unwrap();
        }
        assert!(refusal(&path).await.contains("is missing or empty, and 6 entries were recorded in it"));
        assert!(inspection(&path).await.contains("is missing or empty"));
        let error = SqliteJournal::new(&path).transactions(&Default::default()).await.unwrap_err();
        assert!(error.message().contains("is missing or empty"), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn i31_a_file_with_two_names_is_refused_and_a_link_to_it_is_the_same_journal() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link, other) =
        (folder.path().join("posa.db"), folder.path().join("link.db"), folder.path().join("other.db"));
    let journal = sold(&path).await;
    std::os::unix::fs::symlink(&path, &link).unwrap();
    more(&SqliteJournal::open(&link).unwrap(), SALES..SALES + 1).await;
    assert_eq!(inspect(link.to_str().unwrap()).await.unwrap().sales, 4);
    journal.close().await;
    assert_eq!(count(&path).await, SALES + 1);
    fs::hard_link(&path, &other).unwrap();
    assert!(refusal(&other).await.contains("a hard link"));
    assert!(refusal(&path).await.contains("a hard link"));
}

#[tokio::test]
async fn a_backup_is_one_file_with_everything_until_then_and_takes_no_name_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup) = (folder.path().join("posa.db"), folder.path().join("backup.db"));
    let journal = sold(&path).await;
    journal.backup(&backup).await.unwrap();
    more(&journal, SALES..SALES + 1).await;
    let again = journal.backup(&backup).await.unwrap_err();
    assert!(again.message().contains("cannot be copied to"), "{again}");
    assert!(!beside(&backup, "-wal").exists() && !beside(&backup, ".new").exists());
    assert_eq!(count(&backup).await, SALES);
    let missing = journal.backup(&folder.path().join("missing/backup.db")).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Journal);
}

#[tokio::test]
async fn a_restored_journal_is_sold_on_and_nothing_is_restored_over_anything() {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup) = (folder.path().join("posa.db"), folder.path().join("backup.db"));
    let partner = PartnerId::new("Awssb").unwrap();
    let endpoint = Endpoint::custom("http://127.0.0.1:8989", Region::NorthAmerica).unwrap();
    let journal = sold(&path).await;
    journal.bind(&partner, &endpoint).await.unwrap();
    journal.backup(&backup).await.unwrap();
    let restore = |from: &Path, to: &Path| SqliteJournal::restore(from, to, None);
    let why = |from: &Path, to: &Path| restore(from, to).unwrap_err().message().to_owned();
    assert!(why(&backup, &path).contains("is in use"));
    assert!(why(&path, &folder.path().join("new.db")).contains("is in use"));
    journal.close().await;
    assert!(why(&backup, &path).contains("move it away first"));
    fs::remove_file(&path).unwrap();
    fs::write(beside(&path, "-wal"), "left").unwrap();
    assert!(why(&backup, &path).contains("posa.db-wal is there"));
    fs::remove_file(beside(&path, "-wal")).unwrap();
    assert!(why(&folder.path().join("none.db"), &path).contains("is no file"));
    let other = PartnerId::new("Other").unwrap();
    let foreign = SqliteJournal::restore(&backup, &path, Some((&other, &endpoint))).unwrap_err();
    assert_eq!(foreign.kind(), ErrorKind::Conflict);
    let restored = SqliteJournal::restore(&backup, &path, Some((&partner, &endpoint))).unwrap();
    assert_eq!((restored.sales, restored.open), (3, 0));
    let journal = SqliteJournal::open(&path).unwrap();
    more(&journal, SALES..SALES + 1).await;
    journal.close().await;
    assert_eq!(count(&path).await, SALES + 1);
}

#[tokio::test]
async fn what_a_killed_program_left_elsewhere_can_be_restored_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (path, place) = (folder.path().join("posa.db"), folder.path().join("disk"));
    let journal = sold(&path).await;
    fs::create_dir(&place).unwrap();
    let left = killed(&path, &place);
    // Only the two were saved from that disk.
    fs::remove_dir_all(beside(&left, "-holders")).unwrap();
    assert!(refusal(&left).await.contains("made while the journal was in use"));
    let to = folder.path().join("new.db");
    assert_eq!(SqliteJournal::restore(&left, &to, None).unwrap().sales, 3);
    assert_eq!(count(&to).await, SALES);
    drop(journal);
}
