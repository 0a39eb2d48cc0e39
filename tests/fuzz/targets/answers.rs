//! The gateway's answers and errors, or whatever comes in their place.

use crate::input::Input;
use crate::leaks::{assert_safe, printed, shown};
use posa_core::engine::{Confirmed, Earlier, Verdict, classify};
use posa_core::model::Operation;
use posa_core::transport::HttpResponse;
use posa_core::wire::{Answer, Request, decode};
use posa_core::{Activate, Amount, CardNumber, Currency, Deactivate, PartnerId, RequestId, StatusCheck};
use serde_json::json;

/// First byte: the HTTP status. The rest: the body.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let status = input.pick(&[200, 400, 403, 404, 413, 429, 500, 503]);
    let body = input.rest();
    let answer = decode(body).ok();
    if let Some(answer) = &answer {
        assert_safe(&shown(answer));
        assert_eq!(facts(&decode(&written(answer)).expect("it was written as the service writes")), facts(answer));
    }
    let response = HttpResponse { status, body: body.to_vec().into(), ..HttpResponse::default() };
    for operation in Operation::ALL {
        match asked(operation, &response) {
            Verdict::Failed(failure) => {
                assert_safe(&shown(&failure));
                for earlier in [Earlier::Nothing, Earlier::InDoubt, Earlier::OnItsWay] {
                    assert_safe(&printed(&failure.clone().into_error(operation, earlier)));
                }
            }
            Verdict::Undecided => {
                assert_eq!(operation, Operation::Deactivate);
                assert_success(answer.as_ref());
            }
            Verdict::Done(confirmed) => {
                // An amount may have as many digits as a card.
                assert_safe(&shown(&Confirmed { amount: None, ..confirmed.clone() }));
                assert_success(answer.as_ref());
                if operation == Operation::Activate {
                    assert_eq!(confirmed.amount.map(Amount::minor_units), Some(2500));
                }
            }
        }
    }
}

/// The answer calls the request that was sent a success.
fn assert_success(answer: Option<&Answer>) {
    let answer = answer.expect("what cannot be read confirms nothing");
    assert_eq!(answer.status.as_deref(), Some("SUCCESS"));
    assert_eq!(answer.request_id.as_deref().map(str::trim), Some("Awssb1"));
    let card = CardNumber::new(answer.card_number.as_deref().unwrap()).unwrap();
    assert_eq!(card.number(), "1400000005567585");
    assert!((&answer.error_code, &answer.error_type) == (&None, &None));
}

fn asked(operation: Operation, response: &HttpResponse) -> Verdict {
    let id = RequestId::new("Awssb1", &PartnerId::new("Awssb").unwrap()).unwrap();
    let card = CardNumber::new("1400000005567585358").unwrap();
    match operation {
        Operation::Activate => {
            let sale = Activate::new(card, Amount::new("25", Currency::Usd).unwrap());
            classify(Request::Activate(&sale, &id), response)
        }
        Operation::Deactivate => classify(Request::Deactivate(&Deactivate::new(id, card)), response),
        Operation::StatusCheck => classify(Request::StatusCheck(&StatusCheck::new(id, card)), response),
    }
}

/// The answer as the service would write it: business errors in their envelope, all others flat.
fn written(answer: &Answer) -> Vec<u8> {
    let response = json!({
        "status": answer.status,
        "activationRequestId": answer.request_id,
        "cardInfo": {
            "cardNumber": answer.card_number,
            "cardStatus": answer.card_status,
            "expirationDate": answer.expiration,
            "value": {"amount": answer.amount, "currencyCode": answer.currency},
        },
    });
    let mut body = json!({"agcodResponse": response, "errorCode": answer.error_code, "errorType": answer.error_type});
    let members = body.as_object_mut().expect("an object");
    let speaks = answer.status.is_some() || answer.error_type.is_some() || answer.exception.is_some();
    if answer.message.is_some() || !speaks {
        members.insert("message".to_owned(), json!(answer.message));
    }
    if let Some(exception) = &answer.exception {
        members.insert("__type".to_owned(), json!(format!("com.amazon.coral.service#{exception}")));
    }
    body.to_string().into_bytes()
}

fn facts(answer: &Answer) -> [Option<String>; 11] {
    let answer = answer.clone();
    [
        answer.status,
        answer.request_id,
        answer.card_number,
        answer.card_status,
        answer.expiration,
        answer.currency,
        answer.amount,
        answer.error_code,
        answer.error_type,
        answer.message,
        // An element's name may hold what ends the name of a shape.
        answer.exception.map(|name| name.rsplit(['#', ':']).next().unwrap_or_default().to_owned()),
    ]
}
