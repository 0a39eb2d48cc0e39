use super::{Decimal, Request, Unreadable};
use posa_core::model::Operation;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

const MAX_DEPTH: usize = 32;

/// The members an operation may have, each still its own JSON text, so that numbers stay exact.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    activation_request_id: Option<&'a RawValue>,
    #[serde(borrow)]
    status_check_request_id: Option<&'a RawValue>,
    #[serde(borrow)]
    partner_id: Option<&'a RawValue>,
    #[serde(borrow)]
    card_number: Option<&'a RawValue>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow)]
    transaction_source: Option<&'a RawValue>,
    #[serde(borrow)]
    program_id: Option<&'a RawValue>,
    #[serde(borrow)]
    product_type: Option<&'a RawValue>,
    #[serde(borrow)]
    external_reference: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Value<'a> {
    #[serde(borrow)]
    currency_code: Option<&'a RawValue>,
    /// A null is kept apart from an absent one: the gateway answers them differently.
    #[serde(borrow, default, deserialize_with = "present")]
    amount: Option<&'a RawValue>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

pub(super) fn read(operation: Operation, text: &str) -> Result<Request, Unreadable> {
    let text = text.trim();
    if text == "null" {
        return Err(Unreadable::Empty);
    }
    if !text.starts_with('{') {
        return Err(Unreadable::malformed("the body is not a JSON object"));
    }
    if nesting(text) > MAX_DEPTH {
        return Err(Unreadable::malformed(format!("the body is nested more than {MAX_DEPTH} deep")));
    }
    let body: Body<'_> = serde_json::from_str(text).map_err(malformed)?;
    let value = match body.value.filter(|_| operation == Operation::Activate) {
        Some(raw) => serde_json::from_str(object(raw)?).map_err(malformed)?,
        None => Value::default(),
    };
    body.transaction_source.map(object).transpose()?;
    string(body.program_id)?;
    string(body.product_type)?;
    Ok(Request {
        request_id: string(match operation {
            Operation::StatusCheck => body.status_check_request_id,
            Operation::Activate | Operation::Deactivate => body.activation_request_id,
        })?,
        partner_id: string(body.partner_id)?,
        card_number: match body.card_number.map(RawValue::get) {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.to_owned()),
            _ => string(body.card_number)?,
        },
        amount: value.amount.map(number).transpose()?,
        currency: string(value.currency_code)?,
        external_reference: string(body.external_reference)?,
    })
}

/// Brackets open at once, outside strings. Members that nothing reads would otherwise nest without a limit.
fn nesting(text: &str) -> usize {
    let (mut open, mut deepest, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// At this point serde knows of no values, only of places and of names of members that occur twice.
fn malformed(error: serde_json::Error) -> Unreadable {
    Unreadable::Malformed(format!("the body is not valid JSON: {error}"))
}

fn string(raw: Option<&RawValue>) -> Result<Option<String>, Unreadable> {
    raw.map(|raw| serde_json::from_str(raw.get()).map_err(|_| Unreadable::WrongType)).transpose()
}

fn object(raw: &RawValue) -> Result<&str, Unreadable> {
    if raw.get().starts_with('{') { Ok(raw.get()) } else { Err(Unreadable::WrongType) }
}

fn number(raw: &RawValue) -> Result<Decimal, Unreadable> {
    Decimal::parse(raw.get()).ok_or(Unreadable::WrongType)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::wire::{Format, read as read_bytes};

    fn activate(text: &str) -> Result<Request, Unreadable> {
        read_bytes(Operation::Activate, Format::Json, text.as_bytes())
    }

    #[test]
    fn members_come_in_any_order_and_unknown_ones_are_ignored() {
        let request = activate(
            r#" {"value":{"amount":10.50,"extra":[1,{"a":null}],"currencyCode":"USD"},"cardNumber":1400000005567585,
                 "whatever":{"x":[]},"partnerId":"Awssb","activationRequestId":"Awssb\u0031",
                 "transactionSource":{"id":"{}"},"programId":null,"externalReference":"r"} "#,
        );
        let request = request.unwrap();
        assert_eq!(request.card_number.as_deref(), Some("1400000005567585"));
        assert_eq!(request.request_id.as_deref(), Some("Awssb1"));
        assert_eq!(request.amount, Decimal::parse("10.5"));
        assert_eq!(request.currency.as_deref(), Some("USD"));
        assert_eq!(request.external_reference.as_deref(), Some("r"));
    }

    #[test]
    fn amounts_keep_every_digit() {
        let request = activate(r#"{"value":{"amount":0.1000000000000000055}}"#).unwrap();
        assert_eq!(request.amount, Decimal::parse("0.1000000000000000055"));
        assert_ne!(request.amount, Decimal::parse("0.1"));
    }

    #[test]
    fn each_operation_reads_its_own_id_and_only_activate_a_value() {
        let text = br#"{"activationRequestId":"A","statusCheckRequestId":"S","value":{"amount":null}}"#;
        let status = read_bytes(Operation::StatusCheck, Format::Json, text).unwrap();
        assert_eq!(status.request_id.as_deref(), Some("S"));
        let deactivate = read_bytes(Operation::Deactivate, Format::Json, text).unwrap();
        assert_eq!((deactivate.request_id.as_deref(), deactivate.amount), (Some("A"), None));
    }

    #[test]
    fn wrong_types_and_a_null_amount_are_told_from_malformed_bodies() {
        for text in [
            r#"{"value":{"amount":null}}"#,
            r#"{"value":{"amount":"10"}}"#,
            r#"{"value":{"amount":[10]}}"#,
            r#"{"value":["USD",10]}"#,
            r#"{"value":7}"#,
            r#"{"partnerId":5}"#,
            r#"{"cardNumber":-1400000005567585}"#,
            r#"{"cardNumber":1400000005567585.0}"#,
            r#"{"cardNumber":{}}"#,
            r#"{"transactionSource":"Store 5"}"#,
        ] {
            assert_eq!(activate(text), Err(Unreadable::WrongType), "{text}");
        }
        assert_eq!(activate(r#"{"value":null,"partnerId":null}"#), Ok(Request::default()));
    }

    #[test]
    fn hostile_bodies_are_malformed() {
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        for text in [
            "[]",
            "\"text\"",
            "<xml/>",
            "{",
            "{}}",
            r#"{"partnerId":"Awssb",}"#,
            r#"{"partnerId":"Awssb","partnerId":"Other"}"#,
            r#"{"value":{"amount":1,"amount":2}}"#,
            r#"{"value":{"amount":01}}"#,
            r#"{"value":{"amount":NaN}}"#,
            &deep,
        ] {
            assert!(matches!(activate(text), Err(Unreadable::Malformed(_))), "{text:.60}");
        }
        let invalid = read_bytes(Operation::Activate, Format::Json, b"{\"partnerId\":\"\xff\"}");
        assert!(matches!(invalid, Err(Unreadable::Malformed(_))));
        for text in ["", " \n", "null"] {
            assert_eq!(activate(text), Err(Unreadable::Empty));
        }
    }
}
