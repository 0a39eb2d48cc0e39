//! The words of the case table: what is done, to which card, with which id, and what must come of it.

use posa_core::{Amount, CardStatus, Error, ErrorKind, Receipt};

/// A case of the plan: steps in order. It passes when each comes out as it must.
pub(super) struct Case {
    pub(super) group: &'static str,
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

pub(super) struct Step {
    pub(super) act: Act,
    pub(super) expect: Expect,
}

#[derive(Clone, Copy)]
pub(super) enum Act {
    Activate(Id, Pick, Sum, Via),
    /// With where the sale happens; the long form of it or the short one.
    ActivateAt(Id, Pick, Sum, Place),
    Deactivate(Id, Pick, Via),
    Status(Id, Pick, Via),
    /// More requests at once than an account may send in a second.
    Burst,
    /// What a sandbox of our own is told before the next step.
    Arrange(Arrangement),
    /// How often the id was charged and refunded, where the ledger can be seen.
    Booked {
        id: Id,
        charges: usize,
        refunds: usize,
    },
}

/// A request id; each case draws its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Id {
    A,
    B,
    /// One of the vendor's mock ids.
    Mock(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    First,
    Second,
    /// One with an amount printed on it.
    Denominated,
    /// The first, by its 16 digits alone.
    WithoutChecksum,
    /// The first, with three other digits in its checksum's place.
    WrongChecksum,
    /// A number of no card.
    Nobodys,
}

#[derive(Clone, Copy)]
pub(super) enum Sum {
    /// 100, or what the card is worth.
    Hundred,
    /// 1000, or the most that the country allows, or what the card is worth.
    Thousand,
    Least,
    Most,
    /// Under the least, over the most: amounts that must not be sent at all.
    TooLittle,
    TooMuch,
    /// Neither 100 nor what the card is worth.
    Another,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Short,
    Long,
}

/// Which client sends it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Via {
    /// As a till does: with the journal, and repeating what may be repeated.
    Till,
    /// As a till, but nothing is repeated.
    Once,
    /// As a till, in XML where the others send JSON, and the reverse.
    OtherFormat,
    /// Past the journal, which would answer a replay by itself.
    Wire,
    /// With a clock that is 20 minutes slow.
    SlowClock,
    /// Signed with another secret.
    WrongSecret,
    /// Signed with a key that nobody has.
    UnknownKey,
}

impl Via {
    pub(super) const ALL: [Self; 7] =
        [Self::Till, Self::Once, Self::OtherFormat, Self::Wire, Self::SlowClock, Self::WrongSecret, Self::UnknownKey];

    /// Whether its sales are recorded.
    pub(super) fn records(self) -> bool {
        matches!(self, Self::Till | Self::Once | Self::OtherFormat)
    }
}

#[derive(Clone, Copy)]
pub(super) enum Arrangement {
    /// The next answer is lost after the gateway has acted.
    LoseAnswer,
    NoFunds,
    /// A customer redeems the first card.
    Claimed,
    /// The first card's time is over.
    Expired,
}

/// What must come of a step.
#[derive(Clone, Copy)]
pub(super) enum Expect {
    /// Success, with the card in this state.
    Done(&'static str),
    /// Success at the second request, once the clock was corrected.
    Corrected(&'static str),
    /// Success, or an error of this kind: the vendor's pages contradict each other.
    DoneOr(&'static str, ErrorKind),
    Refused(Refusal),
    /// Refused on this side, with the value at fault; nothing is sent.
    NotSent(&'static str),
    /// Ten answered and the others throttled.
    Throttled,
    /// Nothing to compare, or compared by the step itself.
    Silent,
}

#[derive(Clone, Copy)]
pub(super) struct Refusal {
    pub(super) kind: ErrorKind,
    /// Empty where no class is known.
    pub(super) code: &'static str,
    /// Any of these; empty where the name does not matter.
    pub(super) types: &'static [&'static str],
    /// What another gateway than posa's sandbox may answer where the vendor's documentation leaves it open.
    pub(super) or: &'static [ErrorKind],
}

/// Whether a step came out as it must.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Exact,
    /// Not as posa's sandbox answers, but the documentation allows it.
    Allowed,
    No,
}

impl Expect {
    /// `ours`: the gateway is posa's own sandbox, of which everything is known.
    pub(super) fn judge(&self, came: &Result<Receipt, Error>, ours: bool) -> Match {
        let exact = match (self, came) {
            (Self::Done(status), Ok(receipt)) => receipt.card_status.as_str() == *status,
            (Self::Corrected(status), Ok(receipt)) => receipt.card_status.as_str() == *status && receipt.attempts == 2,
            (Self::DoneOr(status, _), Ok(receipt)) => receipt.card_status.as_str() == *status,
            (Self::DoneOr(_, kind), Err(error)) => error.kind() == *kind && error.code() == Some("F100"),
            (Self::Refused(refusal), Err(error)) => {
                if refusal.fits(error) {
                    return Match::Exact;
                }
                return if !ours && refusal.or.contains(&error.kind()) { Match::Allowed } else { Match::No };
            }
            (Self::NotSent(field), Err(error)) => error.field() == Some(field) && error.attempts() == 0,
            _ => false,
        };
        if exact { Match::Exact } else { Match::No }
    }

    /// In the words in which [`came`] puts what came.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Done(status) => (*status).to_owned(),
            Self::Corrected(status) => format!("{status} after 2 requests"),
            Self::DoneOr(status, kind) => format!("{status} or {kind} F100"),
            Self::Refused(Refusal { kind, code, types, .. }) => joined(&[kind.name(), code, &types.join(" or ")]),
            Self::NotSent(field) => format!("{} {field}, not sent", ErrorKind::InvalidInput),
            Self::Throttled => "10 answered, 2 THROTTLED".to_owned(),
            Self::Silent => String::new(),
        }
    }
}

impl Refusal {
    fn fits(&self, error: &Error) -> bool {
        error.kind() == self.kind
            && (self.code.is_empty() || error.code() == Some(self.code))
            && (self.types.is_empty() || error.error_type().is_some_and(|name| self.types.contains(&name)))
    }
}

/// What came of a request, in a few words.
pub(super) fn came(result: &Result<Receipt, Error>) -> String {
    match result {
        Ok(receipt) => {
            let amount = receipt.amount.map(|amount: Amount| amount.to_string()).unwrap_or_default();
            let after =
                if receipt.attempts > 1 { format!("after {} requests", receipt.attempts) } else { String::new() };
            joined(&[receipt.card_status.as_str(), &amount, &after])
        }
        Err(error) => match error.field() {
            Some(field) if error.attempts() == 0 => format!("{} {field}, not sent", error.kind()),
            _ => {
                joined(&[error.kind().name(), error.code().unwrap_or_default(), error.error_type().unwrap_or_default()])
            }
        },
    }
}

fn joined(words: &[&str]) -> String {
    words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

pub(super) const ACTIVATED: &str = "Activated";
pub(super) const AWAITING: &str = "AwaitingActivation";

/// Whether a card may be sold.
pub(super) fn is_unsold(status: &CardStatus) -> bool {
    *status == CardStatus::AwaitingActivation
}
