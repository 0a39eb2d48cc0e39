use super::defects::Defect;
use super::dice::Dice;
use super::life::Life;
use super::machine::Machine;
use super::world::{World, locked};
use jiff::Timestamp;
use posa_core::journal::{Asker, Begun, Claim, Filter, Journal, MemoryJournal, Purpose, Settlement, Transaction};
use posa_core::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use posa_core::{Delivery, Error, ErrorKind};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// A disk that acknowledges without a sync loses this much when the power goes.
const UNSYNCED: Duration = Duration::from_secs(5);

/// A journal on a machine's disk, or on a server that several machines share: a log of steps, which the product's own
/// in-memory journal is rebuilt from.
///
/// A step takes time and counts from one instant on. Before it, a crash leaves no trace of the step; after it, the
/// step is there, though the program may not live to hear so. It may fail, and of some failures nobody can tell
/// whether the step was kept.
pub(super) struct Disk {
    world: Arc<World>,
    dice: Dice,
    pub(super) number: usize,
    /// It stands on a server, which has the right time and does not lose power.
    served: bool,
    failures: u32,
    stalls: u32,
    writer: tokio::sync::Mutex<()>,
    stepped: Notify,
    content: Mutex<Content>,
}

#[derive(Default)]
struct Content {
    log: Vec<(Duration, Step)>,
    journal: Arc<MemoryJournal>,
    dark: bool,
}

/// One durable step of a journal, with what it was called with.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Bind(PartnerId, Endpoint),
    Activation { id: RequestId, sale: Activate, asker: Asker, now: Timestamp, until: Timestamp },
    Reversal { id: RequestId, card: CardNumber, purpose: Purpose, asker: Asker, now: Timestamp, until: Timestamp },
    Attempt { claim: Claim, attempt: u32, now: Timestamp, until: Timestamp },
    Settle { claim: Claim, settlement: Settlement, now: Timestamp },
}

impl Step {
    /// The end of the lease that is asked for.
    fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Activation { until, .. } | Self::Reversal { until, .. } | Self::Attempt { until, .. } => Some(*until),
            Self::Bind(..) | Self::Settle { .. } => None,
        }
    }

    /// The same step by another clock: the lease is as long, and ends by that clock.
    fn by_clock(mut self, clock: Timestamp) -> Self {
        match &mut self {
            Self::Bind(..) => {}
            Self::Activation { now, until, .. }
            | Self::Reversal { now, until, .. }
            | Self::Attempt { now, until, .. } => {
                *until = clock + until.duration_since(*now);
                *now = clock;
            }
            Self::Settle { settlement, now, .. } => {
                settlement.retry_at = settlement.retry_at.map(|at| clock + at.duration_since(*now));
                *now = clock;
            }
        }
        self
    }

    /// Takes it on a journal; `None` for a step that begins nothing.
    async fn take(&self, journal: &MemoryJournal) -> Result<Option<Begun>, Error> {
        match self {
            Self::Bind(partner, endpoint) => journal.bind(partner, endpoint).await.map(|()| None),
            Self::Activation { id, sale, asker, now, until } => {
                journal.begin_activation(id, sale, *asker, *now, *until).await.map(Some)
            }
            Self::Reversal { id, card, purpose, asker, now, until } => {
                journal.begin_reversal(id, card, *purpose, *asker, *now, *until).await.map(Some)
            }
            Self::Attempt { claim, attempt, now, until } => {
                journal.attempt(claim, *attempt, *now, *until).await.map(|()| None)
            }
            Self::Settle { claim, settlement, now } => {
                journal.settle(claim, settlement.clone(), *now).await.map(|()| None)
            }
        }
    }
}

impl Disk {
    pub(super) fn new(world: Arc<World>, dice: Dice, number: usize, served: bool) -> Self {
        let failures = *dice.pick(&[0, 0, 20, 80]).unwrap();
        let stalls = *dice.pick(&[0, 0, 10, 40]).unwrap();
        let (writer, stepped, content) = Default::default();
        Self { world, dice, number, served, failures, stalls, writer, stepped, content }
    }

