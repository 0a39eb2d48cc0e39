use crate::harness::*;
use posa_core::engine::Retry;
use posa_core::journal::{MemoryJournal, State};
use posa_core::transport::Played;
use posa_core::{CardStatus, Delivery, ErrorKind};
use std::sync::Arc;

#[tokio::test(start_paused = true)]
async fn i17_only_what_the_journal_activated_is_deactivated() {
    let till = Till::new([failure("F200", "CardNumberNotFound"), success()]);
    let unknown_id = till.client.deactivate(reversal("Awssb1")).await.unwrap_err();
    assert_eq!((unknown_id.kind(), unknown_id.delivery()), (ErrorKind::Conflict, Delivery::NotSent));
    till.client.activate(sale_as("Awssb2")).await.unwrap_err();
    assert_eq!(till.client.deactivate(reversal("Awssb2")).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(till.paths(), ["/ActivateGiftCard"]);
}

#[tokio::test(start_paused = true)]
async fn i19_no_deactivation_while_an_activation_may_still_run() {
    let till = Till::with([Played::Silence, Played::Break], Arc::new(MemoryJournal::new()), |builder| {
        builder.retry(Retry { attempts: 2, ..Default::default() })
    });
    let client = till.client.clone();
    let running = tokio::spawn(async move { client.activate(sale_as("Awssb1")).await });
    while till.network.sent().is_empty() {
        tokio::task::yield_now().await;
    }
    let during = till.client.deactivate(reversal("Awssb1")).await.unwrap_err();
    assert_eq!((during.kind(), during.delivery()), (ErrorKind::Conflict, Delivery::NotSent));
    assert_eq!(running.await.unwrap().unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    let undecided = till.client.deactivate(reversal("Awssb1")).await.unwrap_err();
    assert_eq!((undecided.kind(), undecided.delivery()), (ErrorKind::Conflict, Delivery::NotSent));
}

#[tokio::test(start_paused = true)]
async fn i19_no_activation_after_a_reversal_was_begun() {
    let script = [success(), Played::Break, success()];
    let till =
        Till::with(script, Arc::new(MemoryJournal::new()), |b| b.retry(Retry { attempts: 1, ..Default::default() }));
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!(till.client.deactivate(reversal("Awssb1")).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Reversing);
    for sale in [sale_as("Awssb1"), sale_as("Awssb2")] {
        assert_eq!(till.client.activate(sale).await.unwrap_err().kind(), ErrorKind::Conflict);
    }
    let receipt = till.client.deactivate(reversal("Awssb1")).await.unwrap();
    assert_eq!(receipt.card_status, CardStatus::AwaitingActivation);
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Deactivated);
}

#[tokio::test(start_paused = true)]
async fn i20_a_definite_refusal_is_not_followed_by_a_reversal() {
    for error_type in ["CardNumberNotFound", "MaxAmountExceeded", "RequestedDenominationMismatch"] {
        let till = Till::new([failure("F200", error_type), success()]);
        assert_eq!(till.client.activate(sale()).await.unwrap_err().delivery(), Delivery::Answered);
        assert_eq!(till.paths(), ["/ActivateGiftCard"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_deactivation_leaves_the_card_active_in_the_journal() {
    let till = Till::new([success(), failure("F200", "DeactivationNotAllowed")]);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!(till.client.deactivate(reversal("Awssb1")).await.unwrap_err().kind(), ErrorKind::Rejected);
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Activated);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_answered_from_the_journal_without_a_request() {
    let till = Till::new([success(), success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    let again = till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!((again.card_status, again.attempts), (CardStatus::Activated, 0));
    till.client.deactivate(reversal("Awssb1")).await.unwrap();
    let again = till.client.deactivate(reversal("Awssb1")).await.unwrap();
    assert_eq!((again.card_status, again.attempts), (CardStatus::AwaitingActivation, 0));
    assert_eq!(till.network.sent().len(), 2);
}
