use super::ClientBuilder;
use super::asked::Asked;
use super::attempts::{Attempts, Outcome};
use super::classify::Confirmed;
use super::guarded::{GuardedObserver, GuardedSigner};
use super::limiter::Limiter;
use super::policy::{Class, Retry};
use super::seams::{Clock, Entropy, Event, EventKind};
use super::skew::Skew;
use crate::error::{Cause, Delivery, Error, ErrorKind};
use crate::journal::patience;
use crate::journal::{
    Asker, BatchKey, Begun, Claim, Filter, HistoryEntry, Journal, NoJournal, Purpose, Settlement, State, Transaction,
};
use crate::model::{
    Activate, CardNumber, CardStatus, Deactivate, Endpoint, Environment, IdTag, Marketplace, Operation, PartnerId,
    Receipt, RequestId, StatusCheck, presentable,
};
use crate::recovery::Policy;
use crate::transport::Transport;
use crate::wire::{Format, Request};
use http::header::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OnceCell};
use tokio::time::{Instant, timeout_at};

/// Activates, deactivates and checks gift cards for one partner at one endpoint.
///
/// Cheap to clone; clones share connections, rate limit and journal. It needs a tokio runtime around it and creates
/// none. An activation or deactivation runs in a task of its own: dropping the future stops the waiting, not the
/// attempt, and the journal keeps what comes of it.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

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
    /// This client's share of the account's rate, where it is to leave some to others.
    pub(super) share: Option<Limiter>,
    pub(super) skew: Skew,
    /// When callers asked for what has no outcome yet.
    pub(crate) asked: Asked,
    pub(super) signer: GuardedSigner,
    pub(super) transport: Arc<dyn Transport>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(super) observer: Option<GuardedObserver>,
    pub(crate) recovery: Policy,
    pub(super) bound: OnceCell<()>,
    pub(crate) batch_key: OnceCell<BatchKey>,
    /// Whether it was said that the journal is new.
    pub(super) announced: AtomicBool,
    /// How many operations run in tasks of their own.
    pub(super) running: AtomicUsize,
    pub(super) closed: AtomicBool,
    /// Woken when the last operation ends after the client was closed.
    pub(super) idle: Notify,
}

impl Client {
    /// Begins to set a client up; credentials (or a signer) and a journal have to be given.
    pub fn builder(partner: PartnerId, endpoint: Endpoint) -> ClientBuilder {
        ClientBuilder::new(partner, endpoint)
    }

    pub(super) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Puts a card into the active state (specification, "ActivateGiftCard").
    ///
    /// With an id that the journal has as activated, returns that receipt and sends nothing.
    ///
    /// # Errors
    /// Kind [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) if nothing settled it before the deadline: call again with
    /// the error's request id. Any other kind: the card is not active by this sale.
    pub async fn activate(&self, sale: Activate) -> Result<Receipt, Error> {
        let id = self.inner.admit(&sale)?;
        let (named, card) = (id.clone(), sale.card.clone());
        let done = self.detached(move |inner| async move { inner.activate(&id, &sale).await }).await;
        done.map_err(|error| error.or_of_sale(&named, Some(&card)))
    }

