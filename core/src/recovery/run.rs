use super::policy::{Look, Plan};
use super::sales::Sales;
use super::silence::{Heard, Silence};
use crate::engine::{Client, Inner};
use crate::error::{Cause, Delivery, Error, ErrorKind};
use crate::journal::{Asker, Begun, Purpose, Settlement, State, Transaction};
use crate::model::{CardStatus, Deactivate, RequestId, StatusCheck};
use jiff::Timestamp;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, timeout_at};

/// How [`Client::recover`] goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Recover {
    /// Give up sales whose activation has no outcome and reverse them, instead of completing them.
    pub void: bool,
    /// How many sales at a time; 16 by default. The rate limit holds for all together.
    pub concurrency: NonZeroUsize,
}

impl Default for Recover {
    fn default() -> Self {
        Self { void: false, concurrency: NonZeroUsize::new(16).unwrap_or(NonZeroUsize::MIN) }
    }
}

/// What [`Client::recover`] did.
#[derive(Debug, Clone, Default)]
pub struct Recovered {
    /// Sales that have their outcome now.
    pub settled: Vec<Transaction>,
    /// Sales that still have none, and what stood in the way: also that they were not tried.
    pub open: Vec<(RequestId, Error)>,
    /// Rows of the journal that cannot be read, and what is wrong with each. Their sales were left alone: a person has
    /// to look.
    pub damaged: Vec<String>,
}

impl Client {
    /// Settles one sale with the id it has: activates again, or goes on with its reversal.
    ///
    /// A sale that has its outcome is returned as it is. One that no caller of this process asked for in the last 32
    /// minutes is looked at first, and the date of the gateway's answer tells its age: if its card is not active and
    /// nothing that was sent can still arrive, it is closed as rejected instead of being activated for a customer who
    /// has left. If the gateway refuses to tell, that is an answer too: it knows no such card or no such request, and the
    /// sale is closed then, or a person has to look.
    ///
    /// # Errors
    /// Kind [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) if it still has no outcome,
    /// [`NeedsAttention`](ErrorKind::NeedsAttention) if its reversal was refused or tried too often, or if what the
    /// gateway says of it makes no sense,
    /// [`Conflict`](ErrorKind::Conflict) if somebody works on it or the journal does not know it.
    pub async fn resolve(&self, id: &RequestId) -> Result<Transaction, Error> {
        let (id, named) = (id.clone(), id);
        let done = self.detached(move |inner| async move { inner.resolve(&id, true).await.0 }).await;
        done.map_err(|error| error.or_of_sale(named, None))
    }

    /// Gives up a sale, whatever became of its activation: the intent is durable before the card is deactivated with
    /// the original id, and [`Client::recover`] goes on with it until the gateway confirms.
    ///
    /// # Errors
    /// As for [`Client::resolve`]. `OutcomeUnknown` means that the reversal goes on: an activation that the gateway has
    /// not seen may still arrive, so the sale is closed only 32 minutes after it was last sent, by the gateway's time.
    pub async fn void(&self, id: &RequestId) -> Result<Transaction, Error> {
        let (id, named) = (id.clone(), id);
        let done = self.detached(move |inner| async move {
            let deadline = inner.deadline();
            let row = inner.known(&id, deadline).await?;
            inner.reverse(&row, Purpose::Void, Asker::Caller, deadline).await?;
            inner.outcome_of_step(&row).await
        });
        done.await.map_err(|error| error.or_of_sale(named, None))
    }

    /// Settles every sale without an outcome that nobody works on. Call it at start-up, and from time to time.
    ///
    /// It ends by itself where it is of no use: once three sales in a row, and for as long as one operation may take, got
    /// no answer, and once the client is closed, no other is taken up. Those that were not tried are in
    /// [`Recovered::open`] and say so.
    ///
    /// # Errors
    /// Kind [`Journal`](ErrorKind::Journal) if the journal cannot be read. What stands in the way of a single sale is
    /// in [`Recovered::open`].
    pub async fn recover(&self, how: Recover) -> Result<Recovered, Error> {
        self.detached(move |inner| async move { recover(inner, how).await }).await
    }
}

async fn recover(inner: Arc<Inner>, how: Recover) -> Result<Recovered, Error> {
    inner.bind().await?;
    // What cannot be read is in no list, and keeps no other sale from its outcome.
    let mut recovered = Recovered { damaged: inner.journal.check().await?, ..Recovered::default() };
    let (mut sales, mut silence) = (Sales::open(), Silence::new(inner.deadline));
    let (mut running, mut ids, mut failed) = (JoinSet::new(), HashMap::new(), None);
    loop {
        while running.len() < how.concurrency.get() && failed.is_none() {
            match sales.next(&*inner.journal).await {
                Ok(None) => break,
                // What is under way is not torn down.
                Err(error) => failed = Some(error),
                Ok(Some(row)) => match no_use(&inner, &silence) {
                    Some(why) => recovered.open.push((row.request_id.clone(), untried(&row, why))),
                    None => {
                        let (id, inner) = (row.request_id.clone(), Arc::clone(&inner));
                        let task = running.spawn(async move { inner.recover_one(&row, how.void).await });
                        ids.insert(task.id(), id);
                    }
                },
            }
        }
        let Some(ended) = running.join_next_with_id().await else { return failed.map_or(Ok(recovered), Err) };
        let (task, (outcome, heard)) = ended.unwrap_or_else(|stopped| (stopped.id(), interrupted(&stopped)));
        silence.note(heard);
        match (outcome, ids.remove(&task)) {
            (Ok(row), _) => recovered.settled.push(row),
            (Err(error), Some(id)) => recovered.open.push((id.clone(), error.or_of_sale(&id, None))),
            (Err(_), None) => {}
        }
    }
}

