use super::Format;
use crate::model::{Activate, Amount, CardNumber, Deactivate, Operation, PartnerId, RequestId, ShortForm, StatusCheck};
use crate::model::{Form, TransactionSource};
use quick_xml::escape::escape;
use std::borrow::Cow;

/// An operation with the values that are sent.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    /// With the id that was chosen for the sale; the one inside [`Activate`], if any, is the same.
    Activate(&'a Activate, &'a RequestId),
    /// As it is.
    Deactivate(&'a Deactivate),
    /// As it is.
    StatusCheck(&'a StatusCheck),
}

impl<'a> Request<'a> {
    /// Which of the three it is.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Activate(..) => Operation::Activate,
            Self::Deactivate(_) => Operation::Deactivate,
            Self::StatusCheck(_) => Operation::StatusCheck,
        }
    }

    /// The id that an answer must echo.
    pub fn request_id(&self) -> &'a RequestId {
        match self {
            Self::Activate(_, id) => id,
            Self::Deactivate(request) => &request.request_id,
            Self::StatusCheck(request) => &request.request_id,
        }
    }

    /// The card that an answer must echo.
    pub fn card(&self) -> &'a CardNumber {
        match self {
            Self::Activate(request, _) => &request.card,
            Self::Deactivate(request) => &request.card,
            Self::StatusCheck(request) => &request.card,
        }
    }

    /// The amount that an answer must echo.
    pub fn amount(&self) -> Option<Amount> {
        match self {
            Self::Activate(request, _) => Some(request.amount),
            _ => None,
        }
    }
}

type Fields<'a> = Vec<(&'static str, Value<'a>)>;

enum Value<'a> {
    Text(Cow<'a, str>),
    Number(String),
    Object(Fields<'a>),
}

/// The body of a request: the same bytes for the same request, whenever it is encoded.
pub fn encode(request: Request<'_>, partner: &PartnerId, format: Format) -> Vec<u8> {
    let fields = fields(request, partner);
    let mut body = String::with_capacity(256);
    match format {
        Format::Json => json(&fields, &mut body),
        Format::Xml => {
            body.push_str(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
            let root = [request.operation().name(), "Request"].concat();
            element(&root, |body| xml(&fields, body), &mut body);
        }
    }
    body.into_bytes()
}

fn fields<'a>(request: Request<'a>, partner: &'a PartnerId) -> Fields<'a> {
    let text = |value: &'a str| Value::Text(value.into());
    let id_name = match request {
        Request::StatusCheck(_) => "statusCheckRequestId",
        _ => "activationRequestId",
    };
    let mut fields = Vec::with_capacity(8);
    fields.push((id_name, text(request.request_id().as_str())));
    fields.push(("partnerId", text(partner.as_str())));
    let (card, reference) = match request {
        Request::Activate(activate, _) => (&activate.card, &activate.external_reference),
        Request::Deactivate(deactivate) => (&deactivate.card, &deactivate.external_reference),
        Request::StatusCheck(check) => (&check.card, &check.external_reference),
    };
    fields.push(("cardNumber", text(card.digits())));
    if let Request::Activate(activate, _) = request {
        let amount = activate.amount;
        let value = vec![("currencyCode", text(amount.currency().code())), ("amount", Value::Number(number(amount)))];
        fields.push(("value", Value::Object(value)));
        fields
            .extend(activate.source.as_ref().map(|source| ("transactionSource", Value::Object(source_fields(source)))));
        fields.extend(activate.program_id.as_deref().map(|id| ("programId", text(id))));
        fields.extend(activate.product_type.as_deref().map(|name| ("productType", text(name))));
    }
    fields.extend(reference.as_deref().map(|reference| ("externalReference", text(reference))));
    fields
}

/// The specification types amounts as Long and gives decimals in its ranges: whole amounts go without a fraction.
fn number(amount: Amount) -> String {
    let decimal = amount.decimal();
    decimal.strip_suffix(".00").map_or(decimal.clone(), str::to_owned)
}

fn source_fields(source: &TransactionSource) -> Fields<'_> {
    let text = |value: &'_ str| Value::Text(value.to_owned().into());
    let ids = || vec![("sourceId", text(&source.source_id)), ("institutionId", text(&source.institution_id))];
    match &source.form {
        Form::Long { details } => {
            let mut fields = ids();
            fields.push(("sourceDetails", text(details)));
            fields
        }
        Form::Short { shape: ShortForm::TwoMembers, .. } => ids(),
        Form::Short { upc, shape: ShortForm::IdText } => {
            vec![("id", Value::Text(source.id_text(upc.as_deref()).into()))]
        }
    }
}

fn json(fields: &Fields<'_>, body: &mut String) {
    body.push('{');
    for (at, (name, value)) in fields.iter().enumerate() {
        if at > 0 {
            body.push(',');
        }
        body.extend(["\"", name, "\":"]);
        match value {
            Value::Text(text) => push_json_string(text, body),
            Value::Number(number) => body.push_str(number),
            Value::Object(fields) => json(fields, body),
        }
    }
    body.push('}');
}

fn push_json_string(text: &str, body: &mut String) {
    // Digits and letters, which nearly every value is made of, need no escaping.
    if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return body.extend(["\"", text, "\""]);
    }
    // A string always has a JSON form.
    body.push_str(&serde_json::to_string(text).unwrap_or_default());
}

fn xml(fields: &Fields<'_>, body: &mut String) {
    for (name, value) in fields {
        element(
            name,
            |body| match value {
                Value::Text(text) => body.push_str(&escape(text.as_ref())),
                Value::Number(number) => body.push_str(number),
                Value::Object(fields) => xml(fields, body),
            },
            body,
        );
    }
}

fn element(name: &str, content: impl FnOnce(&mut String), body: &mut String) {
    body.extend(["<", name, ">"]);
    content(body);
    body.extend(["</", name, ">"]);
}
