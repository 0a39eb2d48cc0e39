//! What the operations of a client use.

use super::asked::Asked;
use super::guarded::{GuardedObserver, GuardedSigner};
use super::limiter::Limiter;
use super::new_ids::NewIds;
use super::policy::{Class, Retry};
use super::seams::{Clock, Entropy, Event, EventKind};
use super::skew::Skew;
use super::under_way::UnderWay;
use crate::error::Error;
use crate::journal::{BatchKey, Journal, NoJournal};
use crate::model::{CardNumber, Endpoint, IdTag, Marketplace, Operation, PartnerId, RequestId};
use crate::recovery::Policy;
use crate::transport::Transport;
use crate::wire::{Format, Request};
use http::header::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;
use tokio::sync::{Notify, OnceCell};
use tokio::time::Instant;

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) partner: PartnerId,
    pub(super) id_tag: Option<IdTag>,
    pub(super) endpoint: Endpoint,
    pub(super) host: HeaderValue,
    pub(super) marketplace: Option<Marketplace>,
    pub(super) format: Format,
    pub(crate) attempt_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(super) retry: Retry,
    pub(super) limiter: Option<Arc<Limiter>>,
    pub(super) signer: GuardedSigner,
    pub(super) transport: Arc<dyn Transport>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(super) observer: Option<GuardedObserver>,
    pub(crate) recovery: Policy,
    /// An outcome counts as told only once the caller has acknowledged it.
    pub(crate) acknowledges: bool,
    pub(crate) shared: Arc<Shared>,
}

/// What the clients share that differ in their times alone.
pub(crate) struct Shared {
    /// These clients' share of the account's rate, where they are to leave some to others.
    pub(super) share: Option<Limiter>,
    pub(super) skew: Skew,
    /// When callers asked for what has no outcome yet.
    pub(crate) asked: Asked,
    pub(super) new_ids: NewIds,
    pub(crate) under_way: UnderWay,
    pub(super) bound: OnceCell<()>,
    pub(crate) batch_key: OnceCell<BatchKey>,
    /// Whether it was said that the journal is new.
    pub(super) announced: AtomicBool,
    /// How many operations run in tasks of their own.
    pub(super) running: AtomicUsize,
    pub(super) closed: AtomicBool,
    /// Woken when no operation is under way any more.
    pub(super) idle: Notify,
}

impl Shared {
    pub(super) fn new(share: Option<Limiter>) -> Self {
        Self {
            share,
            skew: Skew::default(),
            asked: Asked::default(),
            new_ids: NewIds::default(),
            under_way: UnderWay::default(),
            bound: OnceCell::new(),
            batch_key: OnceCell::new(),
            announced: AtomicBool::new(false),
            running: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            idle: Notify::new(),
        }
    }
}

impl Inner {
    pub(crate) async fn bind(&self) -> Result<(), Error> {
        self.shared.bound.get_or_try_init(|| self.journal.bind(&self.partner, &self.endpoint)).await.map(|_| ())
    }

    /// Mock answers are no sales: they are not recorded.
    pub(super) fn journal_for(&self, id: &RequestId) -> &dyn Journal {
        if id.is_mock() { &NoJournal } else { &*self.journal }
    }

    /// By when an operation that begins now has to end.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.deadline
    }

    /// The gateway's time, as well as this machine knows it.
    pub(crate) fn now(&self) -> Timestamp {
        self.shared.skew.correct(self.clock.now())
    }

    /// Past the deadline by a margin, so that a lease never ends under a request that may still be answered.
    pub(super) fn lease(&self) -> SignedDuration {
        SignedDuration::try_from(self.deadline + self.attempt_timeout).unwrap_or(SignedDuration::from_mins(10))
    }

    pub(super) fn lease_until(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.lease()).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn pause(&self, class: Class, attempt: u32) -> Result<Duration, Error> {
        let mut random = [0; 4];
        self.entropy.fill(&mut random)?;
        Ok(self.retry.pause(class, attempt, u32::from_le_bytes(random)))
    }

    pub(super) fn tell_of(&self, request: Request<'_>, attempt: u32, kind: EventKind<'_>) {
        self.tell(request.operation(), request.request_id(), request.card(), attempt, kind);
    }

    pub(crate) fn tell(
        &self,
        operation: Operation,
        request_id: &RequestId,
        card: &CardNumber,
        attempt: u32,
        kind: EventKind<'_>,
    ) {
        if let Some(observer) = &self.observer {
            observer.on_event(&Event { operation, request_id, card: card.last_four(), attempt, kind });
        }
    }
}
