use super::defects::Defect;
use super::dice::Dice;
use super::life::{Holder, Life};
use super::step::Step;
use super::trouble::{Trouble, failed};
use super::world::{World, locked};
use posa_core::Error;
use posa_core::journal::{BatchKey, Begun, Claim, Filter, Journal, MemoryJournal, State, Transaction};
use posa_core::model::RequestId;
use std::collections::BTreeMap;
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
/// step is there, though the program may not live to hear so. It may fail, and then it was surely not taken; or its
/// answer is lost, and nobody can tell.
pub(super) struct Disk {
    world: Arc<World>,
    dice: Dice,
    pub(super) number: usize,
    /// It stands on a server, which does not lose power.
    served: bool,
    /// It notices when the program that claimed a sale has died, and passes over what is left of its lease.
    sees_deaths: bool,
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
    /// Who claimed each sale last.
    holders: BTreeMap<RequestId, Holder>,
    dark: bool,
}

impl Disk {
    pub(super) fn new(world: Arc<World>, dice: Dice, number: usize, served: bool) -> Self {
        let failures = *dice.pick(&[0, 0, 20, 80]).unwrap();
        let stalls = *dice.pick(&[0, 0, 10, 40]).unwrap();
        let sees_deaths = !served && dice.coin();
        let (writer, stepped, content) = Default::default();
        Self { world, dice, number, served, sees_deaths, failures, stalls, writer, stepped, content }
    }

    /// One durable step, asked for by the program that lives `life`.
    pub(super) async fn write(&self, life: &Life, step: Step) -> Result<Option<Begun>, Error> {
        life.point().await;
        let _writer = self.writer.lock().await;
        sleep(self.latency()).await;
        let trouble = self.goes_wrong(self.failures).then(|| Trouble::some(&self.dice));
        let kept = trouble.is_none_or(|trouble| trouble.keeps(&self.dice));
        if let (Step::Hear { id, .. }, false) = (&step, kept) {
            self.world.is_not_noted(id.as_str());
        }
        let taken = if kept { self.keep(life, step).await } else { Ok(None) };
        life.point().await;
        sleep(self.dice.millis(0, 3)).await;
        let Some(trouble) = trouble else { return taken };
        let kept = kept && taken.is_ok();
        self.world.note(self, format_args!("{trouble:?}, and the step is {}", if kept { "kept" } else { "lost" }));
        Err(trouble.told(self.world.defect))
    }

    async fn keep(&self, life: &Life, step: Step) -> Result<Option<Begun>, Error> {
        let journal = self.journal();
        if let Some(id) = step.id().filter(|id| step.begins() && !self.has_a_holder(id)) {
            release(&journal, id).await;
        }
        let taken = step.take(&journal).await?;
        if let Step::Settle { claim, settlement, .. } = &step
            && settlement.state == State::Rejected
        {
            self.world.flights().begins_anew(claim.request_id.as_str());
        }
        if let Some(id) = step.id().filter(|_| step.leases())
            && !matches!(taken, Some(Begun::Settled(_)))
        {
            locked(&self.content).holders.insert(id.clone(), life.holder());
        }
        locked(&self.content).log.push((self.world.age(), step));
        self.stepped.notify_waiters();
        Ok(taken)
    }

    fn has_a_holder(&self, id: &RequestId) -> bool {
        !self.sees_deaths || locked(&self.content).holders.get(id).is_some_and(Holder::lives)
    }

    /// Returns when somebody has taken a step, or settled this sale.
    pub(super) async fn next_step(&self, settles: Option<&RequestId>) {
        loop {
            self.stepped.notified().await;
            let content = locked(&self.content);
            let settled = content.log.last().map(|(_, step)| step).filter(|step| matches!(step, Step::Settle { .. }));
            if settles.is_none() || settles == settled.and_then(Step::id) {
                return;
            }
        }
    }

    /// One sale, or those of a filter, for a program that reads.
    pub(super) async fn read(&self, life: &Life, wanted: Wanted<'_>) -> Result<Vec<Transaction>, Error> {
        life.point().await;
        sleep(self.dice.millis(0, 2)).await;
        if self.goes_wrong(self.failures / 2) {
            return Err(failed());
        }
        self.look(wanted).await
    }

