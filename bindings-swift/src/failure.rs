//! Errors of the core as plain values.

use posa_core::error::Cause;
use posa_core::{CardNumber, Delivery, Error, ErrorKind, RequestId};
use std::fmt;

/// Why a call did not end in a value.
#[derive(Debug, uniffi::Error)]
pub enum Failure {
    /// An error of the core's.
    Core { error: Box<CoreError> },
    /// The waiting was given up, and no sale is at stake.
    Cancelled,
}

/// An error of the core's.
#[derive(Debug, Clone, uniffi::Record)]
pub struct CoreError {
    pub kind: String,
    /// `not_sent`, `unknown` or `answered`.
    pub delivery: String,
    pub message: String,
    /// The message with the gateway's words and the request id.
    pub text: String,
    pub code: Option<String>,
    pub error_type: Option<String>,
    pub field: Option<String>,
    pub request_id: Option<String>,
    pub card: Option<String>,
    pub attempts: u32,
    /// What exactly stands in the way, by its name.
    pub cause: Option<String>,
    /// Whoever waited for the outcome gave up.
    pub is_cancelled: bool,
}

impl CoreError {
    /// Whoever waited for this sale has gone, and the sale goes on.
    pub(crate) fn abandoned(id: &RequestId, card: Option<&CardNumber>) -> Self {
        let message = "the task was cancelled while the sale was under way, and the sale goes on: the card may or may \
                       not have changed; call again with the same request id, or resolve or void it";
        let error = Self::from(Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message));
        let (request_id, card) = (Some(id.as_str().to_owned()), card.map(CardNumber::to_string));
        Self { text: format!("{message} [request id {id}]"), request_id, card, is_cancelled: true, ..error }
    }
}

impl From<Error> for CoreError {
    fn from(error: Error) -> Self {
        let delivery = match error.delivery() {
            Delivery::NotSent => "not_sent",
            Delivery::Unknown => "unknown",
            Delivery::Answered => "answered",
        };
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            kind: error.kind().name().to_owned(),
            delivery: delivery.to_owned(),
            message: error.message().to_owned(),
            text: error.to_string(),
            code: owned(error.code()),
            error_type: owned(error.error_type()),
            field: owned(error.field()),
            request_id: owned(error.request_id()),
            card: owned(error.card()),
            attempts: error.attempts(),
            cause: owned(error.cause().map(Cause::name)),
            is_cancelled: false,
        }
    }
}

impl From<CoreError> for Failure {
    fn from(error: CoreError) -> Self {
        Self::Core { error: Box::new(error) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        CoreError::from(error).into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core { error } => f.write_str(&error.text),
            Self::Cancelled => f.write_str("the waiting was given up"),
        }
    }
}

impl std::error::Error for Failure {}
