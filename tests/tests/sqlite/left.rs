//! A journal's files as programs and people leave them.

use super::{begin, sale};
use posa_core::journal::{Filter, Journal, Settlement, SqliteJournal, State};
use std::fs;
use std::path::{Path, PathBuf};

/// How many sales [`sold`] leaves.
pub(super) const SALES: usize = 3;

/// A journal in a folder of its own with some sales that are done.
pub(super) async fn sold(path: &Path) -> SqliteJournal {
    let journal = SqliteJournal::open(path).unwrap();
    more(&journal, 0..SALES).await;
    journal
}

/// Sells under these numbers.
pub(super) async fn more(journal: &SqliteJournal, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let claim = begin(journal, &format!("Awssb{number:04}"), &format!("14000000{number:08}")).await;
        journal.settle(&claim, Settlement::done(State::Activated, 1, None), super::NOW).await.unwrap();
    }
}

/// The files of an open journal, as they lie there when its process is killed. Nobody holds the copy.
pub(super) fn killed(path: &Path, folder: &Path) -> PathBuf {
    let to = folder.join("posa.db");
    fs::create_dir_all(beside(&to, "-holders")).unwrap();
    fs::copy(path, &to).unwrap();
    for ending in ["-wal", "-holders/log.state"] {
        fs::copy(beside(path, ending), beside(&to, ending)).unwrap();
    }
    to
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

/// How many sales the journal at `path` tells of, to whoever opens it.
pub(super) async fn count(path: &Path) -> usize {
    let journal = SqliteJournal::open(path).unwrap();
    let found = journal.transactions(&Filter::default()).await.unwrap().len();
    journal.close().await;
    found
}

/// Why whoever sells on the journal at `path` is refused.
pub(super) async fn refusal(path: &Path) -> String {
    let journal = SqliteJournal::new(path);
    let (id, now) = (super::id("AwssbNew"), super::NOW);
    let asker = posa_core::journal::Asker::Caller;
    let error = journal.begin_activation(&id, &sale("1400000099999999"), asker, now, now).await.unwrap_err();
    assert_eq!(error.kind(), posa_core::ErrorKind::Journal, "{error}");
    assert_eq!(error.delivery(), posa_core::Delivery::NotSent, "{error}");
    error.message().to_owned()
}
