use super::policy::{Look, Plan};
use crate::engine::{Client, Inner};
use crate::error::{Cause, Delivery, Error, ErrorKind};
use crate::journal::{Asker, Begun, Filter, Purpose, Settlement, State, Transaction};
use crate::model::{Deactivate, RequestId, StatusCheck};
use jiff::Timestamp;
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Sales are read in pages of this size, so that memory does not grow with the journal.
pub(super) const PAGE: usize = 256;

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
    /// Sales that still have none, and what stood in the way.
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
    /// has left.
    ///
    /// # Errors
    /// Kind [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) if it still has no outcome,
    /// [`NeedsAttention`](ErrorKind::NeedsAttention) if its reversal was refused or tried too often,
    /// [`Conflict`](ErrorKind::Conflict) if somebody works on it or the journal does not know it.
    pub async fn resolve(&self, id: &RequestId) -> Result<Transaction, Error> {
        let id = id.clone();
        self.detached(move |inner| async move { inner.resolve(&id, true).await }).await
    }

    /// Gives up a sale, whatever became of its activation: the intent is durable before the card is deactivated with
    /// the original id, and [`Client::recover`] goes on with it until the gateway confirms.
    ///
    /// # Errors
    /// As for [`Client::resolve`]. `OutcomeUnknown` means that the reversal goes on: an activation that the gateway has
    /// not seen may still arrive, so the sale is closed only 32 minutes after it was last sent, by the gateway's time.
    pub async fn void(&self, id: &RequestId) -> Result<Transaction, Error> {
        let id = id.clone();
        self.detached(move |inner| async move {
            let row = inner.known(&id).await?;
            inner.reverse(&row, Purpose::Void, Asker::Caller).await?;
            inner.outcome_of_step(&row).await
        })
        .await
    }

    /// Settles every sale without an outcome that nobody works on. Call it at start-up, and from time to time.
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
    let mut filter = Filter { open: true, limit: Some(PAGE), ..Filter::default() };
    loop {
        let page = inner.journal.transactions(&filter).await?;
        let Some(last) = page.last() else { return Ok(recovered) };
        filter.after = Some((last.started_at, last.request_id.clone()));
        let mut rows = page.into_iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < how.concurrency.get()
                && let Some(row) = rows.next()
            {
                let inner = Arc::clone(&inner);
                running.spawn(async move {
                    let outcome = inner.recover_one(&row, how.void).await;
                    (row.request_id, outcome)
                });
            }
            match running.join_next().await {
                None => break,
                Some(Ok((_, Ok(row)))) => recovered.settled.push(row),
                Some(Ok((id, Err(error)))) => recovered.open.push((id, error)),
                // Only a runtime that is shutting down ends a task early; its row stays open for the next recovery.
                Some(Err(_)) => {}
            }
        }
    }
}

impl Inner {
    fn plan(&self, row: &Transaction) -> Plan {
        let lately = self.asked.lately(&row.request_id, self.recovery.quarantine, self.clock.now());
        self.recovery.plan(row, self.now(), lately)
    }

    async fn known(&self, id: &RequestId) -> Result<Transaction, Error> {
        self.bind().await?;
        let unknown = || {
            Error::new(ErrorKind::Conflict, Delivery::NotSent, format!("the journal has no sale with request id {id}"))
                .because(Cause::UnknownId)
        };
        self.journal.transaction(id).await?.ok_or_else(unknown)
    }

    async fn recover_one(&self, row: &Transaction, void: bool) -> Result<Transaction, Error> {
        let unsettled = matches!(row.state, State::Sending | State::Unknown);
        match self.plan(row) {
            Plan::Wait(_) => self.resolve(&row.request_id, false).await,
            _ if void && unsettled => {
                self.reverse(row, Purpose::Void, Asker::Recovery).await?;
                self.outcome_of_step(row).await
            }
            _ => self.resolve(&row.request_id, false).await,
        }
    }

    /// `now_please`: a caller asks for this one sale, so a pause between tries is cut short.
    async fn resolve(&self, id: &RequestId, now_please: bool) -> Result<Transaction, Error> {
        let row = self.known(id).await?;
        let asked = if now_please { Transaction { retry_at: None, ..row.clone() } } else { row.clone() };
        match self.plan(&asked) {
            Plan::Nothing => return self.outcome(id).await,
            Plan::Wait(until) => return Err(self.waiting(&row, until)),
            Plan::ActivateAgain => self.activate_again(&row).await?,
            Plan::LookFirst => self.look_first(&row).await?,
            Plan::Reverse => {
                let purpose = if row.voided { Purpose::Void } else { Purpose::Return };
                self.reverse(&row, purpose, Asker::Recovery).await?;
            }
        }
        self.outcome_of_step(&row).await
    }

