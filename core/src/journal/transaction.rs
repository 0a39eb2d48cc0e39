use crate::error::Error;
use crate::model::{Activate, Amount, CardNumber, Expiration, RequestId, TransactionSource};
use jiff::Timestamp;
use std::fmt;

/// Where a sale stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Recorded; nothing was sent yet.
    Pending,
    /// An activation may be on its way.
    Sending,
    /// The gateway confirmed the activation.
    Activated,
    /// The gateway refused it, or it never left.
    Rejected,
    /// An activation was sent and no answer settled it.
    Unknown,
    /// A deactivation is on its way, or was sent without an answer.
    Reversing,
    /// The gateway confirmed the deactivation.
    Deactivated,
    /// A reversal could not be completed; a person has to look.
    Attention,
}

impl State {
    /// The name in exports and in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Activated => "activated",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Reversing => "reversing",
            Self::Deactivated => "deactivated",
            Self::Attention => "attention",
        }
    }

    /// Whether the sale still needs an answer; such a row keeps its card to itself and is never pruned.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Sending | Self::Unknown | Self::Reversing)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A sale as the journal holds it.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// The id of the sale.
    pub request_id: RequestId,
    /// What was to be activated, with everything that a repeated request must repeat.
    pub sale: Activate,
    /// Where it stands.
    pub state: State,
    /// How many requests were sent for the activation and, later, for the deactivation.
    pub attempts: u32,
    /// When the intent was recorded.
    pub started_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
    /// Until when somebody works on it; `None` if nobody does.
    pub lease_until: Option<Timestamp>,
    /// Grows with each claim, so that an earlier claimant cannot write any more.
    pub fence: u64,
    /// When the card expires, once activated.
    pub expiration: Option<Expiration>,
    /// The last error in one line.
    pub note: Option<String>,
}

impl Transaction {
    /// A new sale, claimed until `lease_until`.
    pub fn begin(id: &RequestId, sale: &Activate, now: Timestamp, lease_until: Timestamp) -> Self {
        Self {
            request_id: id.clone(),
            sale: Activate { request_id: Some(id.clone()), ..sale.clone() },
            state: State::Sending,
            attempts: 0,
            started_at: now,
            updated_at: now,
            lease_until: Some(lease_until),
            fence: 1,
            expiration: None,
            note: None,
        }
    }

    /// The card; prints its last four digits.
    pub fn card(&self) -> &CardNumber {
        &self.sale.card
    }

    /// The amount.
    pub fn amount(&self) -> Amount {
        self.sale.amount
    }

    /// Where the sale happened, if it was said.
    pub fn source(&self) -> Option<&TransactionSource> {
        self.sale.source.as_ref()
    }

    /// The caller's own tracking text, if there is one.
    pub fn external_reference(&self) -> Option<&str> {
        self.sale.external_reference.as_deref()
    }

    /// Whether somebody holds it at `now`.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.lease_until.is_some_and(|until| now < until)
    }

    /// Takes it over for `state`, until `lease_until`.
    pub fn claim(&mut self, state: State, now: Timestamp, lease_until: Timestamp) -> Claim {
        let claim = Claim { request_id: self.request_id.clone(), fence: self.fence + 1, resumed: self.state.is_open() };
        self.state = state;
        self.fence = claim.fence;
        self.updated_at = now;
        self.lease_until = Some(lease_until);
        claim
    }

    /// Writes what came of it and gives it up.
    pub fn settle(&mut self, settlement: Settlement, now: Timestamp) {
        self.state = settlement.state;
        self.attempts += settlement.attempts;
        self.updated_at = now;
        self.lease_until = None;
        self.expiration = settlement.expiration.or(self.expiration.take());
        self.note = settlement.note;
    }
}

/// The right to work on one sale. It is worth nothing once somebody else has claimed the sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The sale.
    pub request_id: RequestId,
    /// The row's fence when it was claimed.
    pub fence: u64,
    /// An earlier attempt, of which nothing is known, may have been sent.
    pub resumed: bool,
}

/// What `begin_activation` and `begin_reversal` find.
#[derive(Debug, Clone)]
pub enum Begun {
    /// Go on: the intent is durable and the sale is this caller's.
    Claimed(Claim),
    /// It is done already; nothing needs to be sent.
    Settled(Box<Transaction>),
}

/// What came of an attempt.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// The state it leaves the sale in.
    pub state: State,
    /// How many requests were sent.
    pub attempts: u32,
    /// When the card expires, if the gateway told.
    pub expiration: Option<Expiration>,
    /// The error in one line, if there was one.
    pub note: Option<String>,
}

impl Settlement {
    /// After an activation, or a deactivation, that ended in `error`; `refused` is the state for a definite no.
    pub(crate) fn failed(error: &Error, refused: State, unknown: State) -> Self {
        let state = if error.kind() == crate::ErrorKind::OutcomeUnknown { unknown } else { refused };
        Self { state, attempts: error.attempts(), expiration: None, note: Some(error.message().to_owned()) }
    }
}

/// Which sales to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that still need an answer.
    pub open: bool,
    /// Only those begun at this time or later.
    pub from: Option<Timestamp>,
    /// Only those begun before this time.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: Option<usize>,
}

impl Filter {
    /// Whether it lets a sale through, its limit aside.
    pub fn matches(&self, transaction: &Transaction) -> bool {
        (!self.open || transaction.state.is_open())
            && self.from.is_none_or(|from| transaction.started_at >= from)
            && self.to.is_none_or(|to| transaction.started_at < to)
    }
}