/// Why no other sale is taken up.
fn no_use(inner: &Inner, silence: &Silence) -> Option<&'static str> {
    if inner.check_open().is_err() {
        return Some("the client was closed first");
    }
    silence.is_long().then_some("the sales before it got no answer; recover again once the gateway answers")
}

fn untried(row: &Transaction, why: &str) -> Error {
    let message = format!("the sale is {} and was not tried: {why}", row.state);
    let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message);
    error.with_transaction(&row.request_id, &row.sale.card, row.attempts)
}

/// What is known of a sale whose task was stopped: its row stays open for the next recovery.
fn interrupted(stopped: &task::JoinError) -> (Result<Transaction, Error>, Heard) {
    let why = if stopped.is_panic() { "panicked" } else { "was stopped with the runtime" };
    let message = format!("what settles it {why}; the journal tells how far it came");
    (Err(Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)), Heard::Nothing)
}

impl Inner {
    fn plan(&self, row: &Transaction) -> Plan {
        let lately = self.asked.lately(&row.request_id, self.recovery.quarantine, self.clock.now());
        self.recovery.plan(row, self.now(), lately)
    }

    async fn known(&self, id: &RequestId, deadline: Instant) -> Result<Transaction, Error> {
        let late = |_| {
            let message = "the journal could not be read before the deadline";
            Error::new(ErrorKind::Journal, Delivery::NotSent, message)
        };
        let read = async {
            self.bind().await?;
            self.journal.transaction(id).await
        };
        let unknown = || {
            Error::new(ErrorKind::Conflict, Delivery::NotSent, format!("the journal has no sale with request id {id}"))
                .because(Cause::UnknownId)
        };
        timeout_at(deadline, read).await.map_err(late)??.ok_or_else(unknown)
    }

    async fn recover_one(&self, row: &Transaction, void: bool) -> (Result<Transaction, Error>, Heard) {
        let unsettled = matches!(row.state, State::Sending | State::Unknown);
        match self.plan(row) {
            Plan::Wait(_) => self.resolve(&row.request_id, false).await,
            _ if void && unsettled => {
                let reversed = self.reverse(row, Purpose::Void, Asker::Recovery, self.deadline()).await;
                self.after(row, reversed).await
            }
            _ => self.resolve(&row.request_id, false).await,
        }
    }

    /// `now_please`: a caller asks for this one sale, so a pause between tries is cut short.
    async fn resolve(&self, id: &RequestId, now_please: bool) -> (Result<Transaction, Error>, Heard) {
        let deadline = self.deadline();
        let row = match self.known(id, deadline).await {
            Ok(row) => row,
            Err(error) => {
                let heard = Heard::of(&error);
                return (Err(error), heard);
            }
        };
        let asked = if now_please { Transaction { retry_at: None, ..row.clone() } } else { row.clone() };
        let step = match self.plan(&asked) {
            Plan::Nothing => return (outcome(row), Heard::Nothing),
            Plan::Wait(until) => return (Err(self.waiting(&row, until)), Heard::Nothing),
            Plan::ActivateAgain => self.activate_again(&row, deadline).await,
            Plan::LookFirst => self.look_first(&row, deadline).await,
            Plan::Reverse => {
                let purpose = if row.voided { Purpose::Void } else { Purpose::Return };
                self.reverse(&row, purpose, Asker::Recovery, deadline).await
            }
        };
        self.after(&row, step).await
    }

    async fn after(&self, row: &Transaction, step: Result<Heard, Error>) -> (Result<Transaction, Error>, Heard) {
        match step {
            Ok(heard) => (self.outcome_of_step(row).await, heard),
            Err(error) => {
                let heard = Heard::of(&error);
                (Err(error), heard)
            }
        }
    }

    /// An error says that nothing was begun. What came of an attempt stands in the journal, and recovery may go on with
    /// it, even if no byte left.
    async fn activate_again(&self, row: &Transaction, deadline: Instant) -> Result<Heard, Error> {
        match self.begin_activation(&row.request_id, &row.sale, Asker::Recovery, deadline).await? {
            Begun::Settled(_) => Ok(Heard::Nothing),
            Begun::Claimed(claim) => {
                let sent = self.activate_claimed(&row.request_id, &row.sale, claim, deadline).await;
                Ok(sent.err().map_or(Heard::Answer, |error| Heard::of(&error)))
            }
        }
    }

