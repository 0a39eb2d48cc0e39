use crate::engine::{Class, Tells, tells};
use crate::error::{Error, ErrorKind};
use crate::journal::{Purpose, Settlement, State, Transaction};
use crate::model::{CardStatus, Operation};
use jiff::{SignedDuration, Timestamp};

/// How sales without an outcome are treated; the table is in `docs/recovery.md`.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How long after the time that it was signed for a request may still take effect, by the gateway's clock alone: the
    /// gateway takes a signature for 15 minutes from its time. 32 minutes by default, which leaves as much again for a
    /// gateway that takes more than it says. For as long, too, a sale is completed for the customer who waits.
    pub quarantine: SignedDuration,
    /// How many times the gateway may answer a reversal, and not make it, before a person is asked; 6 by default. A try
    /// that got no answer is not counted: reversals outlast an outage, however long it is. For as many looks that tell
    /// nothing, too.
    pub reversal_tries: u32,
    /// The pause after a try in vain, doubled with each answer; 30 s by default, and never over an hour.
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

/// No pause between tries is longer. What says otherwise was written before the clock was set back.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// A request is signed for no later than the end of its operation's lease, two hours at the most. Of one that is signed
/// for a later time, nobody waits for the end: the clock was far ahead.
const LONGEST_LEASE: SignedDuration = SignedDuration::from_hours(2);

/// What recovery does with one sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// It has its outcome.
    Nothing,
    /// Somebody works on it, or it is not yet time to try again.
    Wait(Timestamp),
    /// Activate again with the same id: a caller of this process asked for it lately, and the answer tells whose the card
    /// is.
    ActivateAgain,
    /// Ask for the card's state first; the answer's date tells how old the sale is.
    LookFirst,
    /// Deactivate, with the same id.
    Reverse,
}

/// What becomes of a sale that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Activate again with the same id.
    ActivateAgain,
    /// Nothing happened, and nothing that was sent can still arrive.
    Close,
    /// So long something may still arrive, for somebody who has left.
    Wait(SignedDuration),
    /// Nothing tells whether something may still arrive, or not for hours: another time, and in the end a person.
    Undecided,
}

impl Policy {
    /// What to do with a sale at `now`; `lately`: a caller of this process asked for it less than the quarantine ago.
    pub fn plan(&self, row: &Transaction, now: Timestamp, lately: bool) -> Plan {
        if !row.state.is_open() {
            return Plan::Nothing;
        }
        if let Some(until) = row.lease_until {
            return Plan::Wait(until);
        }
        if let Some(at) = row.retry_at.filter(|at| is_ahead(*at, now)) {
            return Plan::Wait(at);
        }
        match row.state {
            State::Reversing => Plan::Reverse,
            _ if lately => Plan::ActivateAgain,
            _ => Plan::LookFirst,
        }
    }

    /// What to do with a sale whose card has that state, by an answer of that date, if it has one that can be trusted.
    pub fn after_look(&self, row: &Transaction, card: &CardStatus, date: Option<Timestamp>) -> Look {
        if *card != CardStatus::AwaitingActivation {
            return Look::ActivateAgain;
        }
        let Some(date) = date else { return Look::Undecided };
        if date.duration_since(row.asked_at).abs() < self.quarantine {
            return Look::ActivateAgain;
        }
        self.arrives(row.sent_at, date).map_or(Look::Close, |left| match left {
            Left::Known(left) => Look::Wait(left),
            Left::TooLong => Look::Undecided,
        })
    }

    /// Whether at that time of the gateway's nothing can still arrive that was signed for no later than `signed`.
    pub(crate) fn is_over(&self, signed: Timestamp, date: Timestamp) -> bool {
        self.arrives(signed, date).is_none()
    }

    /// How long something may still arrive; `None` if nothing can.
    fn arrives(&self, signed: Timestamp, date: Timestamp) -> Option<Left> {
        let left = signed.duration_since(date).saturating_add(self.quarantine);
        if !left.is_positive() {
            None
        } else if left <= self.quarantine.saturating_add(LONGEST_LEASE) {
            Some(Left::Known(left))
        } else {
            Some(Left::TooLong)
        }
    }

