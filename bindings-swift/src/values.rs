//! Values of the core as plain values.

use crate::failure::CoreError;
use jiff::Timestamp;
use posa_core::batch::{Progress, Row};
use posa_core::journal::{HistoryEntry, Transaction};
use posa_core::model::Expiration;
use posa_core::recovery::Recovered;
use posa_core::{Amount, CardNumber, Error, Receipt};

#[derive(uniffi::Record)]
pub struct Money {
    /// With all of the currency's fraction digits.
    pub decimal: String,
    pub currency: String,
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self { decimal: amount.decimal(), currency: amount.currency().code().to_owned() }
    }
}

#[derive(uniffi::Record)]
pub struct Card {
    /// All digits as given.
    pub digits: String,
    /// The 16 digits that name the card.
    pub number: String,
}

impl From<&CardNumber> for Card {
    fn from(card: &CardNumber) -> Self {
        Self { digits: card.digits().to_owned(), number: card.number().to_owned() }
    }
}

#[derive(uniffi::Record)]
pub struct Expiry {
    /// As sent.
    pub text: String,
    /// Seconds since 1970.
    pub at: Option<i64>,
}

impl From<Expiration> for Expiry {
    fn from(expiration: Expiration) -> Self {
        Self { text: expiration.raw().to_owned(), at: expiration.at().map(Timestamp::as_second) }
    }
}

#[derive(uniffi::Record)]
pub struct Confirmed {
    pub operation: String,
    pub request_id: String,
    pub card: Card,
    pub card_status: String,
    pub amount: Option<Money>,
    pub expiry: Option<Expiry>,
    pub attempts: u32,
}

impl From<Receipt> for Confirmed {
    fn from(receipt: Receipt) -> Self {
        Self {
            operation: receipt.operation.name().to_owned(),
            request_id: receipt.request_id.as_str().to_owned(),
            card: (&receipt.card_number).into(),
            card_status: receipt.card_status.as_str().to_owned(),
            amount: receipt.amount.map(Into::into),
            expiry: receipt.expiration.map(Into::into),
            attempts: receipt.attempts,
        }
    }
}

/// Times are nanoseconds since 1970.
#[derive(uniffi::Record)]
pub struct JournalRow {
    pub request_id: String,
    pub card: Card,
    pub amount: Money,
    pub external_reference: Option<String>,
    pub state: String,
    pub attempts: u32,
    pub voided: bool,
    pub reversal_tries: u32,
    pub note: Option<String>,
    pub started_at: i64,
    pub updated_at: i64,
    pub retry_at: Option<i64>,
    pub expiry: Option<Expiry>,
    pub is_open: bool,
    pub told: bool,
    pub version: u64,
}

impl From<Transaction> for JournalRow {
    fn from(row: Transaction) -> Self {
        Self {
            request_id: row.request_id.as_str().to_owned(),
            card: row.card().into(),
            amount: row.amount().into(),
            external_reference: row.external_reference().map(str::to_owned),
            state: row.state.name().to_owned(),
            attempts: row.attempts,
            voided: row.voided,
            reversal_tries: row.reversal_tries,
            started_at: nanoseconds(row.started_at),
            updated_at: nanoseconds(row.updated_at),
            retry_at: row.retry_at.map(nanoseconds),
            is_open: row.state.is_open(),
            told: !row.is_untold(),
            version: row.fence,
            expiry: row.expiration.map(Into::into),
            note: row.note,
        }
    }
}

/// One step of a sale.
#[derive(uniffi::Record)]
pub struct Step {
    /// Nanoseconds since 1970.
    pub at: i64,
    pub event: String,
    pub attempts: u32,
    pub note: Option<String>,
}

impl From<HistoryEntry> for Step {
    fn from(entry: HistoryEntry) -> Self {
        let HistoryEntry { at, event, attempts, note } = entry;
        Self { at: nanoseconds(at), event, attempts, note }
    }
}

/// What `recover` did.
#[derive(uniffi::Record)]
pub struct Recovery {
    pub settled: Vec<JournalRow>,
    pub open: Vec<OpenSale>,
    pub damaged: Vec<String>,
}

#[derive(uniffi::Record)]
pub struct OpenSale {
    pub request_id: String,
    pub error: CoreError,
}

impl From<Recovered> for Recovery {
    fn from(recovered: Recovered) -> Self {
        let open = |(id, error): (posa_core::RequestId, Error)| OpenSale {
            request_id: id.as_str().to_owned(),
            error: error.into(),
        };
        Self {
            settled: recovered.settled.into_iter().map(Into::into).collect(),
            open: recovered.open.into_iter().map(open).collect(),
            damaged: recovered.damaged,
        }
    }
}

/// What came of one sale of a batch: a receipt or an error.
#[derive(uniffi::Record)]
pub struct BatchRow {
    pub index: u64,
    pub request_id: Option<String>,
    pub card: Option<Card>,
    pub amount: Option<Money>,
    pub receipt: Option<Confirmed>,
    pub error: Option<CoreError>,
}

impl From<Row> for BatchRow {
    fn from(row: Row) -> Self {
        let (receipt, error) = match row.outcome {
            Ok(receipt) => (Some(receipt.into()), None),
            Err(error) => (None, Some(error.into())),
        };
        Self {
            index: row.index,
            request_id: row.request_id.map(|id| id.as_str().to_owned()),
            card: row.card.as_ref().map(Into::into),
            amount: row.amount.map(Into::into),
            receipt,
            error,
        }
    }
}

#[derive(uniffi::Record)]
pub struct Counts {
    pub started: u64,
    pub done: u64,
    pub rejected: u64,
    pub not_sent: u64,
    pub unknown: u64,
}

impl From<Progress> for Counts {
    fn from(progress: Progress) -> Self {
        let Progress { started, done, rejected, not_sent, unknown } = progress;
        Self { started, done, rejected, not_sent, unknown }
    }
}

/// Held to the years that 64 bits reach, 1677 to 2262.
fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(if time < Timestamp::UNIX_EPOCH { i64::MIN } else { i64::MAX })
}
