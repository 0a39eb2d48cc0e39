//! The faults, each with what it does to the money.

use crate::client::*;
use jiff::fmt::rfc2822;
use posa_core::model::Operation;
use posa_sandbox::{CardState, Fault, FaultKind, Sandbox};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

fn charges(sandbox: &Sandbox) -> usize {
    sandbox.movements().unwrap().len()
}

fn fault(sandbox: &Sandbox, kind: FaultKind) {
    sandbox.inject(Fault::new(kind)).unwrap();
}

/// Waits for the first movement of money.
async fn committed(sandbox: &Sandbox) {
    let seen = async {
        while charges(sandbox) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seen).await.expect("nothing is committed");
}

#[tokio::test]
async fn a_request_dropped_before_the_commit_leaves_nothing() {
    let sandbox = sandbox().await;
    fault(&sandbox, FaultKind::DropBeforeCommit);
    assert!(activate("AwssbF1").send(&sandbox).await.is_none());
    assert_eq!(charges(&sandbox), 0);
    assert_eq!(activate("AwssbF1").answer(&sandbox).await.card_status(), "Activated");
}

#[tokio::test]
async fn an_answer_dropped_after_the_commit_is_recovered_with_the_same_id() {
    let sandbox = sandbox().await;
    fault(&sandbox, FaultKind::DropAfterCommit);
    assert!(activate("AwssbF2").send(&sandbox).await.is_none());
    assert_eq!(charges(&sandbox), 1);
    assert_eq!(activate("AwssbF2").answer(&sandbox).await.card_status(), "Activated");
    assert_eq!(charges(&sandbox), 1);
    let entries = sandbox.requests();
    let seen: Vec<_> =
        entries.iter().map(|e| (e.fault.as_deref(), e.status, e.committed, e.verdict.as_str())).collect();
    assert_eq!(
        seen,
        [(Some("drop_after_commit"), None, true, "SUCCESS Activated"), (None, Some(200), false, "SUCCESS Activated")]
    );
    assert_eq!((entries[0].card.as_deref(), entries[0].request_id.as_deref()), (Some("...7585"), Some("AwssbF2")));
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_sends() {
    let sandbox = sandbox().await;
    fault(&sandbox, FaultKind::Truncate);
    let answer = activate("AwssbF3").answer(&sandbox).await;
    let promised: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert!(!answer.complete && answer.status == 200);
    assert_eq!(answer.body.len(), promised / 2);
    assert_eq!(charges(&sandbox), 1);
}

#[tokio::test]
async fn a_late_request_is_applied_when_it_is_released() {
    let sandbox = sandbox().await;
    fault(&sandbox, FaultKind::Late { delay_ms: None });
    assert!(activate("AwssbF4").send(&sandbox).await.is_none());
    assert_eq!(status("AwssbF4").answer(&sandbox).await.card_status(), "AwaitingActivation");
    assert_eq!(charges(&sandbox), 0);
    assert_eq!(sandbox.release(), ["SUCCESS Activated"]);
    assert_eq!(charges(&sandbox), 1);
    assert!(sandbox.release().is_empty());
    assert_eq!(status("AwssbF4").answer(&sandbox).await.card_status(), "Activated");
}

#[tokio::test]
async fn a_late_request_arrives_by_itself_after_its_delay() {
    let sandbox = sandbox().await;
    fault(&sandbox, FaultKind::Late { delay_ms: Some(1) });
    assert!(activate("AwssbF5").send(&sandbox).await.is_none());
    committed(&sandbox).await;
    assert_eq!(sandbox.card(CARD).unwrap().status, CardState::Activated);
}

#[tokio::test]
async fn a_duplicate_is_charged_once() {
    let sandbox = sandbox().await;
    fault(&sandbox, FaultKind::Duplicate);
    assert_eq!(activate("AwssbF6").answer(&sandbox).await.card_status(), "Activated");
    assert_eq!(charges(&sandbox), 1);
    assert!(sandbox.requests()[0].committed);
}

#[tokio::test]
async fn refusals_come_as_often_as_asked_for_and_apply_nothing() {
    let sandbox = sandbox().await;
    let insufficient = FaultKind::Error { error_type: "InsufficientFunds".into() };
    sandbox.inject(Fault::new(FaultKind::Resend).times(2)).unwrap();
    fault(&sandbox, FaultKind::Throttle);
    fault(&sandbox, insufficient);
    fault(&sandbox, FaultKind::Http500);
    fault(&sandbox, FaultKind::Html);
    let request = activate("AwssbF7");
    for _ in 0..2 {
        let answer = request.answer(&sandbox).await;
        assert_eq!((answer.status, answer.error_type().as_str()), (400, "SystemTemporarilyUnavailable"));
        assert_eq!(answer.json()["errorCode"], "F400");
        assert_eq!(answer.json()["agcodResponse"]["status"], "RESEND");
        assert_eq!(answer.json()["agcodResponse"]["activationRequestId"], "AwssbF7");
    }
    let answer = request.answer(&sandbox).await;
    let throttled = r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}"#;
    assert_eq!((answer.status, answer.body.as_str()), (400, throttled));
    let answer = request.answer(&sandbox).await;
    assert_eq!(
        (answer.json()["errorCode"].as_str(), answer.error_type().as_str()),
        (Some("F300"), "InsufficientFunds")
    );
    assert_eq!(request.answer(&sandbox).await.status, 500);
    let answer = request.answer(&sandbox).await;
    assert_eq!((answer.status, answer.header("content-type")), (502, Some("text/html")));
    assert_eq!(charges(&sandbox), 0);
    assert_eq!(request.answer(&sandbox).await.status, 200);
}