    /// Where an activation that ended in `error` leaves the sale; `before` is the row before it was claimed, `signed` the
    /// latest time for which something was signed that may still arrive, and `date` the gateway's time when it answered
    /// last.
    pub(crate) fn after_failed_activation(
        &self,
        before: Option<&Transaction>,
        error: &Error,
        now: Timestamp,
        signed: Option<Timestamp>,
        date: Option<Timestamp>,
    ) -> Settlement {
        if error.kind() != ErrorKind::OutcomeUnknown {
            return Settlement::failed(State::Rejected, error);
        }
        if error.class() == Some(Class::Contradiction) {
            let next = self.after_contradiction(before.filter(|row| row.state.is_open()), now, date);
            return self.later(next, |state| Settlement::failed(state, error));
        }
        if !only_time_tells(error) {
            return Settlement::failed(State::Unknown, error);
        }
        // Asked again, the gateway would say the same; what is still on its way has arrived then.
        let left = signed.zip(date).map(|(signed, date)| self.arrives(signed, date));
        let next = match (left, before) {
            (Some(Some(Left::Known(left))), _) => Some((after(left, now), before.map_or(0, tries))),
            (_, None) => Some((after(self.quarantine, now), 0)),
            (_, Some(before)) => self.next_try(before, now),
        };
        self.later(next, |state| Settlement::failed(state, error))
    }

    /// When to ask again whose answer contradicted the sale, and how often that was; `None` once it has had the time to
    /// come right.
    fn after_contradiction(
        &self,
        before: Option<&Transaction>,
        now: Timestamp,
        date: Option<Timestamp>,
    ) -> Option<(Timestamp, u32)> {
        let over = before.zip(date).is_some_and(|(row, date)| self.is_over(row.sent_at, date));
        let waits = before.filter(|row| tries(row) > 0).and_then(|row| row.retry_at);
        match waits {
            _ if over => None,
            Some(at) if is_ahead(at, now) => Some((at, 1)),
            Some(_) => None,
            None => Some((after(self.quarantine, now), 1)),
        }
    }

    /// Where a status check that was refused leaves a sale of which nothing can still arrive, and why; `None` if the
    /// refusal says nothing of the sale.
    pub(crate) fn after_refused_look(&self, error: &Error) -> Option<(State, &'static str)> {
        match (error.kind(), error.error_type()) {
            _ if error.class() == Some(Class::Contradiction) => {
                Some((State::Attention, "the gateway's answer contradicts the status check"))
            }
            (ErrorKind::AlreadyActivated, _) => Some((State::Rejected, "the card is active under another request id")),
            (ErrorKind::Rejected, Some(error_type)) if NO_SUCH_CARD.contains(&error_type) => {
                Some((State::Rejected, "the gateway knows no such card"))
            }
            (ErrorKind::Rejected, Some("NonExistingActivationRequestId")) => {
                Some((State::Rejected, "the gateway knows no activation with this request id"))
            }
            (ErrorKind::Rejected, _) => Some((State::Attention, "the gateway refused to tell the card's state")),
            _ => None,
        }
    }

    /// Where a look leaves a sale that it could not decide; `before` is the row before it was claimed.
    pub(crate) fn after_look_in_vain(&self, before: &Transaction, now: Timestamp) -> Settlement {
        let note =
            "the card is not active, and the gateway's answer does not tell whether what was sent can still arrive";
        let settlement = self.later(self.next_try(before, now), |state| Settlement::done(state, 0, None));
        Settlement { note: Some(note.to_owned()), ..settlement }
    }

