//! What the sandbox writes, the core reads, in JSON as in XML.

use crate::input::Input;
use posa_core::wire::{Answer, decode};
use posa_sandbox::fuzzing::{Negative, Told, number, refuse, succeed};

/// Bytes that choose, then the texts of an answer, one a line.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    if input.flag() { negative(input) } else { positive(input) }
}

fn positive(mut input: Input<'_>) {
    let operation = input.operation();
    let card_status = input.pick(&["Activated", "AwaitingActivation", "Invalidated", "Fulfilled"]);
    let (expires, valued) = (input.flag(), input.flag());
    let (request_id, card_number, expiration) = (input.line(), input.line(), input.line());
    let (amount, currency) = (input.line(), input.line());
    let Some(printed) = number(amount) else { return };
    let told = Told {
        request_id,
        card_number,
        card_status,
        expiration: expires.then_some(expiration),
        value: valued.then_some((amount, currency)),
    };
    let text = |text: &str| Some(text.to_owned());
    let mut wanted = Answer::default();
    wanted.status = text("SUCCESS");
    wanted.request_id = text(request_id);
    wanted.card_number = text(card_number);
    wanted.card_status = text(card_status);
    wanted.expiration = told.expiration.map(str::to_owned);
    wanted.amount = valued.then_some(printed);
    wanted.currency = valued.then(|| currency.to_owned());
    assert_eq!(read(&succeed(operation, false, &told)), wanted);
    if [request_id, card_number, expiration, currency].iter().all(|text| survives(text)) {
        assert_eq!(read(&succeed(operation, true, &told)), wanted);
    }
}

fn negative(mut input: Input<'_>) {
    let operation = input.operation();
    let (kind, number) = (input.pick(&[0, 1, 2, 3, 4]), usize::from(input.byte()));
    let text = input.line();
    let negative = match kind {
        0 => Negative::Business { number, request_id: Some(text).filter(|text| !text.is_empty()) },
        1 => Negative::Authentication(text),
        2 => Negative::Malformed(text),
        3 => Negative::Throttled,
        _ => Negative::WrongType,
    };
    let (_, json, named) = refuse(operation, false, &negative);
    let answer = read(&json);
    match (kind, named) {
        (0, Some([code, error_type])) => {
            assert_eq!((answer.error_code.as_deref(), answer.error_type.as_deref()), (Some(code), Some(error_type)));
            assert_eq!(answer.request_id.as_deref().unwrap_or_default(), text);
            assert_eq!(answer.status.as_deref(), Some(if code == "F400" { "RESEND" } else { "FAILURE" }));
        }
        (1 | 2, _) => assert_eq!(answer.message.as_deref(), Some(text)),
        (3, _) => assert_eq!(answer.exception.as_deref(), Some("ThrottlingException")),
        _ => assert_eq!(answer, read(br#"{"Message":null}"#)),
    }
    if survives(text) && kind < 4 {
        let (_, xml, _) = refuse(operation, true, &negative);
        assert_eq!(read(&xml), answer);
    }
}

fn read(body: &[u8]) -> Answer {
    decode(body).unwrap_or_else(|_| panic!("the core cannot read {:?}", String::from_utf8_lossy(body)))
}

/// Whether XML carries the text as it is: it has no control characters, and the space around a text means nothing.
fn survives(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !text.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}
