use super::book::Book;
use super::defects::Defect;
use super::dice::Dice;
use super::gateway::{Asked, Gateway};
use super::network::short;
use super::watch::Flights;
use super::weather::Weather;
use jiff::{SignedDuration, Timestamp};
use posa_core::journal::Transaction;
use posa_core::recovery::Policy;
use posa_core::wire::Format;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// 2026-01-02T03:04:05Z, when every world begins.
pub(super) const BEGINNING: Timestamp = Timestamp::constant(1_767_323_045, 0);

/// A machine may be so late with what it was asked for.
const HELD_UP: SignedDuration = SignedDuration::from_mins(4);

/// An invariant that did not hold.
#[derive(Debug, Clone)]
pub(super) struct Violation {
    /// Its name in the list of invariants.
    pub(super) invariant: &'static str,
    pub(super) what: String,
}

/// What all parts of one world share: its time, its gateway, what is remembered of it and what was found wrong.
pub(super) struct World {
    start: Instant,
    /// What is wrong on purpose, to see whether the oracle notices.
    pub(super) defect: Option<Defect>,
    pub(super) weather: Weather,
    /// The format of all bodies.
    pub(super) format: Format,
    /// When the account's key is replaced by the next; the old one is refused from then on.
    rotations: Vec<Duration>,
    calm: AtomicBool,
    /// How many in a thousand signatures take seconds, never come, or end in a panic.
    slow_signer: u32,
    /// How many in a thousand events make the observer panic.
    pub(super) jumpy_observer: u32,
    /// How many in a thousand cards have a number that nobody made.
    pub(super) mistyped: u32,
    /// Clocks are set while programs run.
    pub(super) clocks_jump: bool,
    /// How many in a thousand answers have no date that can be trusted.
    undated: u32,
    /// How long an operation may take.
    pub(super) deadline: Duration,
    /// When somebody asked for each sale, and what that machine's clock showed then.
    asked: Mutex<BTreeMap<String, Vec<(Timestamp, Timestamp)>>>,
    /// How many in a thousand recoveries give up what is open.
    pub(super) given_up: u32,
    /// How many in a thousand programs fork.
    pub(super) forks: u32,
    /// How many in a thousand sales are typed in another way each time they are asked for.
    pub(super) changes: u32,
    /// A journal goes back to what it was.
    pub(super) loses: bool,
    /// Cards of which a journal lost something, or that a request was applied for after it was refused.
    lost: Mutex<BTreeSet<String>>,
    /// The cards of which a status check was answered wrongly.
    called_active: Mutex<BTreeSet<String>>,
    /// The sales of which a disk failed to note who heard of them.
    not_noted: Mutex<BTreeSet<String>>,
    /// Cashiers tell the client when they have heard of an outcome.
    pub(super) acknowledges: bool,
    /// What happened, if it is told.
    trace: Option<Mutex<Vec<String>>>,
    violations: Mutex<Vec<Violation>>,
    gateway: Mutex<Gateway>,
    book: Mutex<Book>,
    flights: Mutex<Flights>,
}

impl World {
    pub(super) fn new(dice: &Dice, defect: Option<Defect>, told: bool) -> Self {
        Self {
            start: Instant::now(),
            defect,
            weather: Weather::new(dice),
            // Some defects change what they find in JSON.
            format: if defect.is_none() && dice.per_mille(250) { Format::Xml } else { Format::Json },
            rotations: (0..*dice.pick(&[0, 0, 0, 1, 3]).unwrap()).map(|_| dice.millis(0, 900_000)).collect(),
            calm: AtomicBool::new(false),
            slow_signer: *dice.pick(&[0, 0, 30, 150]).unwrap(),
            jumpy_observer: *dice.pick(&[0, 0, 100]).unwrap(),
            mistyped: *dice.pick(&[0, 0, 200]).unwrap(),
            clocks_jump: dice.per_mille(400),
            undated: *dice.pick(&[0, 0, 100, 1000]).unwrap(),
            deadline: Duration::from_secs(*dice.pick(&[30, 30, 30, 5, 8, 90, 600, 3600]).unwrap()),
            asked: Mutex::default(),
            given_up: *dice.pick(&[0, 400]).unwrap(),
            forks: *dice.pick(&[0, 0, 300]).unwrap(),
            changes: *dice.pick(&[0, 600]).unwrap(),
            loses: dice.per_mille(125),
            lost: Mutex::default(),
            called_active: Mutex::default(),
            not_noted: Mutex::default(),
            acknowledges: dice.coin(),
            trace: told.then(Mutex::default),
            violations: Mutex::default(),
            gateway: Mutex::new(Gateway::new(dice)),
            book: Mutex::default(),
            flights: Mutex::default(),
        }
    }

    /// How old the world is.
    pub(super) fn age(&self) -> Duration {
        self.start.elapsed()
    }