    /// Where a deactivation that ended in `error` leaves the sale; `before` is the row before it was claimed, and `date`
    /// the gateway's time when it last answered, if that can be trusted.
    pub(crate) fn after_failed_reversal(
        &self,
        before: Option<&Transaction>,
        purpose: Purpose,
        error: &Error,
        now: Timestamp,
        date: Option<Timestamp>,
    ) -> Settlement {
        let Some(before) = before else { return Settlement::failed(State::Reversing, error) };
        let voided = before.voided || purpose == Purpose::Void;
        let unknown = error.kind() == ErrorKind::OutcomeUnknown;
        let answered = tries(before).saturating_add(u32::from(error.is_answer()));
        let failed = |state| Settlement { reversal_tries: answered, ..Settlement::failed(state, error) };
        let again = |at| Settlement { retry_at: Some(at), ..failed(State::Reversing) };
        let pause = after(self.pause(tries(before)), now);
        let again_or_attention = || match error.is_answer() && answered >= self.reversal_tries {
            true => failed(State::Attention),
            false => again(pause),
        };
        // A caller stands there and hears of the refusal: the card is the customer's again.
        if before.state == State::Activated && !voided && !unknown {
            return Settlement::failed(State::Activated, error);
        }
        // The same for one that a person has to look at, and tried to take back: nothing goes on behind the refusal.
        if before.state == State::Attention && purpose == Purpose::Return && !unknown {
            return Settlement::failed(State::Attention, error);
        }
        if voided && !before.confirmed && never_seen(error) {
            // Without a date, nobody knows yet whether the activation may still arrive.
            let left = date.map_or(Some(Left::TooLong), |date| self.arrives(before.sent_at, date));
            return match left {
                None => failed(State::Rejected),
                Some(Left::Known(left)) => again(after(left, now)),
                Some(Left::TooLong) => again_or_attention(),
            };
        }
        if matches!(error.kind(), ErrorKind::Rejected | ErrorKind::AlreadyActivated) {
            return failed(State::Attention);
        }
        // As long as the activation may still arrive, no person knows more.
        let left = date.filter(|_| !before.confirmed).and_then(|date| self.arrives(before.sent_at, date));
        match left {
            Some(Left::Known(_)) => again(pause),
            _ => again_or_attention(),
        }
    }

    /// When to try again what the gateway answered in vain, and how often it was then; `None` if a person has to look.
    fn next_try(&self, before: &Transaction, now: Timestamp) -> Option<(Timestamp, u32)> {
        let tried = tries(before) + 1;
        (tried < self.reversal_tries).then(|| (after(self.pause(tries(before)), now), tried))
    }

    /// Unknown until then, or a person's.
    fn later(&self, next: Option<(Timestamp, u32)>, settled: impl FnOnce(State) -> Settlement) -> Settlement {
        match next {
            Some((at, tried)) => Settlement { retry_at: Some(at), reversal_tries: tried, ..settled(State::Unknown) },
            None => Settlement { reversal_tries: self.reversal_tries, ..settled(State::Attention) },
        }
    }

    fn pause(&self, tried: u32) -> SignedDuration {
        self.reversal_pause.checked_mul(1 << tried.min(16)).unwrap_or(SignedDuration::MAX)
    }
}

/// How often the gateway has answered in vain; a new beginning counts anew.
fn tries(before: &Transaction) -> u32 {
    if before.state.is_open() { before.reversal_tries } else { 0 }
}

/// What the gateway says of a number that is no card of its own: nothing can have been charged for it.
const NO_SUCH_CARD: [&str; 5] =
    ["CardNumberNotFound", "CardNotFound", "CardNumberTooShort", "CardNumberCheckSumError", "InvalidCardNumberInput"];

/// How long a request may still arrive.
enum Left {
    Known(SignedDuration),
    /// For hours: by the gateway's time it was signed for a time that is far ahead.
    TooLong,
}

/// Whether a pause that ends at `at` is not over. One that seems longer than any is.
fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
    now < at && at.duration_since(now) <= LONGEST_PAUSE
}

/// After a pause, which is an hour at the most.
fn after(pause: SignedDuration, now: Timestamp) -> Timestamp {
    now.checked_add(pause.min(LONGEST_PAUSE)).unwrap_or(Timestamp::MAX)
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
