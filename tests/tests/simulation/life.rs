use super::machine::Machine;
use super::world::locked;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use tokio::sync::Notify;

/// One run of a till's program, from its start to its crash.
///
/// The client runs attempts in tasks of their own, which a test cannot abort. So every seam lives in here: once the
/// program is dead, what a seam was doing is dropped and the seam never returns, which stops each task at the await
/// it stands at, with no further effect.
pub(super) struct Life {
    machine: Arc<Machine>,
    dead: AtomicBool,
    died: Notify,
    /// How many more points the program passes before it crashes; below zero: it never does.
    fuse: AtomicI64,
    /// The crash takes the machine's power, not only this program.
    power: bool,
    holder: Holder,
    /// Its own lock, by which others see that it lives, and those that it inherited.
    locks: Mutex<Vec<Arc<()>>>,
}

/// Tells whether a program still lives, or a child that has its lock.
#[derive(Debug, Clone)]
pub(super) struct Holder(Weak<()>);

impl Holder {
    pub(super) fn lives(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl Life {
    pub(super) fn new(machine: Arc<Machine>, fuse: i64, power: bool) -> Self {
        let (lock, dead) = (Arc::new(()), AtomicBool::new(false));
        let holder = Holder(Arc::downgrade(&lock));
        Self { machine, dead, died: Notify::new(), fuse: AtomicI64::new(fuse), power, holder, locks: vec![lock].into() }
    }

    /// What it claims is its own as long as this lives.
    pub(super) fn holder(&self) -> Holder {
        self.holder.clone()
    }

    /// As a child does that keeps what its parent had open: the parent seems to live for as long.
    pub(super) fn inherit(&self, parent: &Self) {
        locked(&self.locks).extend(parent.holder.0.upgrade());
    }

    /// As a child does whose closing of what it inherited takes the parent's lock away.
    pub(super) fn unlock(&self) {
        locked(&self.locks).clear();
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Returns when the program crashed.
    pub(super) async fn died(&self) {
        loop {
            let died = self.died.notified();
            if self.is_dead() {
                return;
            }
            died.await;
        }
    }

    /// The crash.
    pub(super) fn crash(&self) {
        match self.power {
            true => self.machine.cut_power(),
            false => self.end(),
        }
    }

    /// This program alone stops.
    pub(super) fn end(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.unlock();
        self.died.notify_waiters();
    }

    /// Does something as long as the program lives; afterwards it never returns.
    pub(super) async fn live<T>(&self, doing: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            () = self.died() => pending().await,
            done = doing => done,
        }
    }

    /// A place where the program may crash.
    pub(super) async fn point(&self) {
        if self.fuse.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.crash();
        }
        if self.is_dead() {
            pending::<()>().await;
        }
    }
}
