use crate::error::Failure;
use napi_derive::napi;
use posa_core::journal::{HistoryEntry, Transaction};
use posa_core::model::{Expiration, Operation};
use posa_core::sign::remote;
use posa_core::{Amount, batch, recovery};

/// What the gateway confirmed: operation, request id, card number, the card's state by its name on the wire, attempts,
/// and where there are any the amount, its currency, when the card expires (RFC 3339, where the gateway's text has a
/// meaning) and the gateway's text for it.
pub(crate) type Receipt =
    (&'static str, String, String, String, u32, Option<String>, Option<&'static str>, Option<String>, Option<String>);

pub(crate) fn receipt(receipt: posa_core::Receipt) -> Receipt {
    let expiration = receipt.expiration.as_ref();
    (
        match receipt.operation {
            Operation::Activate => "activate",
            Operation::Deactivate => "deactivate",
            Operation::StatusCheck => "status",
        },
        receipt.request_id.to_string(),
        receipt.card_number.digits().to_owned(),
        receipt.card_status.to_string(),
        receipt.attempts,
        receipt.amount.map(|amount| amount.decimal()),
        receipt.amount.map(|amount| amount.currency().code()),
        expires_at(expiration),
        expiration.map(|expiration| expiration.raw().to_owned()),
    )
}

/// A sale as the journal holds it. Times are RFC 3339.
#[napi(object, object_from_js = false)]
pub struct Sale {
    /// The id of the sale.
    pub request_id: String,
    /// All digits as given.
    pub card_number: String,
    /// A decimal.
    pub amount: String,
    /// ISO 4217.
    pub currency: &'static str,
    /// Where it stands.
    pub state: &'static str,
    /// How many requests were sent.
    pub attempts: u32,
    /// When the intent was recorded.
    pub started_at: String,
    /// When the row last changed.
    pub updated_at: String,
    /// When a request of the activation was last sent.
    pub sent_at: String,
    /// Until when somebody works on it.
    pub lease_until: Option<String>,
    /// The gateway confirmed the activation, then or earlier.
    pub confirmed: bool,
    /// It was given up.
    pub voided: bool,
    /// How often the gateway has answered a reversal, and not by making it.
    pub reversal_tries: u32,
    /// Recovery leaves it alone until then.
    pub retry_at: Option<String>,
    /// When the card expires.
    pub expires_at: Option<String>,
    /// The gateway's text for it.
    pub expiration: Option<String>,
    /// The last error in one line.
    pub note: Option<String>,
    /// The caller's own tracking text.
    pub external_reference: Option<String>,
    /// Whether somebody heard the outcome.
    pub told: bool,
    /// Another one with each change of hands.
    pub version: f64,
}

impl From<Transaction> for Sale {
    fn from(row: Transaction) -> Self {
        let expiration = row.expiration.as_ref();
        Self {
            request_id: row.request_id.to_string(),
            card_number: row.card().digits().to_owned(),
            amount: row.amount().decimal(),
            currency: row.amount().currency().code(),
            state: row.state.name(),
            attempts: row.attempts,
            started_at: row.started_at.to_string(),
            updated_at: row.updated_at.to_string(),
            sent_at: row.sent_at.to_string(),
            lease_until: row.lease_until.map(|at| at.to_string()),
            confirmed: row.confirmed,
            voided: row.voided,
            reversal_tries: row.reversal_tries,
            retry_at: row.retry_at.map(|at| at.to_string()),
            expires_at: expires_at(expiration),
            expiration: expiration.map(|expiration| expiration.raw().to_owned()),
            external_reference: row.external_reference().map(str::to_owned),
            told: row.told,
            // Exact up to 2 to the power of 53.
            version: row.fence as f64,
            note: row.note,
        }
    }
}

fn expires_at(expiration: Option<&Expiration>) -> Option<String> {
    expiration.and_then(Expiration::at).map(|at| at.to_string())
}

/// One step of a sale.
#[napi(object, object_from_js = false)]
pub struct Step {
    /// When, RFC 3339.
    pub at: String,
    /// What was about to be done, or what came of it.
    pub event: String,
    /// How many requests were sent by then.
    pub attempts: u32,
    /// The error in one line.
    pub note: Option<String>,
}

impl From<HistoryEntry> for Step {
    fn from(HistoryEntry { at, event, attempts, note }: HistoryEntry) -> Self {
        Self { at: at.to_string(), event, attempts, note }
    }
}

/// What a recovery did.
#[napi(object, object_from_js = false)]
pub struct Recovered {
    /// Sales that have their outcome now.
    pub settled: Vec<Sale>,
    /// Sales that still have none.
    pub open: Vec<StillOpen>,
    /// Rows of the journal that cannot be read, a line each.
    pub damaged: Vec<String>,
}

/// A sale that still has no outcome.
#[napi(object, object_from_js = false)]
pub struct StillOpen {
    /// The id of the sale.
    pub request_id: String,
    /// What stood in the way.
    pub error: Failure,
}

impl From<recovery::Recovered> for Recovered {
    fn from(recovered: recovery::Recovered) -> Self {
        let open = |(id, error): (posa_core::RequestId, _)| StillOpen {
            request_id: id.to_string(),
            error: Failure::from(error),
        };
        Self {
            settled: recovered.settled.into_iter().map(Sale::from).collect(),
            open: recovered.open.into_iter().map(open).collect(),
            damaged: recovered.damaged,
        }
    }
}

/// What came of one sale of a batch.
#[napi(object, object_from_js = false)]
pub struct Row {
    /// Its place in the batch, from 0.
    pub index: f64,
    /// The id of the sale.
    pub request_id: Option<String>,
    /// All digits as given.
    pub card_number: Option<String>,
    /// A decimal.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<&'static str>,
    /// What the gateway confirmed.
    pub receipt: Option<Receipt>,
    /// Or why not.
    pub error: Option<Failure>,
}

impl From<batch::Row> for Row {
    fn from(row: batch::Row) -> Self {
        let (done, error) = row.outcome.map_or_else(|error| (None, Some(error)), |done| (Some(done), None));
        Self {
            // Exact up to 2 to the power of 53.
            index: row.index as f64,
            request_id: row.request_id.map(|id| id.to_string()),
            card_number: row.card.map(|card| card.digits().to_owned()),
            amount: row.amount.map(Amount::decimal),
            currency: row.amount.map(|amount| amount.currency().code()),
            receipt: done.map(receipt),
            error: error.map(Failure::from),
        }
    }
}

/// What was signed for a till.
#[napi(object, object_from_js = false)]
pub struct Signed {
    /// The operation, by its name on the wire.
    pub operation: &'static str,
    /// The id of the sale.
    pub request_id: String,
    /// All digits.
    pub card_number: String,
    /// A decimal; that of an activation.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<&'static str>,
    /// The store that an activation names.
    pub source_id: Option<String>,
    /// The answer to the till.
    pub answer: String,
}

impl From<remote::Signed> for Signed {
    fn from(remote::Signed { headers, what }: remote::Signed) -> Self {
        Self {
            operation: what.operation.name(),
            request_id: what.request_id.to_string(),
            card_number: what.card.digits().to_owned(),
            amount: what.amount.map(Amount::decimal),
            currency: what.amount.map(|amount| amount.currency().code()),
            source_id: what.source_id,
            answer: headers.to_json(),
        }
    }
}
