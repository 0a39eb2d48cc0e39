use crate::error::Error;
use crate::model::{Amount, CardNumber, Operation, PartnerId, RequestId};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a request body says of the things that a server decides by.
pub(super) struct Body {
    pub(super) partner_id: String,
    pub(super) request_id: RequestId,
    pub(super) card: CardNumber,
    pub(super) amount: Option<Amount>,
    pub(super) source_id: Option<String>,
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
    #[serde(rename = "programId")]
    _program_id: Option<String>,
    #[serde(rename = "productType")]
    _product_type: Option<String>,
    #[serde(rename = "externalReference")]
    _external_reference: Option<String>,
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
    #[serde(rename = "institutionId")]
    _institution_id: Option<String>,
    #[serde(rename = "sourceDetails")]
    _source_details: Option<String>,
    /// The short form: a JSON text.
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SourceId {
    source_id: String,
    #[serde(rename = "institutionId")]
    _institution_id: String,
    #[serde(rename = "UPC")]
    _upc: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Other {
    activation_request_id: Option<String>,
    status_check_request_id: Option<String>,
    partner_id: String,
    card_number: String,
    #[serde(rename = "externalReference")]
    _external_reference: Option<String>,
}

pub(super) fn read(operation: Operation, body: &[u8]) -> Result<Body, Error> {
    match operation {
        Operation::Activate => activation(parse(operation, body)?),
        Operation::Deactivate | Operation::StatusCheck => other(operation, parse(operation, body)?),
    }
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

fn activation(body: Activation<'_>) -> Result<Body, Error> {
    let source_id = body.transaction_source.map(source_id).transpose()?;
    let amount = Amount::new(body.value.amount.get(), body.value.currency_code.parse()?)?;
    Ok(Body {
        request_id: request_id(&body.activation_request_id, &body.partner_id)?,
        card: card(&body.card_number)?,
        partner_id: body.partner_id,
        amount: Some(amount),
        source_id: source_id.flatten(),
    })
}

fn other(operation: Operation, body: Other) -> Result<Body, Error> {
    let id = match (operation, body.activation_request_id, body.status_check_request_id) {
        (Operation::StatusCheck, None, Some(id)) => id,
        (Operation::Deactivate, Some(id), None) => id,
        _ => return Err(Error::invalid("request_id", format!("body has not the one request id of a {operation}"))),
    };
    Ok(Body {
        request_id: request_id(&id, &body.partner_id)?,
        card: card(&body.card_number)?,
        partner_id: body.partner_id,
        amount: None,
        source_id: None,
    })
}

/// The gateway is sent the text as it stands, so the digits alone may be in it.
fn card(text: &str) -> Result<CardNumber, Error> {
    let card = CardNumber::new(text)?;
    if card.digits() != text {
        return Err(Error::invalid("card_number", "card_number has spaces or dashes; send the 16 or 19 digits alone"));
    }
    Ok(card)
}

fn request_id(id: &str, partner: &str) -> Result<RequestId, Error> {
    RequestId::new(id, &PartnerId::new(partner)?)
}

fn source_id(source: Source) -> Result<Option<String>, Error> {
    match (source.source_id, source.id) {
        (Some(_), Some(_)) => Err(Error::invalid("source_id", "body names the store in two ways; name it once")),
        (None, Some(text)) => {
            let id: Result<SourceId, _> = serde_json::from_str(&text);
            let wrong = |_| Error::invalid("source_id", "the short form's id is no JSON text with a sourceId");
            Ok(Some(id.map_err(wrong)?.source_id))
        }
        (id, None) => Ok(id),
    }
}
