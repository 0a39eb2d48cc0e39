use super::{Amount, CardNumber, RequestId, presentable};
use jiff::Timestamp;
use std::fmt;

/// One of the three operations of the Incentives API for physical cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Puts a card into the active state.
    Activate,
    /// Puts a card back into the inactive state.
    Deactivate,
    /// Reports a card's state.
    StatusCheck,
}

impl Operation {
    /// All three, in the specification's order.
    pub const ALL: [Self; 3] = [Self::Activate, Self::Deactivate, Self::StatusCheck];

    /// The operation's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Activate => "ActivateGiftCard",
            Self::Deactivate => "DeactivateGiftCard",
            Self::StatusCheck => "ActivationStatusCheck",
        }
    }

    /// The request path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Activate => "/ActivateGiftCard",
            Self::Deactivate => "/DeactivateGiftCard",
            Self::StatusCheck => "/ActivationStatusCheck",
        }
    }

    /// The `x-amz-target` header.
    pub fn target(self) -> &'static str {
        match self {
            Self::Activate => "com.amazonaws.agcod.AGCODService.ActivateGiftCard",
            Self::Deactivate => "com.amazonaws.agcod.AGCODService.DeactivateGiftCard",
            Self::StatusCheck => "com.amazonaws.agcod.AGCODService.ActivationStatusCheck",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The state of a card as the gateway reports it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CardStatus {
    /// A customer can redeem it.
    Activated,
    /// It has no value until it is activated.
    AwaitingActivation,
    /// It can never be used again.
    Invalidated,
    /// A state that the specification does not list for these operations, as sent.
    Other(String),
}

impl CardStatus {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Activated => "Activated",
            Self::AwaitingActivation => "AwaitingActivation",
            Self::Invalidated => "Invalidated",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for CardStatus {
    fn from(name: &str) -> Self {
        match name {
            "Activated" => Self::Activated,
            "AwaitingActivation" => Self::AwaitingActivation,
            "Invalidated" => Self::Invalidated,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for CardStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When a card expires: the gateway's text, and its meaning where it is one of the known forms.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Expiration {
    raw: String,
    at: Option<Timestamp>,
}

impl Expiration {
    /// Reads `Thu Jun 10 14:59:59 UTC 2032`, `20320610T145959Z`, an ISO 8601 time, or epoch seconds or
    /// milliseconds; other text is kept without a meaning.
    pub fn new(raw: &str) -> Self {
        Self { at: parse_expiration(raw.trim()), raw: raw.to_owned() }
    }

    /// The text as sent.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The instant it names, to the second.
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }
}

impl fmt::Debug for Expiration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expiration").field("raw", &presentable(&self.raw, 40)).field("at", &self.at).finish()
    }
}

fn parse_expiration(text: &str) -> Option<Timestamp> {
    use jiff::civil::DateTime;
    use jiff::tz::TimeZone;
    let utc = |date: DateTime| date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    if let Some((seconds, _)) = text.split_once('.').or(Some((text, ""))).filter(|(s, _)| s.parse::<i64>().is_ok()) {
        let number: i64 = seconds.parse().ok()?;
        // Milliseconds of any year after 1970 are more than the seconds of the year 5000.
        let seconds = if number.unsigned_abs() > 100_000_000_000 { number / 1000 } else { number };
        return Timestamp::from_second(seconds).ok();
    }
    for zone in [" UTC ", " GMT "] {
        if text.contains(zone) {
            return utc(DateTime::strptime("%a %b %d %H:%M:%S %Y", text.replace(zone, " ")).ok()?);
        }
    }
    if let Ok(date) = DateTime::strptime("%Y%m%dT%H%M%SZ", text) {
        return utc(date);
    }
    text.parse().ok()
}

/// What the gateway confirmed: the operation is done, and it is in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The operation that is done.
    pub operation: Operation,
    /// The id of the sale. Keep it: every later call about the card needs it.
    pub request_id: RequestId,
    /// The card; prints its last four digits.
    pub card_number: CardNumber,
    /// The card's state after the operation.
    pub card_status: CardStatus,
    /// The amount on the card, where the gateway tells: always after an activation.
    pub amount: Option<Amount>,
    /// When the card expires; never for cards of the US, Canada and Australia.
    pub expiration: Option<Expiration>,
    /// How many requests it took; 0 if the journal already knew the answer.
    pub attempts: u32,
}
