use super::{CardInfo, Format, Refusal, Reply, Success, Unreadable};
use crate::catalogue;
use posa_core::model::Operation;
use quick_xml::escape::escape;
use serde::Serialize;

/// The members of an operation's response, in the order of the alphabet (protocol section 3).
#[derive(Serialize, Default)]
struct Members<'a> {
    #[serde(rename = "__type", skip_serializing_if = "Option::is_none")]
    shape: Option<String>,
    #[serde(rename = "activationRequestId", skip_serializing_if = "Option::is_none")]
    activation: Option<Option<&'a str>>,
    #[serde(rename = "cardInfo")]
    card: Option<&'a CardInfo>,
    status: &'static str,
    #[serde(rename = "statusCheckRequestId", skip_serializing_if = "Option::is_none")]
    check: Option<Option<&'a str>>,
}

impl<'a> Members<'a> {
    fn new(
        operation: Operation,
        request_id: Option<&'a str>,
        card: Option<&'a CardInfo>,
        status: &'static str,
    ) -> Self {
        let base = Self { card, status, ..Self::default() };
        match operation {
            Operation::Activate | Operation::Deactivate => Self { activation: Some(request_id), ..base },
            Operation::StatusCheck => Self { check: Some(request_id), ..base },
        }
    }

    fn xml(&self) -> String {
        let card = self.card.map(card_xml).unwrap_or_default();
        let activation = optional("activationRequestId", self.activation.flatten());
        let check = optional("statusCheckRequestId", self.check.flatten());
        format!("{card}{activation}{}{check}", element("status", self.status))
    }
}

/// Protocol section 4.1: the business error's envelope.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    agcod_response: Option<Members<'a>>,
    error_code: &'static str,
    error_type: &'static str,
    message: &'static str,
}

/// The positive answer: 200.
pub(crate) fn succeed(format: Format, operation: Operation, success: &Success, committed: bool) -> Reply {
    let members = Members::new(operation, Some(&success.request_id), Some(&success.card), "SUCCESS");
    let body = match format {
        Format::Json => json(&members),
        Format::Xml => element_of(&format!("{}Response", operation.name()), &members.xml()),
    };
    let verdict = format!("SUCCESS {}", success.card.card_status.unwrap_or_default());
    Reply { committed, ..reply(200, format, body, verdict) }
}

/// A negative answer. `operation` is needed where the envelope names it: for [`Refusal::Business`].
pub(crate) fn refuse(format: Format, operation: Option<Operation>, refusal: &Refusal) -> Reply {
    match refusal {
        Refusal::Business { entry, status, request_id, card } => {
            let outcome = entry.class.status();
            let members = operation.map(|operation| Members {
                shape: Some(format!(
                    "{}Response:http://internal.amazon.com/coral/com.amazonaws.agcod/",
                    operation.name()
                )),
                ..Members::new(operation, request_id.as_deref(), card.as_ref(), outcome)
            });
            let (error_code, error_type, message) = (entry.class.code(), entry.error_type, entry.message);
            let body = match format {
                Format::Json => json(&Envelope { agcod_response: members, error_code, error_type, message }),
                Format::Xml => {
                    let members =
                        members.map(|members| element_of("agcodResponse", &members.xml())).unwrap_or_default();
                    let code = element("errorCode", error_code);
                    let name = element("errorType", error_type);
                    element_of("AGCODException", &format!("{members}{code}{name}{}", element("Message", message)))
                }
            };
            reply(*status, format, body, format!("{error_code} {error_type}"))
        }
        Refusal::Authentication { status, error, message } => {
            let body = match format {
                Format::Json => json(&Coral { shape: &format!("{SERVICE}{error}"), message: Message::Lower(message) }),
                Format::Xml => element_of(error, &element("Message", message)),
            };
            reply(*status, format, body, format!("{error}: {}", message.lines().next().unwrap_or_default()))
        }
        Refusal::Throttled => {
            let (name, message) = ("ThrottlingException", "Rate exceeded");
            let body = match format {
                Format::Json => {
                    let shape = format!("com.amazon.coral.availability#{name}");
                    json(&Coral { shape: &shape, message: Message::Lower(message) })
                }
                Format::Xml => element_of(name, &element("Message", message)),
            };
            reply(400, format, body, name.into())
        }
        Refusal::UnknownOperation => {
            reply(404, Format::Xml, "<UnknownOperationException/>\n".into(), "UnknownOperationException".into())
        }
        Refusal::TooLarge => {
            framework(413, format, "RequestEntityTooLargeException", "the body is over the size limit")
        }
        Refusal::Unreadable(Unreadable::WrongType) => {
            let body = match format {
                Format::Json => r#"{"Message":null}"#.into(),
                Format::Xml => element_of("SerializationException", ""),
            };
            reply(400, format, body, "unreadable body: a member of the wrong type, or a null amount".into())
        }
        Refusal::Unreadable(Unreadable::Malformed(what)) => framework(400, format, "SerializationException", what),
        Refusal::Unreadable(Unreadable::Empty) => {
            let entry = catalogue::INVALID_REQUEST_INPUT;
            refuse(format, operation, &Refusal::Business { entry, status: 400, request_id: None, card: None })
        }
    }
}

const SERVICE: &str = "com.amazon.coral.service#";

/// Protocol section 4.5: `message` in errors of authentication and throttling, `Message` in others.
#[derive(Serialize)]
struct Coral<'a> {
    #[serde(rename = "__type")]
    shape: &'a str,
    #[serde(flatten)]
    message: Message<'a>,
}

#[derive(Serialize)]
enum Message<'a> {
    #[serde(rename = "message")]
    Lower(&'a str),
    #[serde(rename = "Message")]
    Upper(&'a str),
}

fn framework(status: u16, format: Format, error: &str, what: &str) -> Reply {
    let body = match format {
        Format::Json => json(&Coral { shape: &format!("{SERVICE}{error}"), message: Message::Upper(what) }),
        Format::Xml => element_of(error, &element("Message", what)),
    };
    reply(status, format, body, format!("unreadable body: {what}"))
}

fn reply(status: u16, format: Format, body: String, verdict: String) -> Reply {
    let content_type = match format {
        Format::Json => "application/json",
        Format::Xml => "application/xml",
    };
    Reply { status, content_type, body: body.into_bytes(), verdict, committed: false }
}

/// Structs of strings always have a JSON text.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn card_xml(card: &CardInfo) -> String {
    let value = card.value.as_ref().map(|value| {
        let currency = optional("currencyCode", value.currency_code.as_deref());
        let amount = value.amount.as_ref().map(ToString::to_string);
        element_of("value", &format!("{currency}{}", optional("amount", amount.as_deref())))
    });
    let number = optional("cardNumber", card.card_number.as_deref());
    let status = optional("cardStatus", card.card_status);
    let expiration = optional("expirationDate", card.expiration_date.as_deref());
    element_of("cardInfo", &format!("{}{number}{status}{expiration}", value.unwrap_or_default()))
}

fn optional(name: &str, text: Option<&str>) -> String {
    text.map(|text| element(name, text)).unwrap_or_default()
}

/// An element with text. Characters that XML cannot carry become U+FFFD.
fn element(name: &str, text: &str) -> String {
    let carried =
        |c: char| matches!(c, '\t' | '\n' | '\r') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    let text: String = text.chars().map(|c| if carried(c) { c } else { '\u{fffd}' }).collect();
    element_of(name, &escape(text.as_str()))
}

fn element_of(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}