#[tokio::test]
async fn a_delayed_answer_is_committed_although_the_client_leaves() {
    let sandbox = sandbox().await;
    fault(&sandbox, FaultKind::Delay { delay_ms: 3_600_000 });
    let mut client = connect(&sandbox).await;
    client.write_all(&activate("AwssbF8").bytes(&sandbox)).await.unwrap();
    committed(&sandbox).await;
    drop(client);
    fault(&sandbox, FaultKind::Delay { delay_ms: 1 });
    assert_eq!(activate("AwssbF8").answer(&sandbox).await.card_status(), "Activated");
    assert_eq!(charges(&sandbox), 1);
}

#[tokio::test]
async fn answers_that_lie() {
    let sandbox = sandbox().await;
    fault(&sandbox, FaultKind::Garble);
    let answer = activate("AwssbF9").answer(&sandbox).await;
    assert_eq!(answer.json()["cardInfo"]["cardNumber"], "2400000005567585");
    assert_eq!(charges(&sandbox), 1);

    fault(&sandbox, FaultKind::WrongStatus);
    let answer = deactivate("AwssbF9").answer(&sandbox).await;
    assert_eq!((answer.json()["status"].as_str(), answer.card_status().as_str()), (Some("SUCCESS"), "Activated"));
    assert_eq!(charges(&sandbox), 1);
    assert_eq!(deactivate("AwssbF9").answer(&sandbox).await.card_status(), "AwaitingActivation");

    fault(&sandbox, FaultKind::WrongStatus);
    let answer = activate("AwssbF10").answer(&sandbox).await;
    assert_eq!((answer.status, answer.card_status().as_str()), (200, "AwaitingActivation"));
    assert_eq!(answer.json()["cardInfo"]["value"]["amount"].to_string(), "25.0");
    assert_eq!(charges(&sandbox), 2);
}

#[tokio::test]
async fn a_success_may_be_called_fulfilled() {
    let sandbox = sandbox().await;
    let fulfilled = || fault(&sandbox, FaultKind::Fulfilled);
    fulfilled();
    assert_eq!(activate("AwssbF11").answer(&sandbox).await.card_status(), "Fulfilled");
    assert_eq!(charges(&sandbox), 1);
    fulfilled();
    let refused = activate("AwssbF12").answer(&sandbox).await;
    assert_eq!(refused.json()["errorType"], "CardAlreadyActivatedWithDifferentRequestId");
    fulfilled();
    assert_eq!(deactivate("AwssbF11").answer(&sandbox).await.card_status(), "Fulfilled");
    assert_eq!(deactivate("AwssbF11").answer(&sandbox).await.card_status(), "AwaitingActivation");
}

#[tokio::test]
async fn a_clock_that_steps_is_seen_in_the_date_header() {
    let sandbox = sandbox().await;
    fault(&sandbox, FaultKind::Skew { seconds: 7200 });
    let answer = activate("AwssbF11").answer(&sandbox).await;
    assert_eq!(answer.status, 403);
    assert!(answer.json()["message"].as_str().unwrap().starts_with("Signature expired: "));
    let date = answer.header("date").unwrap().replace(" GMT", " +0000");
    let theirs = rfc2822::parse(&date).unwrap().timestamp();
    assert_eq!(activate("AwssbF11").at(theirs).answer(&sandbox).await.status, 200);
    assert_eq!(sandbox.clock().offset_seconds, 7200);
}

#[tokio::test]
async fn faults_fall_upon_what_they_are_meant_for() {
    let sandbox = sandbox().await;
    let drop = || Fault::new(FaultKind::DropBeforeCommit);
    sandbox.inject(drop().on(Operation::Deactivate)).unwrap();
    sandbox.inject(drop().card("1400000005567586149")).unwrap();
    sandbox.inject(drop().request("AwssbOther")).unwrap();
    assert_eq!(activate("AwssbF12").answer(&sandbox).await.status, 200);
    assert_eq!(sandbox.faults().len(), 3);
    // A request that is not authenticated uses none up.
    let unsigned = Request { secret: "wrong".into(), ..deactivate("AwssbF12") };
    assert_eq!(unsigned.answer(&sandbox).await.status, 403);
    assert_eq!(sandbox.faults().len(), 3);
    assert!(deactivate("AwssbF12").send(&sandbox).await.is_none());
    assert!(activate("AwssbOther").send(&sandbox).await.is_none());
    let second = Request::json(Operation::Activate, &activate_body("AwssbF13", "1400000005567586", "1.00"));
    assert!(second.send(&sandbox).await.is_none());
    assert!(sandbox.faults().is_empty());
    assert_eq!(charges(&sandbox), 1);
}

#[test]
fn a_fault_that_could_never_happen_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sandbox = runtime.block_on(sandbox());
    let unknown = FaultKind::Error { error_type: "Nonsense".into() };
    for (fault, field) in [
        (Fault::new(unknown), "error_type"),
        (Fault::new(FaultKind::Resend).times(0), "times"),
        (Fault::new(FaultKind::Resend).card("12"), "card_number"),
    ] {
        assert_eq!(sandbox.inject(fault).unwrap_err().field(), Some(field));
    }
    assert!(sandbox.faults().is_empty());
}
