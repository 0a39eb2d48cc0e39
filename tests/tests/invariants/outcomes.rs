use crate::harness::*;
use posa_core::engine::Retry;
use posa_core::journal::{MemoryJournal, State};
use posa_core::transport::Played;
use posa_core::{CardStatus, Delivery, ErrorKind};
use std::sync::Arc;

fn once(script: Played) -> Till {
    Till::with([script], Arc::new(MemoryJournal::new()), |builder| {
        builder.retry(Retry { attempts: 1, ..Default::default() })
    })
}

fn answered(status: u16, body: &str) -> Played {
    Played::Answer(status, body.as_bytes().to_vec())
}

#[tokio::test(start_paused = true)]
async fn i11_what_is_not_settled_is_unknown_and_never_a_failure() {
    let cases = [
        ("time-out", Played::Silence),
        ("connection lost", Played::Break),
        ("500", answered(500, "")),
        ("502 page", answered(502, "<!DOCTYPE html><html><body>Bad Gateway</body></html>")),
        ("200 page", answered(200, "<html><body>Sign in to the store's wifi</body></html>")),
        ("empty", answered(200, "")),
        ("truncated", answered(200, r#"{"activationRequestId":"Awssb1","cardInfo":{"cardNumber":"#)),
        ("not UTF-8", Played::Answer(200, vec![0xFF, 0xFE, 0x00])),
        ("member twice", answered(200, r#"{"status":"SUCCESS","status":"SUCCESS"}"#)),
        ("RESEND", failure("F400", "SystemTemporarilyUnavailable")),
        ("F100", failure("F100", "GeneralError")),
        ("F500", failure("F500", "GeneralError")),
        ("a class of the future", failure("F900", "Whatever")),
    ];
    for (name, script) in cases {
        let till = once(script);
        let error = till.client.activate(sale_as("Awssb1")).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown), "{name}: {error}");
        assert_eq!(error.request_id(), Some("Awssb1"), "{name}");
        let row = till.client.transaction(&id("Awssb1")).await.unwrap().unwrap();
        assert_eq!(row.state, State::Unknown, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn i11_resend_past_the_budget_is_unknown() {
    let till = Till::new((0..20).map(|_| failure("F400", "SystemTemporarilyUnavailable")));
    let error = till.client.activate(sale()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, 8));
}

#[tokio::test(start_paused = true)]
async fn i12_a_refused_connection_is_not_sent() {
    let till = once(Played::Refuse);
    let error = till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Unreachable, Delivery::NotSent));
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Rejected);
}

#[tokio::test(start_paused = true)]
async fn i12_a_refused_connection_after_a_lost_answer_is_still_unknown() {
    let till = Till::new([Played::Break]);
    let error = till.client.activate(sale()).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown));
}

#[tokio::test(start_paused = true)]
async fn i13_the_same_id_again_settles_an_unknown_outcome() {
    let script = [Played::Break, success()];
    let till =
        Till::with(script, Arc::new(MemoryJournal::new()), |b| b.retry(Retry { attempts: 1, ..Default::default() }));
    let error = till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    let receipt = till.client.activate(sale().request_id(id(error.request_id().unwrap()))).await.unwrap();
    assert_eq!(receipt.card_status, CardStatus::Activated);
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Activated);
}

#[tokio::test(start_paused = true)]
async fn i13_refusals_that_say_nothing_of_the_lost_attempt_leave_it_unknown() {
    let cases = [
        failure("F300", "AccessDenied"),
        failure("F300", "InsufficientFunds"),
        Played::Answer(
            403,
            refusal("UnrecognizedClientException", "The security token included in the request is invalid."),
        ),
        throttled(),
        Played::Refuse,
    ];
    for refusal in cases {
        let till = Till::new([Played::Break, refusal]);
        assert_eq!(till.client.activate(sale()).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    }
    for page in
        [r#"{"message":"Too Many Requests"}"#, r#"{"Message":"upstream"}"#, "<error><message>later</message></error>"]
    {
        let till = Till::new([Played::Break, answered(400, page), failure("F300", "AccessDenied")]);
        assert_eq!(till.client.activate(sale()).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown, "{page}");
    }
    let till = Till::new([Played::Break, failure("F200", "CardNumberNotFound")]);
    assert_eq!(till.client.activate(sale()).await.unwrap_err().kind(), ErrorKind::Rejected);
}

#[tokio::test(start_paused = true)]
async fn i15_an_active_card_in_a_status_check_attributes_nothing() {
    let script = [Played::Break, success()];
    let till =
        Till::with(script, Arc::new(MemoryJournal::new()), |b| b.retry(Retry { attempts: 1, ..Default::default() }));
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    let status = till.client.status(check("Awssb1")).await.unwrap();
    assert_eq!(status.card_status, CardStatus::Activated);
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Unknown);
}

#[tokio::test(start_paused = true)]
async fn i16_a_card_active_under_another_id_is_left_alone() {
    for name in ["CardAlreadyActivatedWithDifferentRequestId", "CardActivatedWithDifferentRequestId"] {
        let till = Till::new([failure("F200", name), success(), success()]);
        let error = till.client.activate(sale()).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::AlreadyActivated, Delivery::Answered));
        assert_eq!(till.paths(), ["/ActivateGiftCard"], "neither another id nor a reversal may follow");
    }
}

