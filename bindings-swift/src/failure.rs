//! Errors of the core as plain values.

use posa_core::{Delivery, Error};
use std::fmt;

/// Why a call did not end in a value.
#[derive(Debug, uniffi::Error)]
pub enum Failure {
    /// An error of the core's.
    Core { error: Box<CoreError> },
    /// The waiting was given up.
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
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core { error: Box::new(error.into()) }
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
