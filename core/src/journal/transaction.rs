use crate::error::Error;
use crate::model::{Activate, Amount, CardNumber, Expiration, RequestId, TransactionSource};
use jiff::Timestamp;
use std::fmt;

/// Where a sale stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Recorded; an activation may be on its way.
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
    /// It cannot be settled by itself: a reversal was refused, the gateway's answers contradict the sale, or do not tell
    /// what became of it. A person has to look.
    Attention,
}

impl State {
    /// Every state, in the order in which a sale meets them.
    pub const ALL: [Self; 7] = [
        Self::Sending,
        Self::Activated,
        Self::Rejected,
        Self::Unknown,
        Self::Reversing,
        Self::Deactivated,
        Self::Attention,
    ];

    /// The name in exports and in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Activated => "activated",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Reversing => "reversing",
            Self::Deactivated => "deactivated",
            Self::Attention => "attention",
        }
    }

    /// The state of that name.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the sale still needs an answer; such a row keeps its card to itself and is never pruned.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Sending | Self::Unknown | Self::Reversing)
    }

    /// Whether a claimed sale may be settled so.
    pub(crate) fn may_become(self, outcome: Self) -> bool {
        use State::*;
        match self {
            Sending => matches!(outcome, Activated | Rejected | Unknown | Attention),
            Reversing => matches!(outcome, Deactivated | Reversing | Activated | Rejected | Attention),
            Activated | Rejected | Unknown | Deactivated | Attention => false,
        }
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
    /// For which time the last request of the activation was signed, which is when it was sent. Until the journal hears
    /// how an attempt ended, the latest time for which one may have been: the end of its lease. A request that may still
    /// arrive is not signed for a later time. By the gateway's time, for it is what the gateway compares with its own.
    pub sent_at: Timestamp,
    /// When a caller last asked for the activation, by the gateway's time as well as this machine knew it.
    pub asked_at: Timestamp,
    /// Until when somebody works on it; `None` if nobody does. The journal judges that by a clock of its own, so that no
    /// machine's clock ends a lease or prolongs it.
    pub lease_until: Option<Timestamp>,
    /// Grows with each claim, so that an earlier claimant cannot write any more.
    pub fence: u64,
    /// The gateway confirmed the activation, then or earlier.
    pub confirmed: bool,
    /// The sale was given up while its outcome was not known: it may only be reversed, never activated again.
    pub voided: bool,
    /// How often the gateway has answered a reversal, and not by making it, or a look that told nothing.
    pub reversal_tries: u32,
    /// Recovery leaves it alone until then.
    pub retry_at: Option<Timestamp>,
    /// When the card expires, once activated.
    pub expiration: Option<Expiration>,
    /// The last error in one line.
    pub note: Option<String>,
    /// Whether somebody heard the outcome, or acknowledged it; of no meaning while there is none.
    pub told: bool,
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
            sent_at: lease_until,
            asked_at: now,
            lease_until: Some(lease_until),
            fence: 1,
            confirmed: false,
            voided: false,
            reversal_tries: 0,
            retry_at: None,
            expiration: None,
            note: None,
            told: true,
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

    /// The program id that Amazon approved, if there is one.
    pub fn program_id(&self) -> Option<&str> {
        self.sale.program_id.as_deref()
    }

    /// The type of an Amazon Product Voucher, if it is one.
    pub fn product_type(&self) -> Option<&str> {
        self.sale.product_type.as_deref()
    }

    /// The caller's own tracking text, if there is one.
    pub fn external_reference(&self) -> Option<&str> {
        self.sale.external_reference.as_deref()
    }

    /// Whether it has an outcome that nobody heard.
    pub fn is_untold(&self) -> bool {
        !self.told && !self.state.is_open()
    }

    /// Whether it has the outcome of that `fence`, and of its hearing the opposite of `told` is recorded.
    pub(super) fn is_told_otherwise(&self, fence: u64, told: bool) -> bool {
        self.fence == fence && self.told != told && !self.state.is_open()
    }

    /// Whether somebody held it when the journal read it.
    pub fn is_held(&self) -> bool {
        self.lease_until.is_some()
    }

    /// Whether a claim of that fence is worth something. A journal that lost its last steps may give a fence twice; whoever
    /// had it first settles nothing that is settled.
    pub(super) fn is_claimed(&self, fence: u64) -> bool {
        self.fence == fence && matches!(self.state, State::Sending | State::Reversing)
    }

    /// Takes it over to activate, until `lease_until`, by when a first request has to be signed, and records `sale`, which
    /// is what will be sent.
    pub fn claim_activation(&mut self, sale: &Activate, asker: Asker, now: Timestamp, lease_until: Timestamp) -> Claim {
        // What got its answer arrives no more.
        let sent_at = if self.state.is_open() { self.sent_at } else { lease_until };
        let claim = self.claim(State::Sending, now, lease_until);
        self.sale = Activate { request_id: Some(self.request_id.clone()), ..sale.clone() };
        self.sent_at = sent_at.max(lease_until);
        if asker == Asker::Caller {
            self.asked_at = now;
        }
        claim
    }

    /// Takes it over to deactivate, until `lease_until`.
    pub fn claim_reversal(&mut self, purpose: Purpose, now: Timestamp, lease_until: Timestamp) -> Claim {
        let claim = self.claim(State::Reversing, now, lease_until);
        self.voided |= purpose == Purpose::Void;
        claim
    }

    fn claim(&mut self, state: State, now: Timestamp, lease_until: Timestamp) -> Claim {
        debug_assert!(self.state != State::Deactivated, "{} is claimed after it was taken back", self.request_id);
        let before = Some(Box::new(self.clone()));
        self.state = state;
        self.fence += 1;
        self.updated_at = now;
        self.lease_until = Some(lease_until);
        Claim { request_id: self.request_id.clone(), fence: self.fence, lease_until, before, unrecorded: false }
    }

    /// Notes that the claimant is about to send a request, and extends its lease. Neither that request nor an earlier
    /// one that may still arrive is signed for a later time than `signed_until`.
    pub fn attempt(&mut self, now: Timestamp, lease_until: Timestamp, signed_until: Timestamp) {
        debug_assert!(
            matches!(self.state, State::Sending | State::Reversing),
            "an attempt on a sale that is {}",
            self.state
        );
        if self.state == State::Sending {
            self.sent_at = signed_until;
            // Who claimed it for a caller does so still. The gateway may have said meanwhile what time it is. What somebody
            // asked for earlier, at a clock that was wrong, is no younger for that.
            if self.asked_at == self.updated_at {
                self.asked_at = now;
            }
        }
        self.updated_at = now;
        self.lease_until = Some(lease_until);
    }

    /// Writes what came of it and gives it up.
    pub fn settle(&mut self, settlement: Settlement, now: Timestamp) {
        debug_assert!(
            matches!(self.state, State::Sending | State::Reversing),
            "{} is settled, which is {} and claimed by nobody",
            self.request_id,
            self.state
        );
        self.reversal_tries = settlement.reversal_tries;
        self.state = settlement.state;
        self.confirmed |= settlement.state == State::Activated;
        self.attempts = self.attempts.saturating_add(settlement.attempts);
        self.updated_at = now;
        self.sent_at = settlement.sent_at.unwrap_or(self.sent_at);
        self.lease_until = None;
        self.retry_at = settlement.retry_at;
        self.expiration = settlement.expiration.or(self.expiration.take());
        self.note = settlement.note;
        self.told = settlement.told;
    }
}

