use super::{SigningRequest, body};
use crate::error::Error;
use crate::model::{Amount, CardNumber, Endpoint, Operation, PartnerId, RequestId};
use crate::sign::Unsigned;
use crate::wire::Format;

/// What a server signs for its apps: one partner at one endpoint, and nothing that is not allowed here.
#[derive(Debug, Clone)]
pub struct SigningRules {
    partner: PartnerId,
    endpoint: Endpoint,
    operations: Vec<Operation>,
    limits: Vec<Amount>,
    stores: Vec<String>,
}

/// What a signature is good for, read from the bytes that it covers.
#[derive(Debug, Clone)]
pub struct Signs {
    /// The operation.
    pub operation: Operation,
    /// The id of the sale.
    pub request_id: RequestId,
    /// The card; prints its last four digits.
    pub card: CardNumber,
    /// The amount of an activation.
    pub amount: Option<Amount>,
    /// The store that an activation names.
    pub source_id: Option<String>,
}

impl SigningRules {
    /// All three operations, any amount that the partner's currency allows, and any store.
    pub fn new(partner: PartnerId, endpoint: Endpoint) -> Self {
        Self { partner, endpoint, operations: Operation::ALL.to_vec(), limits: Vec::new(), stores: Vec::new() }
    }

    /// Only these operations.
    pub fn operations(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.operations = operations.into_iter().collect();
        self
    }

    /// No activation over this amount. With a limit for one currency, those without a limit are refused.
    pub fn limit(mut self, most: Amount) -> Self {
        self.limits.retain(|limit| limit.currency() != most.currency());
        self.limits.push(most);
        self
    }

    /// Only activations whose transaction source names this store, or another one allowed so.
    pub fn store(mut self, source_id: &str) -> Self {
        self.stores.push(source_id.to_owned());
        self
    }

    pub(super) fn host(&self) -> &str {
        self.endpoint.host()
    }

    /// Whether a request may be signed, and what its signature would be good for.
    ///
    /// # Errors
    /// As [`sign_request`](super::sign_request).
    pub fn check(&self, request: &SigningRequest<'_>) -> Result<Signs, Error> {
        if request.method != "POST" {
            return Err(Error::invalid("method", "method is not POST; no operation has another"));
        }
        let operation = Operation::ALL
            .into_iter()
            .find(|operation| operation.path() == request.path)
            .ok_or_else(|| Error::invalid("path", "path is that of no operation; it is / and the operation's name"))?;
        if !self.operations.contains(&operation) {
            return Err(Error::invalid("operation", format!("{operation} is not signed here; it is not allowed")));
        }
        self.check_headers(operation, request)?;
        let body = body::read(operation, request.body)?;
        if body.partner_id != self.partner.as_str() {
            let message = format!("partner_id is not {}, the one this server signs for", self.partner);
            return Err(Error::invalid("partner_id", message));
        }
        if let Some(amount) = body.amount {
            self.check_amount(amount)?;
            self.check_store(body.source_id.as_deref())?;
        }
        let (request_id, card, amount, source_id) = (body.request_id, body.card, body.amount, body.source_id);
        Ok(Signs { operation, request_id, card, amount, source_id })
    }

    /// The headers must be those that are going to be signed: each of them once, and no other.
    fn check_headers(&self, operation: Operation, request: &SigningRequest<'_>) -> Result<(), Error> {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let unsigned = Unsigned { operation, format: Format::Json, host: self.host(), body: request.body, now };
        let mut missing = unsigned.headers().to_vec();
        for (name, value) in request.headers {
            if name.eq_ignore_ascii_case("x-amz-date") {
                continue;
            }
            let at = missing.iter().position(|(expected, _)| expected.eq_ignore_ascii_case(name)).ok_or_else(|| {
                Error::invalid("headers", "a header is given twice, or is none of those that are signed")
            })?;
            let (name, expected) = missing.swap_remove(at);
            if *value != expected {
                return Err(Error::invalid("headers", format!("{name} is not {expected:?}, as it is signed here")));
            }
        }
        match missing.first() {
            Some((name, _)) => Err(Error::invalid("headers", format!("{name} is missing; send all that are signed"))),
            None => Ok(()),
        }
    }

    fn check_amount(&self, amount: Amount) -> Result<(), Error> {
        if self.limits.is_empty() {
            return Ok(());
        }
        let currency = amount.currency();
        let Some(limit) = self.limits.iter().find(|limit| limit.currency() == currency) else {
            return Err(Error::invalid("currency", format!("{currency} is not signed here; it has no limit")));
        };
        if amount.minor_units() > limit.minor_units() {
            return Err(Error::invalid("amount", format!("amount {amount} is over this server's limit of {limit}")));
        }
        Ok(())
    }

    fn check_store(&self, source_id: Option<&str>) -> Result<(), Error> {
        if self.stores.is_empty() || source_id.is_some_and(|id| self.stores.iter().any(|store| store == id)) {
            return Ok(());
        }
        Err(Error::invalid("source_id", "the sale names no store that this server signs for"))
    }
}