    /// An error says that nothing was begun. What came of an attempt stands in the journal, and recovery may go on with
    /// it, even if no byte left.
    async fn activate_again(&self, row: &Transaction) -> Result<(), Error> {
        let deadline = self.deadline();
        match self.begin_activation(&row.request_id, &row.sale, Asker::Recovery, deadline).await? {
            Begun::Settled(_) => Ok(()),
            Begun::Claimed(claim) => {
                let _ = self.activate_claimed(&row.request_id, &row.sale, claim, deadline).await;
                Ok(())
            }
        }
    }

    async fn reverse(&self, row: &Transaction, purpose: Purpose, asker: Asker) -> Result<(), Error> {
        let reversal = Deactivate::new(row.request_id.clone(), row.sale.card.clone());
        let deadline = self.deadline();
        match self.begin_reversal(&reversal, purpose, asker, deadline).await? {
            Begun::Settled(_) => Ok(()),
            Begun::Claimed(claim) => {
                let _ = self.reverse_claimed(&reversal, purpose, claim, deadline).await;
                Ok(())
            }
        }
    }

    async fn look_first(&self, row: &Transaction) -> Result<(), Error> {
        let check = StatusCheck::new(row.request_id.clone(), row.sale.card.clone());
        let (seen, date) = self.look(&check).await.map_err(|error| self.unseen(row, &error))?;
        let look = self.recovery.after_look(row, &seen.card_status, date);
        match look {
            Look::ActivateAgain => return self.activate_again(row).await,
            Look::Wait(left) => {
                return Err(self.waiting(row, self.now().checked_add(left).unwrap_or(Timestamp::MAX)));
            }
            Look::Close | Look::Undecided => {}
        }
        let begun = self.begin_activation(&row.request_id, &row.sale, Asker::Recovery, self.deadline()).await?;
        let Begun::Claimed(claim) = begun else { return Ok(()) };
        let Some(before) = claim.before.as_deref() else { return Ok(()) };
        let said = |state, note: &str| Settlement { note: Some(note.to_owned()), ..Settlement::done(state, 0, None) };
        let settlement = if before.fence != row.fence {
            said(State::Unknown, "another attempt was made meanwhile")
        } else if look == Look::Close {
            said(State::Rejected, "the card is not active and nothing that was sent can still arrive")
        } else {
            self.recovery.after_look_in_vain(before, self.now())
        };
        // Nothing was sent under this claim.
        let settlement = Settlement { sent_at: Some(before.sent_at), ..settlement };
        let _ = self.journal.settle(&claim, settlement, self.now()).await;
        Ok(())
    }

    /// The sale as a step left it that was begun: if the journal cannot be read, nobody knows how.
    async fn outcome_of_step(&self, row: &Transaction) -> Result<Transaction, Error> {
        let id = &row.request_id;
        self.outcome(id).await.map_err(|error| {
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

    /// The sale as it is now, if it has its outcome.
    async fn outcome(&self, id: &RequestId) -> Result<Transaction, Error> {
        let row = self.known(id).await?;
        let note = row.note.as_deref().unwrap_or("no answer came");
        let (kind, delivery, what) = match row.state {
            State::Activated | State::Rejected | State::Deactivated => return Ok(row),
            State::Attention => {
                (ErrorKind::NeedsAttention, Delivery::Answered, format!("a person has to look at the sale: {note}"))
            }
            state => (ErrorKind::OutcomeUnknown, Delivery::Unknown, format!("the sale is still {state}: {note}")),
        };
        let error = Error::new(kind, delivery, what).with_transaction(id, &row.sale.card, row.attempts);
        Err(match row.retry_at {
            Some(at) => error.because(Cause::NotBefore(at)),
            None => error,
        })
    }

    /// A look that was refused, or could not be sent, says nothing of the sale.
    fn unseen(&self, row: &Transaction, error: &Error) -> Error {
        let message =
            format!("the sale is still {}, and its card's state could not be told: {}", row.state, error.message());
        let unknown = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message);
        unknown.with_transaction(&row.request_id, &row.sale.card, row.attempts)
    }

    fn waiting(&self, row: &Transaction, until: Timestamp) -> Error {
        let message = format!("the sale is {} and is not touched before {until}", row.state);
        let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message).because(Cause::NotBefore(until));
        error.with_transaction(&row.request_id, &row.sale.card, row.attempts)
    }
}
