use crate::error::Error;
use crate::model::{
    Activate, Amount, CardNumber, Currency, Deactivate, Operation, PartnerId, RequestId, ShortForm, SourceDetails,
    StatusCheck, TransactionSource,
};
use crate::wire::{Format, Request, encode};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The request that a body is, with all of posa's checks of it.
#[derive(Debug)]
pub(super) enum Body {
    Activate(Box<Activate>, RequestId),
    Deactivate(Deactivate),
    StatusCheck(StatusCheck),
}

impl Body {
    /// Reads a body, of which every byte has to be as posa writes the request that it was read as: what is signed is
    /// then nothing but that request, however else the gateway may read JSON.
    pub(super) fn read(operation: Operation, partner: &PartnerId, body: &[u8]) -> Result<Self, Error> {
        let read = match operation {
            Operation::Activate => activation(partner, parse(operation, body)?)?,
            Operation::Deactivate | Operation::StatusCheck => other(operation, partner, parse(operation, body)?)?,
        };
        if encode(read.request(), partner, Format::Json) != body {
            let message =
                format!("body is a {operation} request, but not written as posa writes it; sign the client's bytes");
            return Err(Error::invalid("body", message));
        }
        Ok(read)
    }

    pub(super) fn request(&self) -> Request<'_> {
        match self {
            Self::Activate(sale, id) => Request::Activate(sale, id),
            Self::Deactivate(reversal) => Request::Deactivate(reversal),
            Self::StatusCheck(check) => Request::StatusCheck(check),
        }
    }
}

// Members that posa does not write, and members given twice, are refused: the gateway might read them otherwise.

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Activation<'a> {
    activation_request_id: String,
    partner_id: String,
    card_number: String,
    #[serde(borrow)]
    value: Value<'a>,
    transaction_source: Option<Source>,
    program_id: Option<String>,
    product_type: Option<String>,
    external_reference: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Value<'a> {
    currency_code: String,
    #[serde(borrow)]
    amount: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Source {
    source_id: Option<String>,
    institution_id: Option<String>,
    source_details: Option<String>,
    /// The short form: a JSON text.
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Id {
    source_id: String,
    institution_id: String,
    #[serde(rename = "UPC")]
    upc: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Other {
    activation_request_id: Option<String>,
    status_check_request_id: Option<String>,
    partner_id: String,
    card_number: String,
    external_reference: Option<String>,
}

fn parse<'a, T: Deserialize<'a>>(operation: Operation, body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| {
        // The position only: serde's own words may quote the body.
        let message = format!(
            "body is not a {operation} request in JSON as posa writes it (line {}, column {}); sign the client's bytes",
            e.line(),
            e.column()
        );
        Error::invalid("body", message)
    })
}

fn activation(partner: &PartnerId, body: Activation<'_>) -> Result<Body, Error> {
    let id = request_id(&body.activation_request_id, &body.partner_id, partner)?;
    let currency: Currency = body.value.currency_code.parse()?;
    let mut sale = Activate::new(card(&body.card_number)?, Amount::new(body.value.amount.get(), currency)?);
    if let Some(given) = body.transaction_source {
        sale = sale.source(source(given)?);
    }
    if let Some(program) = body.program_id {
        sale = sale.program_id(&program)?;
    }
    if let Some(product) = body.product_type {
        sale = sale.product_type(&product)?;
    }
    if let Some(reference) = body.external_reference {
        sale = sale.external_reference(&reference)?;
    }
    Ok(Body::Activate(Box::new(sale), id))
}

fn other(operation: Operation, partner: &PartnerId, body: Other) -> Result<Body, Error> {
    let card = card(&body.card_number)?;
    let id = |id: &str| request_id(id, &body.partner_id, partner);
    Ok(match (operation, &body.activation_request_id, &body.status_check_request_id) {
        (Operation::StatusCheck, None, Some(own)) => {
            let check = StatusCheck::new(id(own)?, card);
            Body::StatusCheck(match body.external_reference {
                Some(reference) => check.external_reference(&reference)?,
                None => check,
            })
        }
        (Operation::Deactivate, Some(own), None) => {
            let reversal = Deactivate::new(id(own)?, card);
            Body::Deactivate(match body.external_reference {
                Some(reference) => reversal.external_reference(&reference)?,
                None => reversal,
            })
        }
        _ => return Err(Error::invalid("request_id", format!("body has not the one request id of a {operation}"))),
    })
}

fn request_id(id: &str, named: &str, partner: &PartnerId) -> Result<RequestId, Error> {
    if named != partner.as_str() {
        let message = format!("partner_id is not {partner}, the one this server signs for");
        return Err(Error::invalid("partner_id", message));
    }
    RequestId::new(id, partner)
}

/// The digits and nothing else: what stands between them at a till is not on the wire.
fn card(digits: &str) -> Result<CardNumber, Error> {
    let card = CardNumber::new(digits)?;
    if card.digits() != digits {
        return Err(Error::invalid(
            "card_number",
            "card_number has more than its digits; send the 16 or 19 digits alone",
        ));
    }
    Ok(card)
}

fn source(given: Source) -> Result<TransactionSource, Error> {
    let wrong = |what| Err(Error::invalid("source_id", what));
    match given {
        Source { id: None, source_id: Some(store), institution_id: Some(institution), source_details } => {
            match source_details {
                Some(text) => TransactionSource::long(&store, &institution, SourceDetails::written(&text)?),
                None => TransactionSource::short_with(&store, &institution, None, ShortForm::TwoMembers),
            }
        }
        Source { id: Some(text), source_id: None, institution_id: None, source_details: None } => {
            match serde_json::from_str::<Id>(&text) {
                Ok(id) => TransactionSource::short_with(
                    &id.source_id,
                    &id.institution_id,
                    id.upc.as_deref(),
                    ShortForm::IdText,
                ),
                Err(_) => wrong("the short form's id is no JSON text of institutionId, sourceId and UPC"),
            }
        }
        _ => wrong("transaction_source is neither the long nor the short form; name store and institution once"),
    }
}
