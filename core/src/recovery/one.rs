//! What is done about one sale without an outcome.

use super::Unfinished;
use super::policy::{Look, Plan};
use super::silence::Heard;
use crate::engine::{Entered, Hearers, Inner, UnderWay, Work};
use crate::error::{Cause, Delivery, Error, ErrorKind};
use crate::journal::{Asker, Begun, Purpose, Settlement, State, Transaction};
use crate::model::{CardStatus, Deactivate, RequestId, StatusCheck};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

impl Inner {
    fn plan(&self, row: &Transaction) -> Plan {
        let lately = self.shared.asked.lately(&row.request_id, self.recovery.quarantine, self.clock.now());
        self.recovery.plan(row, self.now(), lately)
    }

    /// A sale that the journal has to have.
    pub(super) async fn sale(&self, id: &RequestId, deadline: Instant) -> Result<Transaction, Error> {
        let unknown = || {
            Error::new(ErrorKind::Conflict, Delivery::NotSent, format!("the journal has no sale with request id {id}"))
                .because(Cause::UnknownId)
        };
        self.known(id, deadline).await?.ok_or_else(unknown)
    }

    pub(super) async fn recover_one(
        &self,
        row: &Transaction,
        unfinished: Unfinished,
    ) -> (Result<Transaction, Error>, Heard) {
        let id = &row.request_id;
        // Whoever works on it already has the journal's lease, so that nothing is done about it here.
        let _place = match UnderWay::enter(&self.shared, id, Work::Settle) {
            Entered::Mine(place) => Some(place),
            _ => None,
        };
        let deadline = self.deadline();
        let unsettled = matches!(row.state, State::Sending | State::Unknown);
        if !unsettled || unfinished == Unfinished::Complete || matches!(self.plan(row), Plan::Wait(_)) {
            return self.resolve(id, false, deadline, None).await;
        }
        let is_old = match unfinished {
            Unfinished::Complete => false,
            Unfinished::Void => true,
            Unfinished::VoidOlderThan(age) | Unfinished::LeaveOlderThan(age) => {
                match self.is_older(row, age, deadline).await {
                    Ok(is_old) => is_old,
                    Err(error) => return self.after(row, Err(error)).await,
                }
            }
        };
        match unfinished {
            _ if !is_old => self.resolve(id, false, deadline, None).await,
            Unfinished::LeaveOlderThan(_) => (Err(left(row)), Heard::Nothing),
            _ => {
                let reversed = self.reverse(row, Purpose::Void, Asker::Recovery, deadline, None).await;
                self.after(row, reversed).await
            }
        }
    }

    /// Whether a sale was asked for longer than `age` ago.
    async fn is_older(&self, row: &Transaction, age: SignedDuration, deadline: Instant) -> Result<bool, Error> {
        if self.shared.asked.lately(&row.request_id, age, self.clock.now()) {
            return Ok(false);
        }
        let check = StatusCheck::new(row.request_id.clone(), row.sale.card.clone());
        let (seen, date) = self.look(&check, deadline).await;
        match seen {
            Err(error) if !error.is_answer() => Err(self.unseen(row, &error)),
            _ => Ok(date.unwrap_or_else(|| self.now()).duration_since(row.asked_at).abs() > age),
        }
    }

    /// `now_please`: a caller asks for this one sale, so a pause between tries is cut short.
    pub(super) async fn resolve(
        &self,
        id: &RequestId,
        now_please: bool,
        deadline: Instant,
        hearers: Option<&Hearers>,
    ) -> (Result<Transaction, Error>, Heard) {
        let row = match self.sale(id, deadline).await {
            Ok(row) => row,
            Err(error) => {
                let heard = Heard::of(&error);
                return (Err(error), heard);
            }
        };
        let asked = if now_please { Transaction { retry_at: None, ..row.clone() } } else { row.clone() };
        let step = match self.plan(&asked) {
            // A rejected sale may begin anew, and a step that does so may be on its way in a journal that stalls. What is
            // read could be of before; a step comes after it.
            Plan::Nothing if row.state == State::Rejected && hearers.is_some() => {
                self.activate_again(&row, deadline, hearers).await
            }
            Plan::Nothing => {
                self.hear_again(&row, hearers).await;
                return (outcome(row), Heard::Nothing);
            }
            Plan::Wait(until) => return (Err(self.waiting(&row, until)), Heard::Nothing),
            Plan::ActivateAgain => self.activate_again(&row, deadline, hearers).await,
            Plan::LookFirst => self.look_first(&row, deadline, hearers).await,
            Plan::Reverse => {
                let purpose = if row.voided { Purpose::Void } else { Purpose::Return };
                self.reverse(&row, purpose, Asker::Recovery, deadline, hearers).await
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
    async fn activate_again(
        &self,
        row: &Transaction,
        deadline: Instant,
        hearers: Option<&Hearers>,
    ) -> Result<Heard, Error> {
        match self.begin_activation(&row.request_id, &row.sale, Asker::Recovery, deadline).await? {
            Begun::Settled(known) => {
                self.hear_again(&known, hearers).await;
                Ok(Heard::Nothing)
            }
            Begun::Claimed(claim) => {
                let sent = self.activate_claimed(&row.request_id, &row.sale, claim, deadline, hearers).await;
                Ok(sent.err().map_or(Heard::Answer, |error| Heard::of(&error)))
            }
        }
    }

    pub(super) async fn reverse(
        &self,
        row: &Transaction,
        purpose: Purpose,
        asker: Asker,
        deadline: Instant,
        hearers: Option<&Hearers>,
    ) -> Result<Heard, Error> {
        let reversal = Deactivate::new(row.request_id.clone(), row.sale.card.clone());
        match self.begin_reversal(&reversal, purpose, asker, deadline).await? {
            Begun::Settled(known) => {
                self.hear_again(&known, hearers).await;
                Ok(Heard::Nothing)
            }
            Begun::Claimed(claim) => {
                let sent = self.reverse_claimed(&reversal, purpose, claim, deadline, hearers).await;
                Ok(sent.err().map_or(Heard::Answer, |error| Heard::of(&error)))
            }
        }
    }

    async fn look_first(
        &self,
        row: &Transaction,
        deadline: Instant,
        hearers: Option<&Hearers>,
    ) -> Result<Heard, Error> {
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
            Look::ActivateAgain => return self.activate_again(row, deadline, hearers).await,
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
        let _ = self.settle(&claim, settlement, self.now(), hearers).await;
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
    pub(super) async fn outcome_of_step(&self, row: &Transaction) -> Result<Transaction, Error> {
        let id = &row.request_id;
        let read = self.sale(id, Instant::now() + self.attempt_timeout).await;
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

/// A sale that recovery was told to leave to a person.
fn left(row: &Transaction) -> Error {
    let message = format!(
        "the sale is {} and older than recovery was told to complete; resolve it, or void it if the customer has left",
        row.state
    );
    let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message);
    error.with_transaction(&row.request_id, &row.sale.card, row.attempts)
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