#[tokio::test(start_paused = true)]
async fn i28_an_answer_for_something_else_is_unknown_and_raises_an_alarm() {
    type Change = fn(&mut serde_json::Value);
    let cases: [(&str, Change); 7] = [
        ("another id", |answer| answer["activationRequestId"] = "Awssb9".into()),
        ("no id", |answer| answer["activationRequestId"] = serde_json::Value::Null),
        ("another card", |answer| answer["cardInfo"]["cardNumber"] = OTHER_CARD.into()),
        ("no card", |answer| answer["cardInfo"]["cardNumber"] = serde_json::Value::Null),
        ("another amount", |answer| answer["cardInfo"]["value"]["amount"] = serde_json::json!(20)),
        ("another currency", |answer| answer["cardInfo"]["value"]["currencyCode"] = "EUR".into()),
        ("no value", |answer| answer["cardInfo"]["value"] = serde_json::Value::Null),
    ];
    for (name, change) in cases {
        let till = Till::new([success_but(change)]);
        let error = till.client.activate(sale_as("Awssb1")).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown), "{name}");
        assert!(till.told("alarm:"), "{name}");
        assert_eq!(till.network.sent().len(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn d4_success_counts_only_with_the_card_status_that_was_asked_for() {
    for status in ["AwaitingActivation", "Invalidated", "RefundedToPurchaser", ""] {
        let till = Till::new([success_but(move |answer| answer["cardInfo"]["cardStatus"] = status.into())]);
        let error = till.client.activate(sale()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{status}");
    }
    let script = [success(), success_but(|answer| answer["cardInfo"]["cardStatus"] = "Activated".into())];
    let till = Till::new(script);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!(till.client.deactivate(reversal("Awssb1")).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
}

fn fulfilled() -> Played {
    success_but(|answer| answer["cardInfo"]["cardStatus"] = "Fulfilled".into())
}

#[tokio::test(start_paused = true)]
async fn d4_fulfilled_confirms_an_activation_and_counts_as_active() {
    let till = Till::new([fulfilled(), fulfilled()]);
    let receipt = till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!(receipt.card_status, CardStatus::Activated);
    assert_eq!(till.client.status(check("Awssb1")).await.unwrap().card_status, CardStatus::Activated);
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Activated);
    for change in ["cardNumber", "value"] {
        let till = Till::new([success_but(move |answer| {
            answer["cardInfo"]["cardStatus"] = "Fulfilled".into();
            answer["cardInfo"][change] = serde_json::Value::Null;
        })]);
        assert_eq!(till.client.activate(sale()).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown, "no {change}");
    }
}

#[tokio::test(start_paused = true)]
async fn d4_a_deactivation_that_is_fulfilled_is_decided_by_a_status_check() {
    let says = |status: &'static str| success_but(move |answer| answer["cardInfo"]["cardStatus"] = status.into());
    let cases = [
        (says("AwaitingActivation"), State::Deactivated),
        (says("Activated"), State::Reversing),
        (says("Fulfilled"), State::Reversing),
        (failure("F200", "NonExistingActivationRequestId"), State::Reversing),
    ];
    for (answer, state) in cases {
        let till = Till::new([success(), fulfilled(), answer]);
        till.client.activate(sale_as("Awssb1")).await.unwrap();
        let outcome = till.client.deactivate(reversal("Awssb1")).await;
        let row = till.client.transaction(&id("Awssb1")).await.unwrap().unwrap();
        assert_eq!(row.state, state, "{outcome:?}");
        assert_eq!(till.paths(), ["/ActivateGiftCard", "/DeactivateGiftCard", "/ActivationStatusCheck"]);
        match (state, outcome) {
            (State::Deactivated, Ok(receipt)) => assert_eq!(receipt.card_status, CardStatus::AwaitingActivation),
            (State::Reversing, Err(error)) => assert_eq!(error.kind(), ErrorKind::OutcomeUnknown),
            (_, outcome) => panic!("{outcome:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn i14_a_card_that_is_not_active_proves_no_reversal_while_its_activation_may_arrive() {
    let inactive = success_but(|answer| answer["cardInfo"]["cardStatus"] = "AwaitingActivation".into());
    let script = [Played::Break, fulfilled(), inactive];
    let once = |builder: posa_core::ClientBuilder| builder.retry(Retry { attempts: 1, ..Default::default() });
    let till = Till::with(script, Arc::new(MemoryJournal::new()), once);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!(till.client.void(&id("Awssb1")).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Reversing);
}

#[tokio::test(start_paused = true)]
async fn i30_without_a_network_no_activation_succeeds() {
    let till = Till::new([]);
    let error = till.client.activate(sale()).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Unreachable, Delivery::NotSent));
    assert!(till.network.sent().is_empty());
}