    /// What the clock shows that decides about leases: a server's own, or that of the machine.
    pub(super) fn now(&self, machine: &Machine) -> Timestamp {
        if self.served { self.world.now() } else { machine.now() }
    }

    /// One durable step, asked for by the program that lives `life`.
    pub(super) async fn write(&self, life: &Life, step: Step) -> Result<Option<Begun>, Error> {
        life.point().await;
        let _writer = self.writer.lock().await;
        sleep(self.latency()).await;
        let fails = self.goes_wrong(self.failures);
        let kept = !fails || self.dice.coin();
        let taken = match kept {
            true => self.keep(step).await?,
            false => None,
        };
        life.point().await;
        sleep(self.dice.millis(0, 3)).await;
        if fails {
            self.world.note("disk", format_args!("fails, and the step is {}", if kept { "kept" } else { "lost" }));
            return Err(Error::new(ErrorKind::Journal, Delivery::NotSent, "the journal's disk failed"));
        }
        Ok(taken)
    }

    async fn keep(&self, step: Step) -> Result<Option<Begun>, Error> {
        let asked_until = step.until();
        let step = if self.served { step.by_clock(self.world.now()) } else { step };
        let taken = step.take(&self.journal()).await?;
        locked(&self.content).log.push((self.world.age(), step));
        self.stepped.notify_waiters();
        Ok(taken.map(|begun| match (begun, asked_until) {
            // The claimant counts its lease with the clock that it asked with.
            (Begun::Claimed(claim), Some(lease_until)) => Begun::Claimed(Claim { lease_until, ..claim }),
            (begun, _) => begun,
        }))
    }

    /// Returns when somebody has taken a step.
    pub(super) async fn next_step(&self) {
        self.stepped.notified().await;
    }

    /// What the journal has, for a program that reads it.
    pub(super) async fn read(&self, life: &Life) -> Result<Arc<MemoryJournal>, Error> {
        life.point().await;
        sleep(self.dice.millis(0, 2)).await;
        if self.goes_wrong(self.failures / 2) {
            return Err(Error::new(ErrorKind::Journal, Delivery::NotSent, "the journal's disk failed"));
        }
        Ok(self.journal())
    }

    /// What the journal has at this instant, for whoever watches the world.
    pub(super) async fn row(&self, id: &str) -> Option<Transaction> {
        self.journal().transaction(&RequestId::recorded(id).ok()?).await.unwrap()
    }

    /// Every sale, oldest first.
    pub(super) async fn rows(&self) -> Vec<Transaction> {
        self.journal().transactions(&Filter::default()).await.unwrap()
    }

    /// The power of a machine is cut, and its own disk's with it.
    pub(super) fn cut_power(&self) {
        locked(&self.content).dark = !self.served;
    }

    /// Reads the log again after a loss of power.
    pub(super) async fn mount(&self) {
        let journal = Arc::new(MemoryJournal::new());
        let log = {
            let mut content = locked(&self.content);
            if !content.dark {
                return;
            }
            content.dark = false;
            content.journal = Arc::clone(&journal);
            let now = self.world.age();
            let lost = |at: &Duration| self.world.defect == Some(Defect::LosesTheLastCommit) && *at + UNSYNCED > now;
            let kept = content.log.iter().take_while(|(at, _)| !lost(at)).count();
            content.log.truncate(kept);
            content.log.clone()
        };
        for (_, step) in log {
            step.take(&journal).await.expect("it was taken once, on the same rows");
        }
    }

    fn journal(&self) -> Arc<MemoryJournal> {
        Arc::clone(&locked(&self.content).journal)
    }

    fn goes_wrong(&self, per_mille: u32) -> bool {
        !self.world.is_calm() && self.dice.per_mille(per_mille)
    }

    fn latency(&self) -> Duration {
        if self.goes_wrong(self.stalls) { self.dice.millis(500, 50_000) } else { self.dice.millis(1, 8) }
    }
}

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.served { "server" } else { "disk" }, self.number)
    }
}
