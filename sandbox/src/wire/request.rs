use super::{Decimal, Format, Value, json, xml};
use posa_core::model::Operation;

/// What a request's body says, before anything about it is checked. A null and an absent member are both `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Request {
    /// `activationRequestId`; for a status check, `statusCheckRequestId`.
    pub(crate) request_id: Option<String>,
    pub(crate) partner_id: Option<String>,
    pub(crate) card_number: Option<String>,
    pub(crate) amount: Option<Decimal>,
    pub(crate) currency: Option<String>,
    pub(crate) external_reference: Option<String>,
}

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Nothing, or a JSON null.
    Empty,
    /// Not JSON, not XML, or not of the shape that the operation takes; says what is wrong.
    Malformed(String),
    /// A member of another type than its own, or a null amount.
    WrongType,
}

impl Unreadable {
    pub(super) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed(what.into())
    }
}

/// Reads the body of an operation. Unknown members are ignored; no order is asked for.
pub(crate) fn read(operation: Operation, format: Format, body: &[u8]) -> Result<Request, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::malformed("the body is not UTF-8"))?;
    if text.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    match format {
        Format::Json => json::read(operation, text),
        Format::Xml => xml::read(operation, text),
    }
}

impl Request {
    /// The request's own value, as answers echo it.
    pub(crate) fn value(&self) -> Option<Value> {
        (self.amount.is_some() || self.currency.is_some())
            .then(|| Value { amount: self.amount.clone(), currency_code: self.currency.clone() })
    }
}
