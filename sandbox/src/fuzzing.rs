//! The readers and writers of the gateway, for the fuzz targets in `tests/fuzz` alone. Nothing here is promised.

use crate::catalogue;
use crate::verify::{Authority, Incoming, verify as verify_signature};
use crate::wire::{self, CardInfo, Decimal, Format, Refusal, Success, Unreadable, Value};
use hyper::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use posa_core::model::Operation;

pub use crate::server::Partner;

/// What the gateway reads from a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// `activationRequestId` or `statusCheckRequestId`.
    pub request_id: Option<String>,
    /// `partnerId`.
    pub partner_id: Option<String>,
    /// `cardNumber`.
    pub card_number: Option<String>,
    /// `value.amount`, as Java prints a `Double`.
    pub amount: Option<String>,
    /// `value.currencyCode`.
    pub currency: Option<String>,
    /// `externalReference`.
    pub external_reference: Option<String>,
}

/// Reads a body; the error is what the request log shows.
pub fn read(operation: Operation, xml: bool, body: &[u8]) -> Result<Body, String> {
    let request = wire::read(operation, format(xml), body).map_err(|unreadable| format!("{unreadable:?}"))?;
    Ok(Body {
        request_id: request.request_id,
        partner_id: request.partner_id,
        card_number: request.card_number,
        amount: request.amount.map(|amount| amount.to_string()),
        currency: request.currency,
        external_reference: request.external_reference,
    })
}

/// An amount as the gateway prints it, if it is a number.
pub fn number(text: &str) -> Option<String> {
    Decimal::parse(text).map(|number| number.to_string())
}

/// What a positive answer tells.
pub struct Told<'a> {
    /// Echoed.
    pub request_id: &'a str,
    /// Echoed.
    pub card_number: &'a str,
    /// Such as `Activated`.
    pub card_status: &'static str,
    /// Where the card has one.
    pub expiration: Option<&'a str>,
    /// A number and its currency.
    pub value: Option<(&'a str, &'a str)>,
}

/// The body of a positive answer.
pub fn succeed(operation: Operation, xml: bool, told: &Told<'_>) -> Vec<u8> {
    let value = told
        .value
        .map(|(amount, currency)| Value { amount: Decimal::parse(amount), currency_code: Some(currency.to_owned()) });
    let card = CardInfo {
        card_number: Some(told.card_number.to_owned()),
        card_status: Some(told.card_status),
        expiration_date: told.expiration.map(str::to_owned),
        value,
    };
    wire::succeed(format(xml), operation, &Success { request_id: told.request_id.to_owned(), card }, false).body
}

/// A negative answer.
pub enum Negative<'a> {
    /// The error of that number in the catalogue, counted around.
    Business { number: usize, request_id: Option<&'a str> },
    /// A signature that is refused, with a message.
    Authentication(&'a str),
    /// Too many requests.
    Throttled,
    /// A body that is malformed in some way.
    Malformed(&'a str),
    /// A member of a wrong type.
    WrongType,
}

/// HTTP status and body of a negative answer, and the class and error type of the catalogue's.
pub fn refuse(operation: Operation, xml: bool, negative: &Negative<'_>) -> (u16, Vec<u8>, Option<[&'static str; 2]>) {
    let mut named = None;
    let refusal = match *negative {
        Negative::Business { number, request_id } => {
            let entry = catalogue::TABLE[number % catalogue::TABLE.len()];
            named = Some([entry.class.code(), entry.error_type]);
            Refusal::Business { entry, status: 400, request_id: request_id.map(str::to_owned), card: None }
        }
        Negative::Authentication(message) => {
            Refusal::Authentication { status: 403, error: "InvalidSignatureException", message: message.to_owned() }
        }
        Negative::Throttled => Refusal::Throttled,
        Negative::Malformed(what) => Refusal::Unreadable(Unreadable::Malformed(what.to_owned())),
        Negative::WrongType => Refusal::Unreadable(Unreadable::WrongType),
    };
    let reply = wire::refuse(format(xml), Some(operation), &refusal);
    (reply.status, reply.body, named)
}

/// A request as it came in, for [`verify`].
pub struct Signed<'a> {
    /// The path.
    pub path: &'a str,
    /// What follows its question mark.
    pub query: &'a str,
    /// Every header.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

/// Whether the gateway takes the signature; if not, all that it tells or logs about it.
pub fn verify(request: &Signed<'_>, partner: &Partner, now: Timestamp) -> Result<(), String> {
    let incoming = Incoming { path: request.path, query: request.query, headers: request.headers, body: request.body };
    let authority = Authority {
        partners: std::slice::from_ref(partner),
        region: posa_core::model::Region::NorthAmerica,
        window: SignedDuration::from_mins(15),
        now,
    };
    verify_signature(&incoming, &authority).map(|_| ()).map_err(|rejection| format!("{rejection:?}"))
}

fn format(xml: bool) -> Format {
    if xml { Format::Xml } else { Format::Json }
}
