use jiff::Timestamp;
use posa_core::journal::{
    Asker, BatchKey, Begun, Claim, Filter, Journal, MemoryJournal, Purpose, Settlement, State, Transaction,
};
use posa_core::{Activate, BoxFuture, CardNumber, Endpoint, Error, PartnerId, RequestId};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A step that a [`Meddled`] journal is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Step {
    Bind,
    BeginActivation,
    BeginReversal,
    Attempt,
    Settle,
    Read,
}

/// A journal in memory with somebody in front of it, who may fail a step or do something of his own before it.
pub struct Meddled {
    /// The journal as it is without him.
    pub rows: MemoryJournal,
    meddler: Box<dyn Meddler>,
}

/// Who stands in front of a [`Meddled`] journal.
pub trait Meddler: Send + Sync {
    /// Comes before each step, which is not taken if this fails.
    fn before<'a>(&'a self, step: Step, rows: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>>;
}

/// Has a claim, and settles it as late as can be: just before the first of these steps of somebody else's.
#[derive(Clone)]
pub struct Latecomer {
    steps: &'static [Step],
    held: Arc<Mutex<Option<(Claim, State, Timestamp)>>>,
}

impl Latecomer {
    /// One without a claim yet.
    pub fn before(steps: &'static [Step]) -> Self {
        Self { steps, held: Arc::default() }
    }

    /// Gives him a claim, to be settled as `state` at `now`.
    pub fn holds(&self, claim: Claim, state: State, now: Timestamp) {
        *self.held() = Some((claim, state, now));
    }

    /// Whether he has settled it, or never had one.
    pub fn is_done(&self) -> bool {
        self.held().is_none()
    }

    fn held(&self) -> MutexGuard<'_, Option<(Claim, State, Timestamp)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meddler for Latecomer {
    fn before<'a>(&'a self, step: Step, rows: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let held = if self.steps.contains(&step) { self.held().take() } else { None };
            match held {
                Some((claim, state, now)) => rows.settle(&claim, Settlement::done(state, 1, None), now).await,
                None => Ok(()),
            }
        })
    }
}

impl Meddled {
    /// An empty one.
    pub fn by(meddler: impl Meddler + 'static) -> Arc<Self> {
        Arc::new(Self { rows: MemoryJournal::new(), meddler: Box::new(meddler) })
    }

    fn step<'a, T: Send + 'a>(
        &'a self,
        step: Step,
        taken: BoxFuture<'a, Result<T, Error>>,
    ) -> BoxFuture<'a, Result<T, Error>> {
        Box::pin(async move {
            self.meddler.before(step, &self.rows).await?;
            taken.await
        })
    }
}

impl Journal for Meddled {
    fn bind<'a>(&'a self, partner: &'a PartnerId, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>> {
        self.step(Step::Bind, self.rows.bind(partner, endpoint))
    }

    fn begin_activation<'a>(
        &'a self,
        id: &'a RequestId,
        sale: &'a Activate,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        self.step(Step::BeginActivation, self.rows.begin_activation(id, sale, asker, now, until))
    }

    fn begin_reversal<'a>(
        &'a self,
        id: &'a RequestId,
        card: &'a CardNumber,
        purpose: Purpose,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        self.step(Step::BeginReversal, self.rows.begin_reversal(id, card, purpose, asker, now, until))
    }

    fn attempt<'a>(
        &'a self,
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        until: Timestamp,
        signed_until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.step(Step::Attempt, self.rows.attempt(claim, attempt, now, until, signed_until))
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        settlement: Settlement,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.step(Step::Settle, self.rows.settle(claim, settlement, now))
    }

    fn batch_key<'a>(&'a self, fresh: &'a BatchKey) -> BoxFuture<'a, Result<BatchKey, Error>> {
        self.rows.batch_key(fresh)
    }

    fn note_told<'a>(
        &'a self,
        id: &'a RequestId,
        fence: u64,
        told: bool,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.rows.note_told(id, fence, told, now)
    }

    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>> {
        self.step(Step::Read, self.rows.transaction(id))
    }

    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>> {
        self.step(Step::Read, self.rows.transactions(filter))
    }
}

impl fmt::Debug for Meddled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meddled").field("rows", &self.rows).finish_non_exhaustive()
    }
}
