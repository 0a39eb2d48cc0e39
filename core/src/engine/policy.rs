use crate::error::{Delivery, ErrorKind};
use std::time::Duration;

/// What one attempt that is not done was met with; each is a row of `docs/recovery.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Name resolution, connecting or TLS failed: no byte left.
    NotSent,
    /// Sent, and no whole answer came.
    NoAnswer,
    /// An answer that is none of the service's: a proxy's page, half a document.
    Unreadable,
    /// F100 or F500, or a server error without a body that says more.
    Internal,
    /// F400, or status RESEND.
    Resend,
    /// More requests than the account may send.
    Throttled,
    /// F200: the request is wrong as it stands.
    Rejected,
    /// F200: the card is active under another id.
    AlreadyActivated,
    /// F300 InsufficientFunds.
    InsufficientFunds,
    /// F300: account, contract or access.
    Account,
    /// The signature or the key was refused.
    Authentication,
    /// The time of the signature was refused.
    ClockSkew,
    /// The gateway does not know the operation: this is no such gateway.
    UnknownOperation,
    /// The answer contradicts the request: another id, card or amount, or a success that leaves another state.
    Contradiction,
}

impl Class {
    /// Every row, in the table's order.
    pub const ALL: [Self; 14] = [
        Self::NotSent,
        Self::NoAnswer,
        Self::Unreadable,
        Self::Internal,
        Self::Resend,
        Self::Throttled,
        Self::Rejected,
        Self::AlreadyActivated,
        Self::InsufficientFunds,
        Self::Account,
        Self::Authentication,
        Self::ClockSkew,
        Self::UnknownOperation,
        Self::Contradiction,
    ];

    /// Whether the same request, with the same id, goes again inside the deadline.
    pub fn retries(self) -> bool {
        use Class::*;
        matches!(self, NotSent | NoAnswer | Unreadable | Internal | Resend | Throttled)
    }

    /// Whether the attempt may have had an effect.
    pub fn leaves_unknown(self) -> bool {
        use Class::*;
        matches!(self, NoAnswer | Unreadable | Internal | Resend | Contradiction)
    }

    /// Whether its error types may tell what became of earlier attempts that got no answer; [`tells`](super::tells) has
    /// what each tells. Account, key and rate are checked before the gateway looks whether it knows the id, so those
    /// refusals say nothing of what went before.
    pub fn tells_of_earlier(self) -> bool {
        matches!(self, Self::Rejected | Self::AlreadyActivated)
    }

    /// The error it ends in, if it is the last and no earlier attempt is in doubt.
    pub fn ends_in(self) -> (ErrorKind, Delivery) {
        use Delivery::*;
        match self {
            Self::NotSent => (ErrorKind::Unreachable, NotSent),
            Self::NoAnswer | Self::Unreadable | Self::Internal | Self::Resend | Self::Contradiction => {
                (ErrorKind::OutcomeUnknown, Unknown)
            }
            Self::Throttled => (ErrorKind::Throttled, Answered),
            Self::Rejected => (ErrorKind::Rejected, Answered),
            Self::AlreadyActivated => (ErrorKind::AlreadyActivated, Answered),
            Self::InsufficientFunds => (ErrorKind::InsufficientFunds, Answered),
            Self::Account => (ErrorKind::Account, Answered),
            Self::Authentication | Self::ClockSkew => (ErrorKind::Authentication, Answered),
            Self::UnknownOperation => (ErrorKind::Configuration, Answered),
        }
    }
}

/// How often, and after which pauses, one request is repeated. All attempts share the operation's deadline.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// Most requests of one operation; 8 by default.
    pub attempts: u32,
    /// The longest first pause; doubled with each attempt. 200 ms by default, and five times that after a throttle.
    pub base: Duration,
    /// The longest pause; 10 s by default.
    pub cap: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 8, base: Duration::from_millis(200), cap: Duration::from_secs(10) }
    }
}

impl Retry {
    /// The pause before attempt `attempt + 1`, with full jitter: evenly between nothing and the longest.
    pub(super) fn pause(&self, class: Class, attempt: u32, random: u32) -> Duration {
        let base = if class == Class::Throttled { self.base.saturating_mul(5) } else { self.base };
        let longest = base.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(self.cap);
        // A pause is not money: the one place where a fraction may be rounded.
        let nanos = longest.as_nanos() * u128::from(random) / u128::from(u32::MAX);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}
