//! Requests and answers of the three operations, in JSON and in XML. Knows nothing of HTTP or of retries.

mod answer;
mod json;
mod request;
pub mod xml;

pub use answer::{Answer, Undecodable, decode};
pub use request::{Request, encode};

use crate::error::Error;
use std::str::FromStr;

/// The format of a request's body. Answers are read in either, whatever was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `application/json`.
    #[default]
    Json,
    /// XML, announced as in the vendor's own sample.
    Xml,
}

impl Format {
    /// The `accept` header.
    pub fn accept(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "charset=UTF-8",
        }
    }

    /// The `content-type` header.
    pub fn content_type(self) -> &'static str {
        self.accept()
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "json" => Ok(Self::Json),
            "xml" => Ok(Self::Xml),
            _ => Err(Error::configuration("format", "format is neither \"json\" nor \"xml\"")),
        }
    }
}
