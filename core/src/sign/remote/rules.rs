use super::SigningRequest;
use super::body::Body;
use crate::error::Error;
use crate::model::{
    Activate, Amount, CardNumber, Endpoint, Environment, IdTag, Operation, PartnerId, RequestId, TransactionSource,
};
use crate::sign::Unsigned;
use crate::wire::{Format, Request};

/// What a server signs for its tills: one partner at one endpoint, ids with one tag, and nothing that is not allowed
/// here.
///
/// The tag is what binds returns and status checks to what these tills sold: no sale under an id with it is signed but
/// by these rules, and no card is taken back under an id without it.
#[derive(Debug, Clone)]
pub struct SigningRules {
    partner: PartnerId,
    endpoint: Endpoint,
    tag: IdTag,
    operations: Vec<Operation>,
    limits: Vec<Amount>,
    stores: Vec<String>,
    institutions: Vec<String>,
    programs: Vec<String>,
    product_types: Vec<String>,
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
    /// All three operations of the tills whose ids have this tag: any amount that the partner's currency allows, any
    /// store and institution, no program and no product type.
    pub fn new(partner: PartnerId, endpoint: Endpoint, tag: IdTag) -> Self {
        Self {
            partner,
            endpoint,
            tag,
            operations: Operation::ALL.to_vec(),
            limits: Vec::new(),
            stores: Vec::new(),
            institutions: Vec::new(),
            programs: Vec::new(),
            product_types: Vec::new(),
        }
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

    /// Only activations whose transaction source names this store, or another one allowed so. Its institution is the
    /// store itself, unless [`institution`](Self::institution) allows others.
    pub fn store(mut self, source_id: &str) -> Self {
        self.stores.push(source_id.to_owned());
        self
    }

    /// Only activations whose transaction source names this institution, or another one allowed so.
    pub fn institution(mut self, institution_id: &str) -> Self {
        self.institutions.push(institution_id.to_owned());
        self
    }

    /// Also activations with this program id, beside those with none.
    pub fn program(mut self, program_id: &str) -> Self {
        self.programs.push(program_id.to_owned());
        self
    }

    /// Also activations with this product type, beside those with none.
    pub fn product_type(mut self, name: &str) -> Self {
        self.product_types.push(name.to_owned());
        self
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
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
        let body = Body::read(operation, &self.partner, request.body)?;
        let asked = body.request();
        self.check_id(asked.request_id())?;
        let source = match asked {
            Request::Activate(sale, _) => self.check_sale(sale)?,
            Request::Deactivate(_) | Request::StatusCheck(_) => None,
        };
        Ok(Signs {
            operation,
            request_id: asked.request_id().clone(),
            card: asked.card().clone(),
            amount: asked.amount(),
            source_id: source.map(|source| source.source_id().to_owned()),
        })
    }

    /// The headers must be those that are going to be signed: each of them once, and no other.
    fn check_headers(&self, operation: Operation, request: &SigningRequest<'_>) -> Result<(), Error> {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let host = self.endpoint.host();
        let unsigned = Unsigned { operation, format: Format::Json, host, body: request.body, now };
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

    /// Mock ids name no sale of anybody's, and only a sandbox takes them.
    fn check_id(&self, id: &RequestId) -> Result<(), Error> {
        if id.is_mock() {
            return match self.endpoint.environment() {
                Environment::Sandbox => Ok(()),
                Environment::Production => {
                    Err(Error::invalid("request_id", "request_id is a mock id, which only a sandbox takes"))
                }
            };
        }
        if id.has_tag(&self.tag) {
            return Ok(());
        }
        let message = format!(
            "request_id {id} is of none of the tills that this server signs for, whose ids begin with {}{tag}; set the \
             till's id_tag to {tag}, or return the card where it was sold",
            self.partner,
            tag = self.tag
        );
        Err(Error::invalid("request_id", message))
    }

    fn check_sale<'a>(&self, sale: &'a Activate) -> Result<Option<&'a TransactionSource>, Error> {
        self.check_amount(sale.amount)?;
        self.check_source(sale.source.as_ref())?;
        for (field, given, allowed) in [
            ("program_id", &sale.program_id, &self.programs),
            ("product_type", &sale.product_type, &self.product_types),
        ] {
            if given.as_ref().is_some_and(|given| !allowed.contains(given)) {
                return Err(Error::invalid(field, format!("{field} is none that this server signs for; leave it out")));
            }
        }
        Ok(sale.source.as_ref())
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

    fn check_source(&self, source: Option<&TransactionSource>) -> Result<(), Error> {
        let among = |allowed: &[String], id: &str| allowed.iter().any(|allowed| allowed == id);
        if !self.stores.is_empty() && !source.is_some_and(|source| among(&self.stores, source.source_id())) {
            return Err(Error::invalid("source_id", "the sale names no store that this server signs for"));
        }
        let allowed = match (self.stores.is_empty(), self.institutions.is_empty()) {
            (true, true) => true,
            // A store without a parent is its own institution.
            (false, true) => source.is_some_and(|source| source.institution_id() == source.source_id()),
            (_, false) => source.is_some_and(|source| among(&self.institutions, source.institution_id())),
        };
        if allowed {
            return Ok(());
        }
        Err(Error::invalid("institution_id", "the sale names no institution that this server signs for"))
    }
}
