use super::left::{SALES, beside, count, killed, more, sold};
use posa_core::journal::{Filter, Journal, SqliteJournal};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_journal_that_is_closed_is_one_file_and_a_copy_of_it_is_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = sold(&path).await;
    journal.close().await;
    assert_eq!(names(folder.path()), BTreeSet::from(["posa.db".into(), "posa.db-holders".into()]));
    assert_eq!(names(&beside(&path, "-holders")), BTreeSet::from(["door.lock".into(), "log.state".into()]));
    let copy = folder.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    assert_eq!(count(&copy).await, SALES);
    assert_eq!(count(&path).await, SALES);
}

#[tokio::test]
async fn the_last_of_several_who_close_it_leaves_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let (first, second) = (sold(&path).await, SqliteJournal::open(&path).unwrap());
    first.close().await;
    assert!(beside(&path, "-wal").exists(), "the second one writes into it");
    more(&second, SALES..SALES + 1).await;
    second.close().await;
    assert!(!beside(&path, "-wal").exists());
    assert_eq!(count(&path).await, SALES + 1);
}

#[tokio::test]
async fn closing_leaves_no_descriptor_and_no_thread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = sold(&path).await;
    let held = || {
        let descriptors =
            fs::read_dir("/proc/self/fd").unwrap().filter_map(|fd| fs::read_link(fd.unwrap().path()).ok());
        descriptors.filter(|target| target.starts_with(folder.path())).count()
    };
    assert!(held() > 0);
    journal.close().await;
    assert_eq!(held(), 0);
    let error = journal.transactions(&Filter::default()).await.unwrap_err();
    assert!(error.message().contains("is closed"), "{error}");
}

#[tokio::test]
async fn a_killed_program_s_sales_are_all_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let (path, place) = (folder.path().join("posa.db"), folder.path().join("moved"));
    let journal = sold(&path).await;
    fs::create_dir(&place).unwrap();
    let left = killed(&path, &place);
    drop(journal);
    assert_eq!(count(&left).await, SALES);
}

#[tokio::test]
async fn a_journal_that_nobody_sold_on_is_empty_and_reading_it_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = SqliteJournal::new(&path);
    assert!(journal.transactions(&Filter::default()).await.unwrap().is_empty());
    assert!(journal.transaction(&super::id("AwssbA")).await.unwrap().is_none());
    assert!(journal.check().await.unwrap().is_empty());
    assert!(journal.backup(&folder.path().join("copy.db")).await.unwrap_err().message().contains("does not exist"));
    assert!(journal.made().is_none());
    assert_eq!(names(folder.path()), BTreeSet::new());
    super::begin(&journal, "AwssbA", "1400000005567585").await;
    assert!(journal.made() == Some(&*path) && path.exists());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_root_makes_beside_a_journal_is_its_owner_s() {
    use std::os::unix::fs::{MetadataExt, chown};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    sold(&path).await.close().await;
    fs::remove_dir_all(beside(&path, "-holders")).unwrap();
    if chown(&path, Some(12_345), Some(12_345)).is_err() {
        eprintln!("!!! NOT TESTED: root's files beside another's journal: this user is not root");
        return;
    }
    let journal = SqliteJournal::open(&path).unwrap();
    more(&journal, SALES..SALES + 1).await;
    for left in walk(folder.path()) {
        assert_eq!(left.metadata().unwrap().uid(), 12_345, "{}", left.display());
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let inside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    inside
        .flat_map(|path| if path.is_dir() { [vec![path.clone()], walk(&path)].concat() } else { vec![path] })
        .collect()
}

#[tokio::test]
async fn the_log_is_taken_in_while_sales_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posa.db");
    let journal = std::sync::Arc::new(sold(&path).await);
    let file_length = || path.metadata().unwrap().len();
    let (before, mut round, mut longest) = (file_length(), 0, 0);
    while file_length() == before {
        let mut sales = tokio::task::JoinSet::new();
        for lane in 0..200 {
            let (journal, number) = (std::sync::Arc::clone(&journal), 10 + round * 200 + lane);
            sales.spawn(async move { more(&journal, number..number + 1).await });
        }
        sales.join_all().await;
        longest = longest.max(beside(&path, "-wal").metadata().unwrap().len());
        round += 1;
        assert!(longest < 8 << 20, "the log grew to {longest} bytes, and the file has nothing of it");
    }
}