    /// The true time; the gateway's clock shows it.
    pub(super) fn now(&self) -> Timestamp {
        let age = SignedDuration::try_from(self.age()).unwrap_or(SignedDuration::MAX);
        BEGINNING.checked_add(age).unwrap_or(Timestamp::MAX)
    }

    /// The number of the account's key.
    pub(super) fn key(&self) -> usize {
        let age = self.age();
        self.rotations.iter().filter(|at| **at <= age).count()
    }

    /// From here on nothing fails any more.
    pub(super) fn heal(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::SeqCst)
    }

    pub(super) fn undated(&self) -> u32 {
        if self.is_calm() { 0 } else { self.undated }
    }

    /// Somebody stands there and wants this sale.
    pub(super) fn is_asked_for(&self, reference: &str, shown: Timestamp) {
        locked(&self.asked).entry(reference.to_owned()).or_default().push((self.now(), shown));
    }

    /// A request for it leaves while somebody waits for it, at a machine whose clock shows this by now.
    pub(super) fn is_asked_for_still(&self, reference: &str, shown: Timestamp) {
        let waits = SignedDuration::try_from(self.deadline).unwrap() + HELD_UP;
        if let Some(times) = locked(&self.asked).get_mut(reference)
            && let Some((at, _)) = times.last().copied().filter(|(at, _)| self.now().duration_since(*at) <= waits)
        {
            times.push((at, shown));
        }
    }

    /// Whether nobody has wanted it for so long that its request, which left then, was made for somebody who has gone.
    /// Of a sale that was asked for at a clock that was wrong, and unnoticed, the age may be told wrongly.
    pub(super) fn is_left(&self, reference: &str, left: Timestamp) -> bool {
        let patience = Policy::default().quarantine + SignedDuration::try_from(self.deadline).unwrap() + HELD_UP;
        let is_old = |asked: Timestamp| left.duration_since(asked).abs() > patience;
        let asked = locked(&self.asked);
        asked.get(reference).is_some_and(|times| times.iter().all(|(at, shown)| is_old(*at) && is_old(*shown)))
    }

    pub(super) fn is_not_noted(&self, id: &str) {
        locked(&self.not_noted).insert(id.to_owned());
    }

    pub(super) fn may_be_unlisted(&self, id: &str) -> bool {
        locked(&self.not_noted).contains(id)
    }

    /// A status check of this card is answered with a state that it is not in. Whoever believes it has to activate again,
    /// to learn whose the card is.
    pub(super) fn call_active(&self, card: &str) {
        locked(&self.called_active).insert(card.to_owned());
    }

    pub(super) fn is_called_active(&self, card: &str) -> bool {
        locked(&self.called_active).contains(card)
    }

    pub(super) fn slow_signer(&self) -> u32 {
        if self.is_calm() { 0 } else { self.slow_signer }
    }

    /// A journal knows less of these sales than they who made them: what goes wrong with their cards is explained.
    pub(super) fn lose(&self, gone: &[Transaction]) {
        locked(&self.lost).extend(gone.iter().map(|row| row.card().number().to_owned()));
    }

    /// A request was refused, and applied later: whoever heard the refusal could not know. What goes wrong with its card
    /// is explained.
    pub(super) fn apply_what_was_refused(&self, body: &[u8]) {
        let asked = Asked::read(body).expect("the body is the engine's own");
        self.note("world", format_args!("{} is applied after it was refused", short(&asked.id)));
        locked(&self.lost).insert(asked.number().to_owned());
    }

    /// What goes wrong with this card follows from what a journal lost.
    pub(super) fn is_explained(&self, card: &str) -> bool {
        locked(&self.lost).contains(card.get(..16).unwrap_or(card))
    }

    pub(super) fn note(&self, who: impl fmt::Display, what: impl fmt::Display) {
        let Some(trace) = &self.trace else { return };
        let age = self.age();
        let line = format!("{:>6}.{:03} {who}: {what}", age.as_secs(), age.subsec_millis());
        locked(trace).push(line);
    }

    /// An invariant does not hold.
    pub(super) fn broken(&self, invariant: &'static str, what: String) {
        self.note("ORACLE", format_args!("{invariant}: {what}"));
        locked(&self.violations).push(Violation { invariant, what });
    }

    pub(super) fn gateway(&self) -> MutexGuard<'_, Gateway> {
        locked(&self.gateway)
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        locked(&self.book)
    }

    pub(super) fn flights(&self) -> MutexGuard<'_, Flights> {
        locked(&self.flights)
    }

    /// The trace, which is taken, and the violations so far.
    pub(super) fn remembered(&self) -> (Vec<String>, Vec<Violation>) {
        let taken = |trace: &Mutex<Vec<String>>| std::mem::take(&mut *locked(trace));
        (self.trace.as_ref().map(taken).unwrap_or_default(), locked(&self.violations).clone())
    }
}

pub(super) fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
