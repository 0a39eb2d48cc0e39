//! I35: what a refusal tells of an attempt whose answer was lost, for each error type at each operation.

use crate::harness::*;
use posa_core::engine::{REFUSALS, Tells, tells};
use posa_core::journal::{CallersJournal, MemoryJournal, NoJournal, State};
use posa_core::model::Operation;
use posa_core::transport::Played;
use posa_core::{Error, ErrorKind};
use posa_sandbox::error_types;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Every F200 and F300 of the catalogue, and every name of the table.
fn refusals() -> BTreeSet<(&'static str, &'static str)> {
    let of_the_catalogue = error_types().filter(|(code, _)| ["F200", "F300"].contains(code));
    let of_the_table = REFUSALS.iter().flat_map(|(_, _, names)| names.iter().map(|name| ("F200", *name)));
    of_the_catalogue.chain(of_the_table).collect()
}

async fn end(till: &Till, operation: Operation) -> Error {
    match operation {
        Operation::Activate => till.client.activate(sale_as("Awssb1")).await.unwrap_err(),
        Operation::Deactivate => till.client.deactivate(reversal("Awssb1")).await.unwrap_err(),
        Operation::StatusCheck => till.client.status(check("Awssb1")).await.unwrap_err(),
    }
}

/// A till whose requests are answered so; before a deactivation there was a sale.
async fn till(operation: Operation, script: impl IntoIterator<Item = Played>) -> Till {
    let sold = (operation == Operation::Deactivate).then(success);
    let till = Till::new(sold.into_iter().chain(script));
    if operation == Operation::Deactivate {
        till.client.activate(sale_as("Awssb1")).await.unwrap();
    }
    till
}

