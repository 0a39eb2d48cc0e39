//! Callers who share a commit are answered together; each hears, wherever it waits.

use crate::{NOW, begin, id};
use posa_core::journal::{Journal, Settlement, SqliteJournal, State};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

const CROWD: usize = 64;

fn journal() -> (tempfile::TempDir, Arc<SqliteJournal>) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(SqliteJournal::open(folder.path().join("posa.db")).unwrap());
    (folder, journal)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Sells a card of its own.
async fn sell(journal: Arc<SqliteJournal>, at: usize, n: usize) {
    let claim = begin(&journal, &format!("Awssb{at}x{n}"), &format!("14{at:06}{n:08}")).await;
    journal.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await.unwrap();
}

/// Polls each that is not done.
fn poll(sales: &mut Vec<Pin<Box<impl Future<Output = ()>>>>, context: &mut Context<'_>) -> Poll<()> {
    sales.retain_mut(|sale| sale.as_mut().poll(context).is_pending());
    if sales.is_empty() { Poll::Ready(()) } else { Poll::Pending }
}

async fn crowd(journal: &Arc<SqliteJournal>, at: usize) {
    let mut sales = JoinSet::new();
    for n in 0..CROWD {
        sales.spawn(sell(Arc::clone(journal), at, n));
    }
    while let Some(sold) = sales.join_next().await {
        sold.unwrap();
    }
}

#[test]
fn callers_in_several_runtimes_share_one_journal() {
    let (_folder, journal) = journal();
    thread::scope(|scope| {
        for at in 0..4 {
            let journal = &journal;
            scope.spawn(move || runtime().block_on(crowd(journal, at)));
        }
    });
}

#[test]
fn a_runtime_that_ends_takes_nobody_elses_answer_with_it() {
    let (_folder, journal) = journal();
    for round in 0..20 {
        let ended = runtime();
        let mut sales: Vec<_> = (0..CROWD).map(|n| Box::pin(sell(Arc::clone(&journal), 2 * round, n))).collect();
        // All ask, once, and none hears before this runtime is gone.
        ended.block_on(poll_fn(|context| {
            assert!(poll(&mut sales, context).is_pending());
            Poll::Ready(())
        }));
        thread::scope(|scope| {
            scope.spawn(|| runtime().block_on(crowd(&journal, 2 * round + 1)));
            drop(ended);
        });
        let asked = id(&format!("Awssb{}x{}", 2 * round, CROWD - 1));
        let row = runtime().block_on(journal.transaction(&asked)).unwrap();
        assert_eq!(row.map(|row| row.state), Some(State::Sending), "a step is taken though nobody waits any more");
    }
}

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn callers_outside_any_runtime_are_answered() {
    let (_folder, journal) = journal();
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut sales: Vec<_> = (0..CROWD).map(|n| Box::pin(sell(Arc::clone(&journal), 0, n))).collect();
    while poll(&mut sales, &mut context).is_pending() {
        thread::park();
    }
}
