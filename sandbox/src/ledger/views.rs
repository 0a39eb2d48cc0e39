//! What the control API shows and takes. Amounts are decimals such as `25.00`; times are ISO 8601 in UTC.

use posa_core::{Currency, Error};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A card of the sandbox's inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// 16 digits.
    pub card_number: String,
    /// 3 digits.
    pub checksum: String,
    /// The amount printed on it; `None` if the activation sets the amount.
    pub denomination: Option<String>,
    /// ISO 4217 code of the marketplace's currency.
    pub currency: String,
    /// ISO 3166 alpha-2 code of the country of issuance.
    pub marketplace: String,
    /// As a status check would tell.
    pub status: CardState,
    /// What was done to it from outside. Expiry by the clock does not show here, but in `expiration_date`.
    pub condition: Condition,
    /// The id it is active under.
    pub request_id: Option<String>,
    /// The amount on it while it is active.
    pub amount: Option<String>,
    /// When it expires, while it is active and if its country's cards do, as the wire prints it.
    pub expiration_date: Option<String>,
    /// How often it was activated; replays do not count.
    pub activations: u32,
    /// Activations and deactivations, oldest first.
    pub history: Vec<Event>,
}

/// Something that happened to a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// What happened.
    pub event: EventKind,
    /// Who did it.
    pub partner_id: String,
    /// Under which id.
    pub request_id: String,
    /// When, by the sandbox's clock.
    pub at: String,
}

/// Kinds of [`Event`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The card went into the active state.
    Activated,
    /// The card went back into the inactive state.
    Deactivated,
}

/// The states that the specification knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CardState {
    /// A customer can redeem it.
    Activated,
    /// It has no value.
    AwaitingActivation,
    /// It can never be used again.
    Invalidated,
}

impl CardState {
    pub(super) fn of(condition: Condition, active: bool) -> Self {
        match (condition, active) {
            (Condition::Invalidated, _) => Self::Invalidated,
            (_, true) => Self::Activated,
            (_, false) => Self::AwaitingActivation,
        }
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Activated => "Activated",
            Self::AwaitingActivation => "AwaitingActivation",
            Self::Invalidated => "Invalidated",
        }
    }
}

/// What can be done to a card from outside. Anything but `none` forbids activation and deactivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Nothing.
    None,
    /// A customer has redeemed it.
    Claimed,
    /// Its time is over, whatever the clock says.
    Expired,
    /// Amazon has taken it out of use.
    Invalidated,
}

impl Condition {
    const ALL: [Self; 4] = [Self::None, Self::Claimed, Self::Expired, Self::Invalidated];

    /// The name in the control API.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Claimed => "claimed",
            Self::Expired => "expired",
            Self::Invalidated => "invalidated",
        }
    }
}

impl FromStr for Condition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|condition| condition.name() == text).ok_or_else(|| {
            Error::invalid(
                "condition",
                format!("condition {text:.24?} is unknown; use none, claimed, expired or invalidated"),
            )
        })
    }
}

/// A card to add to the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCard {
    /// 16 digits, or 19 with the checksum.
    pub card_number: String,
    /// 3 digits; if not given here or in `card_number`, the sandbox's own function makes it.
    #[serde(default)]
    pub checksum: Option<String>,
    /// The amount printed on it; `None` if the activation sets the amount.
    #[serde(default)]
    pub denomination: Option<String>,
    /// Country of issuance, such as `US`, the default.
    #[serde(default = "united_states")]
    pub marketplace: String,
}

fn united_states() -> String {
    "US".into()
}

/// The prepaid account of a partner in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Funds {
    /// Whose it is.
    pub partner_id: String,
    /// ISO 4217 code.
    pub currency: String,
    /// What can still be spent.
    pub available: String,
    /// Charges less refunds.
    pub spent: String,
}

/// An activation, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transaction {
    /// Whose it is.
    pub partner_id: String,
    /// The activation request id.
    pub request_id: String,
    /// 16 digits.
    pub card_number: String,
    /// What was charged.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Where it stands.
    pub status: SaleStatus,
    /// When, by the sandbox's clock.
    pub activated_at: String,
    /// When, by the sandbox's clock.
    pub deactivated_at: Option<String>,
}

/// Where a [`Transaction`] stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SaleStatus {
    /// In force.
    Activated,
    /// Reversed.
    Deactivated,
}

/// One movement of money. They are only ever added, one for each real change: a double charge shows as two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// Which way.
    pub kind: MovementKind,
    /// Whose money.
    pub partner_id: String,
    /// The activation request id.
    pub request_id: String,
    /// 16 digits.
    pub card_number: String,
    /// Always more than zero.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
    /// When, by the sandbox's clock.
    pub at: String,
}

/// Ways of a [`Movement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// An activation took it from the partner.
    Charge,
    /// A deactivation gave it back.
    Refund,
}

/// Smallest units as a decimal with all of the currency's fraction digits.
pub(super) fn decimal(minor: i64, currency: Currency) -> String {
    match currency.scale() {
        0 => minor.to_string(),
        _ => format!("{}.{:02}", minor / 100, minor % 100),
    }
}