#[tokio::test(start_paused = true)]
async fn i35_every_refusal_after_a_lost_answer_settles_what_it_can_know() {
    for operation in [Operation::Activate, Operation::Deactivate] {
        for (code, name) in refusals() {
            let alone = end(&till(operation, [failure(code, name)]).await, operation).await;
            assert_ne!(alone.kind(), ErrorKind::OutcomeUnknown, "{operation} {code} {name}: nothing was in doubt");
            let after = end(&till(operation, [Played::Break, failure(code, name)]).await, operation).await;
            let settles = code == "F200" && tells(operation, name) == Tells::NoneEver;
            let kind = if settles { alone.kind() } else { ErrorKind::OutcomeUnknown };
            assert_eq!((after.kind(), after.attempts()), (kind, 2), "{operation} {code} {name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn i35_refusals_that_speak_for_the_lost_attempt_leave_the_sale_open() {
    for name in ["CardActivatedWithDifferentDenomination", "ActivationRequestIdAlreadyBeenUsed"] {
        let till = Till::new([Played::Break, failure("F200", name), success()]);
        assert_eq!(end(&till, Operation::Activate).await.kind(), ErrorKind::OutcomeUnknown, "{name}");
        let row = till.client.transaction(&id("Awssb1")).await.unwrap().unwrap();
        assert_eq!(row.state, State::Unknown, "{name}");
        assert!(row.retry_at.is_some(), "asked again at once, the gateway would say the same");
        assert_eq!(till.client.resolve(&id("Awssb1")).await.unwrap().state, State::Activated, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn i35_a_refused_status_check_speaks_for_itself() {
    for (code, name) in refusals() {
        let till = Till::new([Played::Break, failure(code, name)]);
        let error = end(&till, Operation::StatusCheck).await;
        assert_ne!(error.kind(), ErrorKind::OutcomeUnknown, "{code} {name}");
    }
}

fn refused(request_id: &str, card_number: Option<&str>, error_type: &str) -> Played {
    let card = card_number.map(|number| serde_json::json!({ "cardNumber": number }));
    let body = serde_json::json!({
        "agcodResponse": {"activationRequestId": request_id, "cardInfo": card, "status": "FAILURE"},
        "errorCode": "F200", "errorType": error_type, "message": error_type,
    });
    Played::Answer(400, body.to_string().into_bytes())
}

#[tokio::test(start_paused = true)]
async fn i35_a_refusal_of_another_request_is_a_contradiction() {
    for (request_id, card) in [("Awssb2", None), ("Awssb1", Some(OTHER_CARD)), ("Awssb2", Some(CARD))] {
        let till = Till::new([refused(request_id, card, "CardNumberNotFound")]);
        let error = end(&till, Operation::Activate).await;
        assert_eq!((error.kind(), error.error_type()), (ErrorKind::OutcomeUnknown, None), "{request_id} {card:?}");
        assert!(till.told("alarm:") && !error.message().contains(OTHER_CARD), "{error}");
        assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Unknown);
    }
    let till = Till::new([refused("Awssb1", Some(&CARD[..16]), "CardNumberNotFound")]);
    assert_eq!(end(&till, Operation::Activate).await.kind(), ErrorKind::Rejected, "with or without its checksum");
}

#[tokio::test(start_paused = true)]
async fn i35_a_void_that_another_request_was_refused_for_goes_on() {
    let script = [Played::Break, refused("Awssb2", None, "NonExistingActivationRequestId"), success()];
    let once = |builder: posa_core::ClientBuilder| {
        builder.retry(posa_core::engine::Retry { attempts: 1, ..Default::default() })
    };
    let till = Till::with(script, Arc::new(MemoryJournal::new()), once);
    end(&till, Operation::Activate).await;
    till.client.void(&id("Awssb1")).await.unwrap_err();
    let row = till.client.transaction(&id("Awssb1")).await.unwrap().unwrap();
    assert_eq!((row.state, row.reversal_tries), (State::Reversing, 1), "it is tried again soon, not after 32 minutes");
    assert_eq!(till.client.resolve(&id("Awssb1")).await.unwrap().state, State::Deactivated);
}

#[tokio::test(start_paused = true)]
async fn i35_what_is_not_the_services_own_says_nothing() {
    for (status, body) in [
        (403, r#"{"message":"Blocked by policy"}"#),
        (403, r#"{"Message":null}"#),
        (400, r#"{"message":""}"#),
        (400, r#"{"Message":""}"#),
        (400, r#"{"message":null}"#),
        (400, "<error><Message></Message></error>"),
    ] {
        let page = || Played::Answer(status, body.as_bytes().to_vec());
        let till = Till::new((0..8).map(|_| page()));
        let error = end(&till, Operation::Activate).await;
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, 8), "{status} {body}");
        let till = Till::new([page(), success()]);
        till.client.activate(sale()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn i35_bytes_that_the_service_cannot_read_are_refused() {
    let of_a_type = r#"{"Message":"class java.lang.String is not an expected Json type"}"#;
    for (body, after) in [(of_a_type, ErrorKind::Rejected), (r#"{"Message":null}"#, ErrorKind::OutcomeUnknown)] {
        let answer = || Played::Answer(400, body.as_bytes().to_vec());
        assert_eq!(end(&Till::new([answer()]), Operation::Activate).await.kind(), ErrorKind::Rejected, "{body}");
        let till = Till::new([Played::Break, answer()]);
        assert_eq!(end(&till, Operation::Activate).await.kind(), after, "{body} after a lost answer");
    }
}

#[tokio::test(start_paused = true)]
async fn i35_without_a_journal_an_id_that_is_given_is_in_doubt() {
    let bare = |script: Vec<Played>| Till::with(script, Arc::new(NoJournal), |builder| builder);
    for refusal in
        [|| failure("F300", "InsufficientFunds"), || failure("F200", "ActivationNotAllowed"), || Played::Refuse]
    {
        let till = bare((0..8).map(|_| refusal()).collect());
        assert_eq!(end(&till, Operation::Activate).await.kind(), ErrorKind::OutcomeUnknown);
        assert_eq!(end(&bare(vec![refusal()]), Operation::Deactivate).await.kind(), ErrorKind::OutcomeUnknown);
        let chosen = bare((0..8).map(|_| refusal()).collect()).client.activate(sale()).await.unwrap_err();
        assert_ne!(chosen.kind(), ErrorKind::OutcomeUnknown, "an id that the client chose is new: {chosen}");
        let client = bare((0..8).map(|_| refusal()).collect()).client;
        let beforehand = client.activate_new(client.new_request_id().unwrap(), sale()).await.unwrap_err();
        assert_eq!(beforehand.kind(), chosen.kind(), "also if it chose it beforehand");
    }
    let vouched = Till::with([failure("F300", "AccessDenied")], Arc::new(CallersJournal), |builder| builder);
    assert_eq!(end(&vouched, Operation::Activate).await.kind(), ErrorKind::Account, "the caller's record knows");
    let settled = bare(vec![failure("F200", "CardNumberNotFound")]);
    assert_eq!(end(&settled, Operation::Activate).await.kind(), ErrorKind::Rejected);
}
