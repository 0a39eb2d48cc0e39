//! JSON and XML, in and out, as the gateway speaks them.

mod answer;
mod decimal;
mod json;
mod request;
mod xml;

use crate::catalogue::Entry;
use serde::Serialize;

pub(crate) use answer::{refuse, succeed};
pub(crate) use decimal::{Decimal, Misfit};
pub(crate) use request::{Request, Unreadable, read};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

/// The format of the answer: what `accept` names, else what `content-type` names, else XML.
///
/// With no `accept`, it is the format of the request's own body.
pub(crate) fn format_of(accept: Option<&str>, content_type: Option<&str>) -> Format {
    named(accept).or_else(|| named(content_type)).unwrap_or(Format::Xml)
}

fn named(header: Option<&str>) -> Option<Format> {
    let header = header?.to_ascii_lowercase();
    match (header.find("json"), header.find("xml")) {
        (Some(json), Some(xml)) => Some(if json < xml { Format::Json } else { Format::Xml }),
        (Some(_), None) => Some(Format::Json),
        (None, Some(_)) => Some(Format::Xml),
        (None, None) => None,
    }
}

/// A complete answer, but for the headers that every answer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// For the request log: `SUCCESS Activated`, `F200 CardNumberNotFound`, `unreadable body: ...`.
    pub(crate) verdict: String,
    /// Whether the ledger changed.
    pub(crate) committed: bool,
}

/// A positive answer to an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Success {
    pub(crate) request_id: String,
    pub(crate) card: CardInfo,
}

impl Success {
    /// An answer that only repeats the request, with a card status of its own. Nothing stands behind it.
    pub(crate) fn echo(request: &Request, card_status: &'static str) -> Self {
        let card_number = request.card_number.clone();
        let card =
            CardInfo { card_number, card_status: Some(card_status), expiration_date: None, value: request.value() };
        Self { request_id: request.request_id.clone().unwrap_or_default(), card }
    }
}

/// The wire's `cardInfo`; what is `None` is null in JSON and left out in XML.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CardInfo {
    pub(crate) card_number: Option<String>,
    pub(crate) card_status: Option<&'static str>,
    pub(crate) expiration_date: Option<String>,
    pub(crate) value: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Value {
    pub(crate) amount: Option<Decimal>,
    pub(crate) currency_code: Option<String>,
}

/// Every negative answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// An error of the catalogue, in the service's own envelope.
    Business {
        entry: &'static Entry,
        /// HTTP status.
        status: u16,
        /// Echoed by real failures, null in mock ones.
        request_id: Option<String>,
        card: Option<CardInfo>,
    },
    /// A missing, expired or wrong signature. `error` is the bare name, such as `InvalidSignatureException`.
    Authentication { status: u16, error: &'static str, message: String },
    /// More requests per second than the partner may send.
    Throttled,
    /// A path or method that is no operation.
    UnknownOperation,
    /// A body over the size limit.
    TooLarge,
    /// A body that is not what its operation takes.
    Unreadable(Unreadable),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_wins_over_content_type_and_xml_is_the_default() {
        let cases = [
            (Some("application/json"), Some("application/xml"), Format::Json),
            (Some("charset=UTF-8"), Some("charset=UTF-8"), Format::Xml),
            (None, Some("application/json; charset=utf-8"), Format::Json),
            (Some("*/*"), Some("application/json"), Format::Json),
            (None, Some("application/x-amz-json-1.1"), Format::Json),
            (Some("text/xml, application/json;q=0.5"), None, Format::Xml),
            (Some("APPLICATION/JSON"), None, Format::Json),
            (None, None, Format::Xml),
        ];
        for (accept, content_type, expected) in cases {
            assert_eq!(format_of(accept, content_type), expected, "{accept:?} {content_type:?}");
        }
    }
}