    /// Puts a card back into the inactive state (specification, "DeactivateGiftCard").
    ///
    /// # Errors
    /// Kind [`Conflict`](ErrorKind::Conflict) unless the journal says that this id activated this card; kind
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) if nothing settled it before the deadline: call again.
    pub async fn deactivate(&self, reversal: Deactivate) -> Result<Receipt, Error> {
        let Deactivate { request_id: id, card, .. } = reversal.clone();
        let done = async {
            self.inner.check_id(&reversal.request_id)?;
            self.detached(move |inner| async move { inner.deactivate(&reversal).await }).await
        };
        done.await.map_err(|error| error.or_of_sale(&id, Some(&card)))
    }

    /// Asks for a card's state (specification, "ActivationStatusCheck"). Changes nothing.
    ///
    /// `Activated` does not prove that this id activated it; the journal, or the same activation again, does.
    ///
    /// # Errors
    /// Kind [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) if no answer came before the deadline.
    pub async fn status(&self, check: StatusCheck) -> Result<Receipt, Error> {
        let asked = async {
            self.inner.check_id(&check.request_id)?;
            self.inner.check_open()?;
            self.inner.check_status(&check, self.inner.deadline()).await
        };
        asked.await.map_err(|error| error.or_of_sale(&check.request_id, Some(&check.card)))
    }

    /// What the journal has of a sale.
    ///
    /// # Errors
    /// Kind [`Journal`](ErrorKind::Journal) if it cannot be read.
    pub async fn transaction(&self, id: &RequestId) -> Result<Option<Transaction>, Error> {
        self.inner.bind().await?;
        self.inner.journal.transaction(id).await
    }

    /// The journal's sales that match, oldest first.
    ///
    /// # Errors
    /// Kind [`Journal`](ErrorKind::Journal) if it cannot be read.
    pub async fn transactions(&self, filter: &Filter) -> Result<Vec<Transaction>, Error> {
        self.inner.bind().await?;
        self.inner.journal.transactions(filter).await
    }

    /// What was done about a sale, in order: what was about to be sent, and what came of it.
    ///
    /// # Errors
    /// Kind [`Journal`](ErrorKind::Journal) if it cannot be read.
    pub async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, Error> {
        self.inner.bind().await?;
        self.inner.journal.history(id).await
    }

    /// Takes no further operations, waits for those under way, each of which ends by its own deadline, and closes the
    /// journal. A recovery under way takes up no other sale, so this takes no longer than one operation, and what it
    /// has to record. No file, thread or connection of the journal is left, and a SQLite file is whole by itself then.
    /// Clients that share a journal are closed together, or [`retired`](Self::retire) one by one.
    pub async fn close(&self) {
        self.retire().await;
        self.inner.journal.close().await;
    }

    /// As [`close`](Self::close), and leaves the journal open for others.
    pub async fn retire(&self) {
        self.inner.closed.store(true, Ordering::SeqCst);
        loop {
            let mut idle = std::pin::pin!(self.inner.idle.notified());
            // Enabled before the look, so that an end in between is not missed.
            idle.as_mut().enable();
            if self.inner.running.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Copies the journal to a new file, which is whole by itself, while sales go on: for a SQLite file.
    ///
    /// # Errors
    /// Kind [`Journal`](ErrorKind::Journal): the file exists or cannot be written, or this client's journal is no file.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        self.inner.check_open()?;
        self.inner.journal.backup(to).await
    }

    /// Runs an operation in a task of its own, which goes on when the caller stops waiting.
    pub(crate) async fn detached<F, R, T>(&self, operation: F) -> Result<T, Error>
    where
        F: FnOnce(Arc<Inner>) -> R,
        R: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let runtime = runtime()?;
        // Counted before the check, so that `close` either waits for it or has it refused.
        let running = Running::enter(Arc::clone(&self.inner));
        self.inner.check_open()?;
        // Boxed, or it would be moved, at two kilobytes, into each future around it.
        let operation = Box::pin(operation(Arc::clone(&self.inner)));
        let task = runtime.spawn(async move {
            let _running = running;
            operation.await
        });
        task.await.unwrap_or_else(|_| {
            let message = "the operation was stopped with the runtime; the journal tells how far it came";
            Err(Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message))
        })
    }
}

/// The runtime that this is called from.
pub(crate) fn runtime() -> Result<Handle, Error> {
    let none = |_| Error::configuration("runtime", "no tokio runtime is running; call this from inside one");
    Handle::try_current().map_err(none)
}

/// Counts one operation for as long as it lives.
struct Running(Arc<Inner>);