    async fn look(&self, wanted: Wanted<'_>) -> Result<Vec<Transaction>, Error> {
        let journal = self.journal();
        let mut rows = match wanted {
            Wanted::One(id) => journal.transaction(id).await?.into_iter().collect(),
            Wanted::Those(filter) => journal.transactions(filter).await?,
        };
        for row in &mut rows {
            row.lease_until = row.lease_until.filter(|_| self.has_a_holder(&row.request_id));
        }
        Ok(rows)
    }

    /// The key that it keeps once a step has asked for one.
    pub(super) async fn batch_key(&self, fresh: &BatchKey) -> Result<BatchKey, Error> {
        self.journal().batch_key(fresh).await
    }

    /// What the journal has at this instant, for whoever watches the world.
    pub(super) async fn row(&self, id: &str) -> Option<Transaction> {
        self.look(Wanted::One(&RequestId::recorded(id).ok()?)).await.unwrap().pop()
    }

    /// Every sale, oldest first.
    pub(super) async fn rows(&self) -> Vec<Transaction> {
        self.look(Wanted::Those(&Filter::default())).await.unwrap()
    }

    /// The power of a machine is cut, and its own disk's with it.
    pub(super) fn cut_power(&self) {
        locked(&self.content).dark = !self.served;
    }

    /// Reads the log again after a loss of power.
    pub(super) async fn mount(&self) {
        if !std::mem::take(&mut locked(&self.content).dark) {
            return;
        }
        let now = self.world.age();
        let lost = |at: Duration| self.world.defect == Some(Defect::LosesTheLastCommit) && at + UNSYNCED > now;
        self.rebuild(|at, _| !lost(at)).await;
    }

    /// Goes back to the steps up to the first that is not `kept`, by its time and number; those that are gone.
    async fn rebuild(&self, kept: impl Fn(Duration, usize) -> bool) -> Vec<Step> {
        let journal = Arc::new(MemoryJournal::new());
        let (log, gone) = {
            let mut content = locked(&self.content);
            content.journal = Arc::clone(&journal);
            let left = content.log.iter().enumerate().take_while(|(number, (at, _))| kept(*at, *number)).count();
            let gone = content.log.split_off(left);
            (content.log.clone(), gone)
        };
        for (_, step) in log {
            // Whatever lease was in its way was over, or a dead program's.
            if let Some(id) = step.id().filter(|_| step.begins()) {
                release(&journal, id).await;
            }
            step.take(&journal).await.expect("it was taken once, on the same rows");
        }
        gone.into_iter().map(|(_, step)| step).collect()
    }

    /// A copy takes its place that has only the steps up to `age` and no more than all but the last `newest`.
    ///
    /// The sales that it knows less of than they who sold, as they were.
    pub(super) async fn replace(&self, age: Duration, newest: usize) -> Vec<Transaction> {
        let rows = self.rows().await;
        let steps = locked(&self.content).log.len();
        let gone = self.rebuild(|at, number| at <= age && number + newest < steps).await;
        let behind = |row: &Transaction| gone.iter().any(|step| step.id() == Some(&row.request_id));
        rows.into_iter().filter(behind).collect()
    }

    pub(super) fn is_served(&self) -> bool {
        self.served
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

/// Ends the lease on a sale, if somebody has one.
async fn release(journal: &MemoryJournal, id: &RequestId) {
    if let Some(row) = journal.transaction(id).await.unwrap().filter(Transaction::is_held) {
        let (now, sent_at) = (row.updated_at, row.sent_at);
        let claim =
            Claim { request_id: row.request_id, fence: row.fence, lease_until: now, before: None, unrecorded: false };
        journal.attempt(&claim, 0, now, now, sent_at).await.unwrap();
    }
}

/// What a program reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    One(&'a RequestId),
    Those(&'a Filter),
}

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.served { "server" } else { "disk" }, self.number)
    }
}