    async fn reverse(
        &self,
        row: &Transaction,
        purpose: Purpose,
        asker: Asker,
        deadline: Instant,
    ) -> Result<Heard, Error> {
        let reversal = Deactivate::new(row.request_id.clone(), row.sale.card.clone());
        match self.begin_reversal(&reversal, purpose, asker, deadline).await? {
            Begun::Settled(_) => Ok(Heard::Nothing),
            Begun::Claimed(claim) => {
                let sent = self.reverse_claimed(&reversal, purpose, claim, deadline).await;
                Ok(sent.err().map_or(Heard::Answer, |error| Heard::of(&error)))
            }
        }
    }

    async fn look_first(&self, row: &Transaction, deadline: Instant) -> Result<Heard, Error> {
        let check = StatusCheck::new(row.request_id.clone(), row.sale.card.clone());
        let (seen, date) = self.look(&check, deadline).await;
        let (card, state, note) = match seen {
            Ok(seen) => {
                let what = "the card is not active and nothing that was sent can still arrive";
                (seen.card_status, State::Rejected, what.to_owned())
            }
            Err(error) => match self.recovery.after_refused_look(&error) {
                // Whatever is wrong with card or id, the card was not activated by what has arrived.
                Some((state, what)) => (CardStatus::AwaitingActivation, state, format!("{what}: {}", error.message())),
                None => return Err(self.unseen(row, &error)),
            },
        };
        let look = self.recovery.after_look(row, &card, date);
        match look {
            Look::ActivateAgain => return self.activate_again(row, deadline).await,
            Look::Wait(left) => {
                return Err(self.waiting(row, self.now().checked_add(left).unwrap_or(Timestamp::MAX)));
            }
            Look::Close | Look::Undecided => {}
        }
        let begun = self.begin_activation(&row.request_id, &row.sale, Asker::Recovery, deadline).await?;
        let Begun::Claimed(claim) = begun else { return Ok(Heard::Answer) };
        let Some(before) = claim.before.as_deref() else { return Ok(Heard::Answer) };
        let said = |state, note| Settlement { note: Some(note), ..Settlement::done(state, 0, None) };
        let settlement = if before.fence != row.fence {
            said(State::Unknown, "another attempt was made meanwhile".to_owned())
        } else if look == Look::Close {
            said(state, note)
        } else {
            self.recovery.after_look_in_vain(before, self.now())
        };
        // Nothing was sent under this claim.
        let settlement = Settlement { sent_at: Some(before.sent_at), ..settlement };
        let _ = self.journal.settle(&claim, settlement, self.now()).await;
        Ok(Heard::Answer)
    }

    /// A look that was refused for another reason, or could not be sent, says nothing of the sale.
    fn unseen(&self, row: &Transaction, error: &Error) -> Error {
        let message =
            format!("the sale is still {}, and its card's state could not be told: {}", row.state, error.message());
        let unknown = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
            .with_transaction(&row.request_id, &row.sale.card, row.attempts)
            .with_answer(error.code().map(str::to_owned), error.error_type().map(str::to_owned));
        match error.class() {
            Some(class) => unknown.with_class(class),
            None => unknown,
        }
    }

    /// The sale as a step left it that was begun: if the journal cannot be read, nobody knows how.
    async fn outcome_of_step(&self, row: &Transaction) -> Result<Transaction, Error> {
        let id = &row.request_id;
        let read = self.known(id, Instant::now() + self.attempt_timeout).await;
        read.and_then(outcome).map_err(|error| {
            if error.delivery() != Delivery::NotSent {
                return error;
            }
            let message = format!(
                "what came of it could not be read from the journal: {}; ask again with the same request id",
                error.message()
            );
            let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message);
            error.with_transaction(id, &row.sale.card, row.attempts)
        })
    }

    fn waiting(&self, row: &Transaction, until: Timestamp) -> Error {
        let message = format!("the sale is {} and is not touched before {until}", row.state);
        let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message).because(Cause::NotBefore(until));
        error.with_transaction(&row.request_id, &row.sale.card, row.attempts)
    }
}

/// The sale as it is now, if it has its outcome.
fn outcome(row: Transaction) -> Result<Transaction, Error> {
    let note = row.note.as_deref().unwrap_or("no answer came");
    let (kind, delivery, what) = match row.state {
        State::Activated | State::Rejected | State::Deactivated => return Ok(row),
        State::Attention => {
            (ErrorKind::NeedsAttention, Delivery::Answered, format!("a person has to look at the card: {note}"))
        }
        state => (ErrorKind::OutcomeUnknown, Delivery::Unknown, format!("the sale is still {state}: {note}")),
    };
    let error = Error::new(kind, delivery, what).with_transaction(&row.request_id, &row.sale.card, row.attempts);
    Err(match row.retry_at {
        Some(at) => error.because(Cause::NotBefore(at)),
        None => error,
    })
}