impl Running {
    fn enter(inner: Arc<Inner>) -> Self {
        inner.running.fetch_add(1, Ordering::SeqCst);
        Self(inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.closed.load(Ordering::SeqCst) {
            self.0.idle.notify_waiters();
        }
    }
}

impl Inner {
    /// Everything that can be known to be wrong before anything is recorded or sent.
    fn admit(&self, sale: &Activate) -> Result<RequestId, Error> {
        if let Some(marketplace) = self.marketplace {
            marketplace.check(sale.amount)?;
        }
        match &sale.request_id {
            Some(id) => {
                self.check_id(id)?;
                self.check_tag(id)?;
                RequestId::new(id.as_str(), &self.partner)
            }
            None => {
                let mut random = [0; 21];
                self.entropy.fill(&mut random)?;
                Ok(self.own(RequestId::at(&self.partner, self.now(), random)))
            }
        }
    }

    /// An id that this client makes: with its tag, if it has one.
    pub(crate) fn own(&self, id: RequestId) -> RequestId {
        match &self.id_tag {
            Some(tag) => id.tagged(tag),
            None => id,
        }
    }

    fn check_tag(&self, id: &RequestId) -> Result<(), Error> {
        match &self.id_tag {
            Some(tag) if !id.is_mock() && !id.has_tag(tag) => {
                let message = format!(
                    "request_id {} does not begin with {}{tag}, the partner id and this client's id_tag",
                    presentable(id.as_str(), 40),
                    self.partner
                );
                Err(Error::invalid("request_id", message))
            }
            _ => Ok(()),
        }
    }

