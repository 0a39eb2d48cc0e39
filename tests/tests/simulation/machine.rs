use super::defects::Defect;
use super::dice::Dice;
use super::disk::Disk;
use super::life::Life;
use super::step::Step;
use super::world::{World, locked};
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use tokio::time::{sleep, timeout};

const HOUR: i64 = 3600;
const MONTH: i64 = 30 * 24 * HOUR;

/// How far a machine's clock may be off, in seconds: not at all, as far as the gateway takes it, or so far that it has to
/// be corrected.
const OFF: [i64; 12] = [0, 0, 0, 90, -90, 480, -840, 840, HOUR, -HOUR, MONTH, -MONTH];

/// A computer: a clock that may be wrong, a disk with one journal, and the programs of one or more tills.
pub(super) struct Machine {
    pub(super) world: Arc<World>,
    number: usize,
    pub(super) disk: Arc<Disk>,
    dice: Dice,
    /// Its clock less the true time, in seconds.
    skew: AtomicI64,
    /// How many in a thousand steps its programs come to late, some by more than their lease.
    hold_ups: u32,
    /// The same for those that begin something.
    late_begins: u32,
    lives: Mutex<Vec<Weak<Life>>>,
}

impl Machine {
    pub(super) fn new(world: Arc<World>, number: usize, disk: Arc<Disk>, dice: Dice) -> Self {
        let skew = AtomicI64::new(*dice.pick(&OFF).unwrap());
        let (hold_ups, late_begins) = *dice.pick(&[(0, 0), (0, 0), (50, 600), (300, 100)]).unwrap();
        Self { world, number, disk, dice, skew, hold_ups, late_begins, lives: Mutex::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        let skew = SignedDuration::from_secs(self.skew.load(Ordering::SeqCst));
        self.world.now().checked_add(skew).unwrap_or(Timestamp::MAX)
    }

    /// The computer sleeps, swaps or is too busy, while others go on.
    pub(super) async fn hold_up(&self, step: &Step) {
        let chance = if step.begins() { self.late_begins } else { self.hold_ups };
        if self.world.is_calm() || !self.dice.per_mille(chance) {
            return;
        }
        if matches!(step, Step::Settle { .. }) {
            return sleep(self.dice.millis(15_000, 150_000)).await;
        }
        // Just long enough for somebody else to come first, and mostly not so long that nobody waits any more.
        let longest = if self.dice.per_mille(900) { 29_000 } else { 90_000 };
        let settles = step.id().filter(|_| step.begins() && self.dice.per_mille(700));
        let _ = timeout(self.dice.millis(1_000, longest), self.disk.next_step(settles)).await;
    }

    /// Starts a program on it; it crashes at point `fuse`, if that is not below zero.
    pub(super) async fn start(self: &Arc<Self>, fuse: i64, power: bool) -> Arc<Life> {
        self.disk.mount().await;
        self.run(fuse, power)
    }

    /// A program forks; the child is alive from now on.
    pub(super) fn fork(self: &Arc<Self>, parent: &Life, fuse: i64, power: bool) -> Arc<Life> {
        let life = self.run(fuse, power);
        match self.world.defect {
            Some(Defect::ForkEndsTheHolder) => parent.unlock(),
            _ if self.dice.coin() => life.inherit(parent),
            _ => {}
        }
        life
    }

    fn run(self: &Arc<Self>, fuse: i64, power: bool) -> Arc<Life> {
        let life = Arc::new(Life::new(Arc::clone(self), fuse, power));
        let mut lives = locked(&self.lives);
        lives.retain(|life| life.strong_count() > 0);
        lives.push(Arc::downgrade(&life));
        life
    }

    /// Somebody, or a daemon, sets its clock now and then, whatever runs on it.
    pub(super) async fn clock_is_set(self: Arc<Self>) {
        if !self.world.clocks_jump {
            return;
        }
        for _ in 0..self.dice.number(1, 4) {
            let (low, high) = *self.dice.pick(&[(0, 60_000), (60_000, 900_000), (900_000, 7_200_000)]).unwrap();
            sleep(self.dice.millis(low, high)).await;
            self.set_clock();
            self.world.note(&self, "has its clock set");
        }
    }

    fn set_clock(&self) {
        self.skew.store(*self.dice.pick(&OFF).unwrap(), Ordering::SeqCst);
    }

    /// Every program on it stops.
    pub(super) fn stop(&self) {
        locked(&self.lives).iter().filter_map(Weak::upgrade).for_each(|life| life.end());
    }

    /// Every program stops, and the disk loses what it has not put away.
    pub(super) fn cut_power(&self) {
        self.stop();
        self.disk.cut_power();
        // Its battery is empty, or somebody sets it.
        self.set_clock();
        self.world.note(self, "loses power");
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "machine {} ({}, clock {:+} s)", self.number, self.disk, self.skew.load(Ordering::SeqCst))
    }
}
