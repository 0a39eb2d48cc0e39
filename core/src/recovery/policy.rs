use crate::engine::{Tells, tells};
use crate::error::{Error, ErrorKind};
use crate::journal::{Purpose, Settlement, State, Transaction};
use crate::model::Operation;
use jiff::{SignedDuration, Timestamp};

/// How sales without an outcome are treated; the table is in `docs/recovery.md`.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How long a request that was sent may still take effect. The gateway takes a signature for 15 minutes from its
    /// time, which a fast clock may have set 15 minutes ahead. 32 minutes by default.
    pub quarantine: SignedDuration,
    /// How often a reversal is tried before a person is asked; 6 by default.
    pub reversal_tries: u32,
    /// The pause after the first try in vain, doubled with each; 30 s by default, and never over an hour.
    pub reversal_pause: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            quarantine: SignedDuration::from_mins(32),
            reversal_tries: 6,
            reversal_pause: SignedDuration::from_secs(30),
        }
    }
}

/// What recovery does with one sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// It has its outcome.
    Nothing,
    /// Somebody works on it, or it is not yet time to try again.
    Wait(Timestamp),
    /// Activate again with the same id: it may still be on its way, and the answer tells whose the card is.
    ActivateAgain,
    /// Ask for the card's state first: what was sent long ago can no longer arrive, so a card that is not active
    /// closes the sale without an effect.
    LookFirst,
    /// Deactivate, with the same id.
    Reverse,
}

impl Policy {
    /// What to do with a sale at `now`.
    pub fn plan(&self, row: &Transaction, now: Timestamp) -> Plan {
        if !row.state.is_open() {
            return Plan::Nothing;
        }
        if let Some(until) = row.lease_until.filter(|until| now < *until) {
            return Plan::Wait(until);
        }
        if let Some(at) = row.retry_at.filter(|at| now < *at) {
            return Plan::Wait(at);
        }
        match row.state {
            State::Reversing => Plan::Reverse,
            _ if now < self.settled_from(row) => Plan::ActivateAgain,
            _ => Plan::LookFirst,
        }
    }

    /// From when on nothing that was sent for the activation can still arrive.
    pub fn settled_from(&self, row: &Transaction) -> Timestamp {
        row.sent_at.checked_add(self.quarantine).unwrap_or(Timestamp::MAX)
    }

    /// Where an activation that ended in `error` leaves the sale.
    pub(crate) fn after_failed_activation(&self, error: &Error, now: Timestamp) -> Settlement {
        if error.kind() != ErrorKind::OutcomeUnknown {
            return Settlement::failed(State::Rejected, error);
        }
        // Asked again, the gateway would say the same; what is still on its way has arrived then.
        let retry_at = only_time_tells(error).then(|| now.checked_add(self.quarantine).unwrap_or(Timestamp::MAX));
        Settlement { retry_at, ..Settlement::failed(State::Unknown, error) }
    }

    /// Where a deactivation that ended in `error` leaves the sale; `before` is the row before it was claimed.
    pub(crate) fn after_failed_reversal(
        &self,
        before: Option<&Transaction>,
        purpose: Purpose,
        error: &Error,
        now: Timestamp,
    ) -> Settlement {
        let Some(before) = before else { return Settlement::failed(State::Reversing, error) };
        let voided = before.voided || purpose == Purpose::Void;
        let unknown = error.kind() == ErrorKind::OutcomeUnknown;
        // A caller stands there and hears of the refusal: the card is the customer's again.
        if before.state == State::Activated && !voided && !unknown {
            return Settlement::failed(State::Activated, error);
        }
        // The same for one that a person has to look at, and tried to take back: nothing goes on behind the refusal.
        if before.state == State::Attention && purpose == Purpose::Return && !unknown {
            return Settlement::failed(State::Attention, error);
        }
        if voided && !before.confirmed && never_seen(error) {
            let settled_from = self.settled_from(before);
            let state = if now < settled_from { State::Reversing } else { State::Rejected };
            return Settlement {
                retry_at: (state == State::Reversing).then_some(settled_from),
                ..Settlement::failed(state, error)
            };
        }
        // As long as the activation may still arrive, no person knows more.
        let may_be_activated = !before.confirmed && now < self.settled_from(before);
        if matches!(error.kind(), ErrorKind::Rejected | ErrorKind::AlreadyActivated)
            || before.reversal_tries + 1 >= self.reversal_tries && !may_be_activated
        {
            return Settlement::failed(State::Attention, error);
        }
        let pause = self.reversal_pause.checked_mul(1 << before.reversal_tries.min(16)).unwrap_or(SignedDuration::MAX);
        let retry_at = now.checked_add(pause.min(SignedDuration::from_hours(1))).unwrap_or(Timestamp::MAX);
        Settlement { retry_at: Some(retry_at), ..Settlement::failed(State::Reversing, error) }
    }
}

/// The refusal is about the state that the card is in.
fn only_time_tells(error: &Error) -> bool {
    let told = error.error_type().map(|name| tells(Operation::Activate, name));
    matches!(told, Some(Tells::NoneYet | Tells::OneMay))
}

/// The gateway knows no activation of this card with this id: either it never arrived, or it is still on its way.
pub(super) fn never_seen(error: &Error) -> bool {
    matches!(error.error_type(), Some("NonExistingActivationRequestId" | "WrongActivationRequestId"))
}