    fn check_id(&self, id: &RequestId) -> Result<(), Error> {
        if id.is_mock() && self.endpoint.environment() != Environment::Sandbox {
            let message = format!("request_id {id} is a mock id, which only a sandbox takes; use a real one");
            return Err(Error::invalid("request_id", message).because(Cause::MockId));
        }
        if !id.is_mock() && !id.as_str().starts_with(self.partner.as_str()) {
            let message = format!(
                "request_id {} does not begin with the partner id {}",
                presentable(id.as_str(), 40),
                self.partner
            );
            return Err(Error::invalid("request_id", message));
        }
        Ok(())
    }

    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::configuration("client", "the client is closed; make another"));
        }
        Ok(())
    }

    pub(crate) async fn bind(&self) -> Result<(), Error> {
        self.bound.get_or_try_init(|| self.journal.bind(&self.partner, &self.endpoint)).await.map(|_| ())
    }

    /// The journal, ready for a step. One that cannot be opened in time has recorded nothing.
    async fn opened(&self, deadline: Instant) -> Result<(), Error> {
        let late = |_| {
            let message = "the journal could not be opened before the deadline; nothing was recorded or sent";
            Error::new(ErrorKind::Journal, Delivery::NotSent, message)
        };
        timeout_at(deadline, self.bind()).await.map_err(late)?
    }

    /// Mock answers are no sales: they are not recorded.
    pub(super) fn journal_for(&self, id: &RequestId) -> &dyn Journal {
        if id.is_mock() { &NoJournal } else { &*self.journal }
    }

    async fn activate(&self, id: &RequestId, sale: &Activate) -> Result<Receipt, Error> {
        let deadline = self.deadline();
        match self.begin_activation(id, sale, Asker::Caller, deadline).await? {
            Begun::Settled(known) => Ok(recorded(Operation::Activate, *known)),
            Begun::Claimed(claim) => self.activate_claimed(id, sale, claim, deadline).await,
        }
    }

    async fn deactivate(&self, reversal: &Deactivate) -> Result<Receipt, Error> {
        let deadline = self.deadline();
        match self.begin_reversal(reversal, Purpose::Return, Asker::Caller, deadline).await? {
            Begun::Settled(known) => Ok(recorded(Operation::Deactivate, *known)),
            Begun::Claimed(claim) => self.reverse_claimed(reversal, Purpose::Return, claim, deadline).await,
        }
    }

    /// By when an operation that begins now has to end.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.deadline
    }

    pub(crate) async fn begin_activation(
        &self,
        id: &RequestId,
        sale: &Activate,
        asker: Asker,
        deadline: Instant,
    ) -> Result<Begun, Error> {
        let begun = async {
            self.opened(deadline).await?;
            let now = self.now();
            let begun = self.journal_for(id).begin_activation(id, sale, asker, now, self.lease_until(now));
            recorded_by(deadline, begun).await
        };
        let begun = begun.await.map_err(|error| error.with_transaction(id, &sale.card, 0))?;
        if asker == Asker::Caller && matches!(begun, Begun::Claimed(_)) {
            self.asked.note(id, self.clock.now());
        }
        self.announce(id, &sale.card);
        Ok(begun)
    }

    /// Says once that the sale made the journal.
    fn announce(&self, id: &RequestId, card: &CardNumber) {
        if let Some(path) = self.journal.made()
            && !self.announced.swap(true, Ordering::Relaxed)
        {
            self.tell(Operation::Activate, id, card, 0, EventKind::JournalCreated { path });
        }
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

    pub(crate) async fn begin_reversal(
        &self,
        reversal: &Deactivate,
        purpose: Purpose,
        asker: Asker,
        deadline: Instant,
    ) -> Result<Begun, Error> {
        let Deactivate { request_id: id, card, .. } = reversal;
        let begun = async {
            self.opened(deadline).await?;
            let now = self.now();
            let begun = self.journal_for(id).begin_reversal(id, card, purpose, asker, now, self.lease_until(now));
            recorded_by(deadline, begun).await
        };
        begun.await.map_err(|error| error.with_transaction(id, card, 0))
    }

    pub(crate) async fn activate_claimed(
        &self,
        id: &RequestId,
        sale: &Activate,
        claim: Claim,
        deadline: Instant,
    ) -> Result<Receipt, Error> {
        let journal = self.journal_for(id);
        let request = Request::Activate(sale, id);
        let outcome = Attempts::new(self, request, Some(&claim), deadline).run().await;
        let Outcome { result, attempts, signed, date } = outcome;
        let now = self.now();
        let settlement = match &result {
            Ok(confirmed) => Settlement::done(State::Activated, attempts, confirmed.expiration.clone()),
            Err(error) => self.recovery.after_failed_activation(claim.before.as_deref(), error, now, signed, date),
        };
        debug_assert!(State::Sending.may_become(settlement.state), "an activation ends {}", settlement.state);
        let stuck = settlement.state == State::Attention;
        let result = result.map_err(|error| if stuck { needs_attention(&error) } else { error });
        if !settlement.state.is_open() {
            self.asked.forget(id);
        }
        let kept = journal.settle(&claim, Settlement { sent_at: signed, ..settlement }, now).await;
        self.report(request, result, attempts, kept)
    }

    /// `purpose` decides what a refusal leaves behind. The card goes as it was activated, with the same digits.
    pub(crate) async fn reverse_claimed(
        &self,
        reversal: &Deactivate,
        purpose: Purpose,
        claim: Claim,
        deadline: Instant,
    ) -> Result<Receipt, Error> {
        let journal = self.journal_for(&reversal.request_id);
        let mut reversal = reversal.clone();
        if let Some(before) = &claim.before {
            reversal.card = before.sale.card.clone();
        }
        let request = Request::Deactivate(&reversal);
        let outcome = Attempts::new(self, request, Some(&claim), deadline).run().await;
        let Outcome { result, attempts, date, .. } = outcome;
        let now = self.now();
        let settlement = match &result {
            Ok(confirmed) => Settlement::done(State::Deactivated, attempts, confirmed.expiration.clone()),
            Err(error) => self.recovery.after_failed_reversal(claim.before.as_deref(), purpose, error, now, date),
        };
        debug_assert!(State::Reversing.may_become(settlement.state), "a reversal ends {}", settlement.state);
        let kept = journal.settle(&claim, settlement, now).await;
        self.report(request, result, attempts, kept)
    }

    pub(crate) async fn check_status(&self, check: &StatusCheck, deadline: Instant) -> Result<Receipt, Error> {
        self.look(check, deadline).await.0
    }

    /// A card's state, and the gateway's time when it told so or refused to, if that can be trusted.
    pub(crate) async fn look(
        &self,
        check: &StatusCheck,
        deadline: Instant,
    ) -> (Result<Receipt, Error>, Option<Timestamp>) {
        let request = Request::StatusCheck(check);
        let Outcome { result, attempts, date, .. } = Attempts::new(self, request, None, deadline).run().await;
        (self.report(request, result, attempts, Ok(())), date)
    }

    /// The caller hears an outcome only once the journal has it; one that is not kept is unknown again.
    fn report(
        &self,
        request: Request<'_>,
        outcome: Result<Confirmed, Error>,
        attempts: u32,
        kept: Result<(), Error>,
    ) -> Result<Receipt, Error> {
        let word = |outcome: &Result<_, Error>| outcome.as_ref().map_or_else(|error| error.kind().name(), |_| "done");
        let outcome = match kept {
            Ok(()) => outcome,
            Err(lost) => {
                let (answered, why) = (word(&outcome), lost.message());
                let message =
                    format!("the outcome ({answered}) could not be recorded: {why}; repeat with the same request id");
                let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message);
                Err(error.with_transaction(request.request_id(), request.card(), attempts))
            }
        };
        self.tell_of(request, attempts, EventKind::Settled { outcome: word(&outcome) });
        outcome.map(|confirmed| receipt(request, confirmed, attempts))
    }

    pub(super) fn tell_of(&self, request: Request<'_>, attempt: u32, kind: EventKind<'_>) {
        self.tell(request.operation(), request.request_id(), request.card(), attempt, kind);
    }

    /// The gateway's time, as well as this machine knows it.
    pub(crate) fn now(&self) -> Timestamp {
        self.skew.correct(self.clock.now())
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
}

