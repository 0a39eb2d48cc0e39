use napi_derive::napi;
use posa_core::error::Cause;
use posa_core::{CardNumber, Delivery, Error, RequestId};

/// An error as data.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// The stable name of its kind, such as `OUTCOME_UNKNOWN`.
    pub kind: &'static str,
    /// `not_sent`, `unknown` or `answered`.
    pub delivery: &'static str,
    /// One line.
    pub message: String,
    /// The value at fault, by the core's name for it.
    pub field: Option<&'static str>,
    /// What exactly stands in the way, by the core's name for it.
    pub reason: Option<&'static str>,
    /// The gateway's class.
    pub code: Option<String>,
    /// The gateway's error type.
    pub error_type: Option<String>,
    /// The id that settles the sale.
    pub request_id: Option<String>,
    /// The card's last four digits.
    pub card: Option<String>,
    /// How many requests were sent.
    pub attempts: u32,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            kind: error.kind().name(),
            delivery: match error.delivery() {
                Delivery::NotSent => "not_sent",
                Delivery::Unknown => "unknown",
                Delivery::Answered => "answered",
            },
            message: error.to_string(),
            field: error.field(),
            reason: error.cause().map(Cause::name),
            code: owned(error.code()),
            error_type: owned(error.error_type()),
            request_id: owned(error.request_id()),
            card: owned(error.card()),
            attempts: error.attempts(),
        }
    }
}

/// As much of a sale as an error may show.
#[napi(object, object_from_js = false)]
pub struct Shown {
    /// Its id, if it is one.
    pub request_id: Option<String>,
    /// The card's last four digits.
    pub card: Option<String>,
}

/// What an error may show of a sale that nobody waits for any more.
#[napi]
pub fn shown(request_id: Option<String>, card_number: Option<String>) -> Shown {
    let id = request_id.and_then(|id| RequestId::recorded(&id).ok());
    let card = card_number.and_then(|number| CardNumber::new(&number).ok());
    Shown { request_id: id.map(|id| id.to_string()), card: card.map(|card| card.to_string()) }
}
