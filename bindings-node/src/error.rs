use napi_derive::napi;
use posa_core::{Delivery, Error};

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
            code: owned(error.code()),
            error_type: owned(error.error_type()),
            request_id: owned(error.request_id()),
            card: owned(error.card()),
            attempts: error.attempts(),
        }
    }
}