/// What the journal says in time. Of one that is silent nobody knows whether it has the intent by now.
async fn recorded_by<T>(deadline: Instant, step: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| {
        let message = "the journal gave no answer before the deadline, and may have recorded the intent; nothing was \
                       sent yet; repeat with the same request id";
        Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
    };
    timeout_at(deadline, patience::until(deadline, step)).await.map_err(late)?
}

/// What the gateway says of an activation contradicts itself for good.
fn needs_attention(error: &Error) -> Error {
    let message = format!("a person has to look at the card: {}", error.message());
    let stuck = Error::new(ErrorKind::NeedsAttention, Delivery::Answered, message);
    let (id, card) = (error.request_id().unwrap_or_default(), error.card().unwrap_or_default());
    stuck.with_transaction(id, card, error.attempts())
}

fn receipt(request: Request<'_>, confirmed: Confirmed, attempts: u32) -> Receipt {
    Receipt {
        operation: request.operation(),
        request_id: request.request_id().clone(),
        card_number: request.card().clone(),
        card_status: confirmed.card_status,
        amount: confirmed.amount,
        expiration: confirmed.expiration,
        attempts,
    }
}

/// The receipt of an operation that the journal has as done.
fn recorded(operation: Operation, known: Transaction) -> Receipt {
    let card_status = match operation {
        Operation::Deactivate => CardStatus::AwaitingActivation,
        Operation::Activate | Operation::StatusCheck => CardStatus::Activated,
    };
    Receipt {
        operation,
        card_status,
        amount: Some(known.sale.amount),
        request_id: known.request_id,
        card_number: known.sale.card,
        expiration: known.expiration,
        attempts: 0,
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("partner_id", &self.inner.partner)
            .field("endpoint", &self.inner.endpoint)
            .field("journal", &self.inner.journal)
            .finish_non_exhaustive()
    }
}