/// On whose behalf an operation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// Somebody who says what is to be done, for the first time or again, and hears what came of it.
    Caller,
    /// Recovery, which takes up what was left open. A sale that has its outcome by now keeps it: somebody was told.
    Recovery,
}

/// Why a card is deactivated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The customer brought it back: a confirmed activation is undone.
    Return,
    /// The sale was given up, whatever became of the activation.
    Void,
}

impl Purpose {
    /// The name in the history.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Void => "void",
        }
    }
}

/// The right to work on one sale. It is worth nothing once somebody else has claimed the sale.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The sale.
    pub request_id: RequestId,
    /// The row's fence when it was claimed.
    pub fence: u64,
    /// Until when it holds.
    pub lease_until: Timestamp,
    /// The row as it was before; `None` if there was none.
    pub before: Option<Box<Transaction>>,
    /// Nobody recorded what was sent under this id before, and it may be one that the caller repeats.
    pub unrecorded: bool,
}

impl Claim {
    /// On a sale that the journal did not have.
    pub fn new(id: &RequestId, lease_until: Timestamp) -> Self {
        Self { request_id: id.clone(), fence: 1, lease_until, before: None, unrecorded: false }
    }

    /// An earlier attempt, of which nothing is known, may have been sent.
    pub fn in_doubt(&self) -> bool {
        self.unrecorded || self.before.as_ref().is_some_and(|before| before.state.is_open())
    }
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
    /// The row's [`sent_at`](Transaction::sent_at) from here on, if it is known; `None` leaves it as it is.
    pub sent_at: Option<Timestamp>,
    /// When recovery should look at it again.
    pub retry_at: Option<Timestamp>,
    /// How often the gateway has answered a reversal by now, and not by making it.
    pub reversal_tries: u32,
    /// The error in one line, if there was one.
    pub note: Option<String>,
    /// Whether a caller waits to hear it.
    pub told: bool,
}

impl Settlement {
    /// It is done, and leaves the sale in `state`.
    pub fn done(state: State, attempts: u32, expiration: Option<Expiration>) -> Self {
        Self { state, attempts, expiration, sent_at: None, retry_at: None, reversal_tries: 0, note: None, told: true }
    }

    /// It ended in `error`, and leaves the sale in `state`.
    pub fn failed(state: State, error: &Error) -> Self {
        let (attempts, note) = (error.attempts(), Some(error.message().to_owned()));
        Self { note, ..Self::done(state, attempts, None) }
    }
}

/// Which sales to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that still need an answer.
    pub open: bool,
    /// Only those with an outcome that nobody heard.
    pub untold: bool,
    /// Only those begun at this time or later.
    pub from: Option<Timestamp>,
    /// Only those begun before this time.
    pub to: Option<Timestamp>,
    /// Only those of this card.
    pub card: Option<CardNumber>,
    /// Only those with exactly this external reference.
    pub reference: Option<String>,
    /// Only those after this one, for reading page by page.
    pub after: Option<(Timestamp, RequestId)>,
    /// At most so many.
    pub limit: Option<usize>,
}

impl Filter {
    /// Whether it lets a sale through, its limit aside.
    pub fn matches(&self, transaction: &Transaction) -> bool {
        (!self.open || transaction.state.is_open())
            && (!self.untold || transaction.is_untold())
            && self.from.is_none_or(|from| transaction.started_at >= from)
            && self.to.is_none_or(|to| transaction.started_at < to)
            && self.card.as_ref().is_none_or(|card| transaction.sale.card == *card)
            && self.reference.as_deref().is_none_or(|text| transaction.external_reference() == Some(text))
            && self.after.as_ref().is_none_or(|(at, id)| (transaction.started_at, &transaction.request_id) > (*at, id))
    }
}
