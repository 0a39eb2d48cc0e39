use super::{Answer, Undecodable};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Every member that any answer has, so that success, failure and the framework's errors are read in one pass.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Document<'a> {
    status: Option<String>,
    activation_request_id: Option<String>,
    status_check_request_id: Option<String>,
    #[serde(borrow)]
    card_info: Option<CardInfo<'a>>,
    #[serde(borrow)]
    agcod_response: Option<Box<Document<'a>>>,
    error_code: Option<String>,
    error_type: Option<String>,
    #[serde(borrow, deserialize_with = "even_null")]
    message: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "even_null", rename = "Message")]
    capital_message: Option<&'a RawValue>,
    #[serde(rename = "__type")]
    shape: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CardInfo<'a> {
    #[serde(borrow)]
    card_number: Option<&'a RawValue>,
    card_status: Option<String>,
    #[serde(borrow)]
    expiration_date: Option<&'a RawValue>,
    #[serde(borrow)]
    value: Option<Value<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Value<'a> {
    #[serde(borrow)]
    amount: Option<&'a RawValue>,
    currency_code: Option<String>,
}

pub(super) fn decode(text: &str) -> Result<Answer, Undecodable> {
    let document: Document<'_> = serde_json::from_str(text).map_err(|_| Undecodable)?;
    let messages = [document.message, document.capital_message];
    let mut answer = Answer {
        error_code: document.error_code,
        error_type: document.error_type,
        message: messages.into_iter().flatten().find_map(scalar),
        // The shape of a business error names the operation's answer; that of the framework's errors an exception.
        exception: document.shape.and_then(|shape| exception(&shape)),
        has_message: messages.iter().any(Option::is_some),
        null_message: document.message.is_none() && document.capital_message.is_some_and(|raw| raw.get() == "null"),
        ..Answer::default()
    };
    let response = match document.agcod_response {
        Some(inner) => *inner,
        None => Document {
            error_code: None,
            error_type: None,
            message: None,
            capital_message: None,
            shape: None,
            ..document
        },
    };
    answer.status = response.status;
    answer.request_id = response.activation_request_id.or(response.status_check_request_id);
    if let Some(card) = response.card_info {
        answer.card_number = card.card_number.and_then(scalar);
        answer.card_status = card.card_status;
        answer.expiration = card.expiration_date.and_then(scalar);
        if let Some(value) = card.value {
            answer.amount = value.amount.and_then(scalar);
            answer.currency = value.currency_code;
        }
    }
    Ok(answer)
}

/// A member that is there, even if it is null: `{"Message":null}` is an answer of its own.
fn even_null<'a, D: Deserializer<'a>>(member: D) -> Result<Option<&'a RawValue>, D::Error> {
    Deserialize::deserialize(member).map(Some)
}

/// The text of a string, or of a number exactly as it is written; `None` for null and for anything else.
fn scalar(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str(text).ok(),
        b'-' | b'0'..=b'9' => Some(text.to_owned()),
        _ => None,
    }
}

fn exception(shape: &str) -> Option<String> {
    let name = shape.rsplit(['#', ':']).next()?;
    name.ends_with("Exception").then(|| name.to_owned())
}
