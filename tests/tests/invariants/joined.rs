//! I9: one operation at a time works on an id. Whoever asks for the same hears the same; anything else comes after it.

use crate::harness::*;
use posa_core::engine::Times;
use posa_core::journal::State;
use posa_core::recovery::Recover;
use posa_core::transport::Played;
use posa_core::{Client, Delivery, ErrorKind, Receipt};
use std::time::Duration;
use tokio::task::JoinHandle;

const ACTIVATE: &str = "/ActivateGiftCard";
const DEACTIVATE: &str = "/DeactivateGiftCard";

/// An activation that is under way: its first request has left.
async fn under_way(till: &Till) -> JoinHandle<Result<Receipt, posa_core::Error>> {
    let client = till.client.clone();
    let first = tokio::spawn(async move { client.activate(sale_as("Awssb1")).await });
    while till.network.sent().is_empty() {
        tokio::task::yield_now().await;
    }
    first
}

fn hurried(client: &Client) -> Client {
    let times =
        Times { deadline: Some(Duration::from_secs(2)), attempt_timeout: Some(Duration::from_secs(1)), attempts: None };
    client.with_times(times).unwrap()
}

#[tokio::test(start_paused = true)]
async fn i9_a_repeat_joins_the_attempt_under_way_and_its_refusal_too() {
    for answer in [success, || failure("F300", "InsufficientFunds")] {
        let till = Till::new([Played::Silence, answer()]);
        let first = under_way(&till).await;
        let second = till.client.activate(sale_as("Awssb1")).await;
        assert_eq!(format!("{:?}", first.await.unwrap()), format!("{second:?}"));
        assert_eq!(till.paths(), [ACTIVATE; 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn i9_a_repeat_joins_across_clients_that_differ_in_their_times() {
    let till = Till::new([Played::Silence, success()]);
    let first = under_way(&till).await;
    let other = till.client.with_times(Times { deadline: Some(Duration::from_secs(60)), ..Times::default() }).unwrap();
    assert_eq!(other.activate(sale_as("Awssb1")).await.unwrap(), first.await.unwrap().unwrap());
}

#[tokio::test(start_paused = true)]
async fn i9_a_repeat_that_cannot_wait_as_long_is_unknown() {
    let till = Till::new([Played::Silence, success()]);
    let first = under_way(&till).await;
    let error = hurried(&till.client).activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown));
    assert_eq!(error.request_id(), Some("Awssb1"));
    first.await.unwrap().unwrap();
    assert_eq!(till.paths(), [ACTIVATE; 2], "it sent nothing of its own");
}

#[tokio::test(start_paused = true)]
async fn i9_another_sale_of_that_id_is_refused_once_the_first_is_over() {
    let till = Till::new([Played::Silence, success()]);
    let first = under_way(&till).await;
    let other = posa_core::Activate::new(card(), usd("50")).request_id(id("Awssb1"));
    let error = till.client.activate(other).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("amount")));
    first.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn i9_resolving_and_voiding_wait_for_the_attempt_under_way() {
    let till = Till::new([Played::Silence, success()]);
    let first = under_way(&till).await;
    assert_eq!(till.client.resolve(&id("Awssb1")).await.unwrap().state, State::Activated);
    first.await.unwrap().unwrap();
    assert_eq!(till.paths(), [ACTIVATE; 2]);

    let till = Till::new([Played::Silence, success(), success()]);
    let first = under_way(&till).await;
    assert_eq!(till.client.void(&id("Awssb1")).await.unwrap().state, State::Deactivated);
    first.await.unwrap().unwrap();
    assert_eq!(till.paths(), [ACTIVATE, ACTIVATE, DEACTIVATE]);
}

#[tokio::test(start_paused = true)]
async fn i9_what_cannot_wait_for_the_attempt_under_way_is_not_begun() {
    let till = Till::new([Played::Silence, success()]);
    let first = under_way(&till).await;
    let error = hurried(&till.client).void(&id("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::OutcomeUnknown, Some("Awssb1")));
    first.await.unwrap().unwrap();
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Activated);
}

#[tokio::test(start_paused = true)]
async fn i9_recovery_leaves_what_a_caller_works_on_and_a_repeat_waits_for_recovery() {
    let till = Till::new([Played::Silence, success()]);
    let first = under_way(&till).await;
    assert_eq!(till.client.recover(Recover::default()).await.unwrap().open.len(), 1);
    first.await.unwrap().unwrap();

    let once = Times { attempts: Some(1), ..Times::default() };
    let till = Till::new([Played::Break, Played::Silence, success()]);
    till.client.with_times(once).unwrap().activate(sale_as("Awssb1")).await.unwrap_err();
    let client = till.client.clone();
    let recovering = tokio::spawn(async move { client.recover(Recover::default()).await });
    while till.network.sent().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(till.client.activate(sale_as("Awssb1")).await.unwrap().attempts, 0, "the journal has it by then");
    assert_eq!(recovering.await.unwrap().unwrap().settled.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn i9_two_mock_answers_are_two_requests() {
    let till = Till::new([success(), success()]);
    let mock = || sale().request_id(posa_core::RequestId::recorded("F0000").unwrap());
    let (one, other) = tokio::join!(till.client.activate(mock()), till.client.activate(mock()));
    one.and(other).unwrap();
    assert_eq!(till.paths(), [ACTIVATE; 2]);
}
