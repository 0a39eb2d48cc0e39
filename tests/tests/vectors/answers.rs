use super::client;
use posa_core::transport::{Played, Scripted};
use posa_core::{Delivery, Error, ErrorKind, Receipt};
use posa_tests::{Built, Given, vectors};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// What the gateway answers to every request.
#[derive(Deserialize)]
struct Answer {
    name: String,
    #[serde(flatten)]
    given: Given,
    status: u16,
    body: String,
}

/// The end of the operation when every attempt is answered so.
async fn outcome(answer: &Answer) -> Result<Receipt, Error> {
    let script = (0..100).map(|_| Played::Answer(answer.status, answer.body.clone().into_bytes()));
    let client = client(&answer.given, &Scripted::new(script)).deadline(Duration::from_secs(30)).build().unwrap();
    match answer.given.build().unwrap() {
        Built::Activate(sale, _) => client.activate(sale).await,
        Built::Deactivate(reversal) => client.deactivate(reversal).await,
        Built::StatusCheck(check) => client.status(check).await,
    }
}

#[tokio::test(start_paused = true)]
async fn responses() {
    #[derive(Deserialize)]
    struct File {
        responses: Vec<Row>,
    }
    #[derive(Deserialize)]
    struct Row {
        #[serde(flatten)]
        answer: Answer,
        receipt: Expected,
    }
    #[derive(Deserialize)]
    struct Expected {
        request_id: String,
        card_status: String,
        amount: Option<String>,
        currency: Option<String>,
        expiration: Option<String>,
        expires_at: Option<String>,
    }
    for Row { answer, receipt } in vectors::<File>("responses").responses {
        let name = &answer.name;
        let got = outcome(&answer).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(got.operation.name(), answer.given.operation, "{name}");
        assert_eq!(got.request_id.as_str(), receipt.request_id, "{name}");
        assert_eq!(got.card_number.digits(), answer.given.card_number, "{name}");
        assert_eq!(got.card_status.as_str(), receipt.card_status, "{name}");
        assert_eq!(got.amount.map(|amount| amount.decimal()), receipt.amount, "{name}");
        assert_eq!(got.amount.map(|amount| amount.currency().code().to_owned()), receipt.currency, "{name}");
        assert_eq!(got.expiration.as_ref().map(|e| e.raw().to_owned()), receipt.expiration, "{name}");
        assert_eq!(got.expiration.and_then(|e| e.at()).map(|at| at.to_string()), receipt.expires_at, "{name}");
        assert_eq!(got.attempts, 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors() {
    #[derive(Deserialize)]
    struct File {
        errors: Vec<Row>,
    }
    #[derive(Deserialize)]
    struct Row {
        #[serde(flatten)]
        answer: Answer,
        kind: String,
        delivery: String,
        code: Option<String>,
        error_type: Option<String>,
    }
    let mut kinds = BTreeSet::new();
    let mut wrong = Vec::new();
    for row in vectors::<File>("errors").errors {
        let name = &row.answer.name;
        let error = outcome(&row.answer).await.expect_err(name);
        let delivery = match error.delivery() {
            Delivery::NotSent => "not_sent",
            Delivery::Unknown => "unknown",
            Delivery::Answered => "answered",
        };
        let got = (error.kind().name(), delivery, error.code(), error.error_type());
        let expected = (row.kind.as_str(), row.delivery.as_str(), row.code.as_deref(), row.error_type.as_deref());
        if got != expected {
            wrong.push(format!("{name}: {got:?} instead of {expected:?}"));
        }
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(&row.answer.given.card_number), "{name}: {shown}");
        assert_eq!(error.request_id(), row.answer.given.request_id.as_deref(), "{name}");
        assert!(error.attempts() >= 1, "{name}");
        kinds.insert(error.kind().name());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let made_by_the_gateway = [
        ErrorKind::Rejected,
        ErrorKind::AlreadyActivated,
        ErrorKind::InsufficientFunds,
        ErrorKind::Account,
        ErrorKind::Authentication,
        ErrorKind::Throttled,
        ErrorKind::OutcomeUnknown,
    ];
    assert!(made_by_the_gateway.iter().all(|kind| kinds.contains(kind.name())), "{kinds:?}");
}
