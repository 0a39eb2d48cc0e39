use crate::error::Error;
use crate::journal::{State, Transaction};
use crate::model::{Amount, CardNumber, CardStatus, RequestId};
use jiff::Timestamp;
use std::fmt;

/// From a time on, and before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Period {
    /// Sales begun at `from` or later and before `to`. Best cut where nothing is sold: a sale that the register has
    /// before midnight and the journal after it is in two periods.
    ///
    /// # Errors
    /// Field `period`: it ends before it begins.
    pub fn new(from: Timestamp, to: Timestamp) -> Result<Self, Error> {
        if from >= to {
            return Err(Error::invalid("period", format!("period ends at {to}, not after its begin at {from}")));
        }
        Ok(Self { from, to })
    }

    /// Whether a time is in it.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.from <= time && time < self.to
    }
}

/// Why a sale is in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The journal has no outcome yet.
    StillOpen,
    /// It could not be settled by itself.
    NeedsAttention,
    /// Activated in the journal, and the gateway says otherwise.
    GatewayNotActive,
    /// Rejected or deactivated in the journal, and the card is active: it may be another sale's.
    GatewayActive,
    /// The gateway could not be asked, or its answer says nothing.
    GatewayUnknown,
    /// Sold at the register, and the journal has no activation.
    SoldNotActivated,
    /// Activated in the journal, and not sold at the register.
    ActivatedNotSold,
    /// Journal and register have different amounts.
    AmountDiffers,
    /// Journal and register have different cards under one request id.
    CardDiffers,
    /// The register has the card on an earlier line too.
    SoldTwice,
}

impl Reason {
    /// Every reason, in the report's order.
    pub const ALL: [Self; 10] = [
        Self::StillOpen,
        Self::NeedsAttention,
        Self::GatewayNotActive,
        Self::GatewayActive,
        Self::GatewayUnknown,
        Self::SoldNotActivated,
        Self::ActivatedNotSold,
        Self::AmountDiffers,
        Self::CardDiffers,
        Self::SoldTwice,
    ];

    /// The stable name in exports and in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::StillOpen => "still_open",
            Self::NeedsAttention => "needs_attention",
            Self::GatewayNotActive => "gateway_not_active",
            Self::GatewayActive => "gateway_active",
            Self::GatewayUnknown => "gateway_unknown",
            Self::SoldNotActivated => "sold_not_activated",
            Self::ActivatedNotSold => "activated_not_sold",
            Self::AmountDiffers => "amount_differs",
            Self::CardDiffers => "card_differs",
            Self::SoldTwice => "sold_twice",
        }
    }

    /// What it means and what to do, in one line.
    pub fn advice(self) -> &'static str {
        match self {
            Self::StillOpen => "the sale has no outcome yet: recover, then reconcile again",
            Self::NeedsAttention => "it cannot be settled by itself: a person has to look at the card",
            Self::GatewayNotActive => {
                "the journal has it as activated, the gateway does not: the customer's card may be worth nothing"
            }
            Self::GatewayActive => {
                "active against the journal: it may be another sale's; find that one before you deactivate"
            }
            Self::GatewayUnknown => "the gateway could not be asked, or its answer says nothing: reconcile again",
            Self::SoldNotActivated => {
                "the register sold it and the journal has no activation: the customer's card may be worth nothing"
            }
            Self::ActivatedNotSold => {
                "the journal has it as activated and the register did not sell it: it may be unpaid"
            }
            Self::AmountDiffers => "the journal and the register have different amounts",
            Self::CardDiffers => "the journal and the register have different cards under one request id",
            Self::SoldTwice => "the register has the card on an earlier line too: it may have been paid twice",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One sale that differs, in one way.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Why it is here.
    pub reason: Reason,
    /// The id of the sale; `None` for a line of the register without one.
    pub request_id: Option<RequestId>,
    /// The card; prints its last four digits.
    pub card: CardNumber,
    /// The journal's amount.
    pub amount: Option<Amount>,
    /// Where the journal has the sale.
    pub journal: Option<State>,
    /// The card's state at the gateway, where it was asked and answered.
    pub gateway: Option<CardStatus>,
    /// The register's line, from 1.
    pub register_line: Option<u64>,
    /// The register's amount.
    pub register_amount: Option<Amount>,
    /// When the journal recorded the intent, or else when the register sold it.
    pub at: Option<Timestamp>,
    /// The error in one line, if there was one.
    pub note: Option<String>,
}

impl Difference {
    pub(super) fn of(row: &Transaction, reason: Reason) -> Self {
        Self {
            reason,
            request_id: Some(row.request_id.clone()),
            card: row.sale.card.clone(),
            amount: Some(row.sale.amount),
            journal: Some(row.state),
            gateway: None,
            register_line: None,
            register_amount: None,
            at: Some(row.started_at),
            note: None,
        }
    }
}

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// The journal's sales of the period.
    pub sales: u64,
    /// Those that the gateway was asked about.
    pub asked: u64,
    /// The register's sales of the period; a sale without a time counts as one.
    pub register: u64,
    /// The register's sales of other times, which were passed over unless the journal has them in the period.
    pub register_elsewhere: u64,
}

/// What [`Client::reconcile`](crate::Client::reconcile) found. Prints as a text for people; card numbers are masked in
/// every form, and the request id tells which sale it is.
#[derive(Debug, Clone)]
pub struct Report {
    /// What it is about.
    pub period: Period,
    /// What was looked at.
    pub counts: Counts,
    /// What differs, by reason and time. A sale that differs in two ways is there twice.
    pub differences: Vec<Difference>,
}

impl Report {
    pub(super) fn new(period: Period) -> Self {
        Self { period, counts: Counts::default(), differences: Vec::new() }
    }

    pub(super) fn sort(&mut self) {
        self.differences.sort_by(|a, b| {
            let key = |one: &Difference| (one.reason, one.at, one.register_line);
            key(a).cmp(&key(b)).then_with(|| a.request_id.cmp(&b.request_id))
        });
    }
}
