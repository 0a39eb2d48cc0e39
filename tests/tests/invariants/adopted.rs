//! A card that is active, and that the journal does not know: it is taken over only if this id activated it.

use crate::harness::*;
use crate::recovery::inactive;
use posa_core::journal::State;
use posa_core::transport::Played;
use posa_core::{ErrorKind, RequestId};

const ACTIVATE: &str = "/ActivateGiftCard";
const STATUS: &str = "/ActivationStatusCheck";

#[tokio::test(start_paused = true)]
async fn a_sale_of_this_id_is_taken_over_and_can_be_returned() {
    let till = Till::new([success(), success(), success()]);
    let receipt = till.client.adopt(sale_as("Awssb1")).await.unwrap();
    assert_eq!((till.paths(), receipt.amount), (vec![STATUS, ACTIVATE], Some(usd("25.00"))));
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Activated);
    till.client.deactivate(reversal("Awssb1")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_journal_has_is_told_without_a_request() {
    let till = Till::new([success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    till.client.adopt(sale_as("Awssb1")).await.unwrap();
    assert_eq!(till.paths(), [ACTIVATE]);
}

#[tokio::test(start_paused = true)]
async fn a_card_that_is_not_active_is_not_sold_by_it() {
    let till = Till::new([inactive()]);
    let error = till.client.adopt(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::Rejected, Some("Awssb1")));
    assert!(error.message().contains("activate it"), "{error}");
    assert_eq!(till.paths(), [STATUS]);
    assert!(till.client.transaction(&id("Awssb1")).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_card_that_another_id_activated_is_not_taken_over() {
    let till = Till::new([success(), failure("F200", "CardAlreadyActivatedWithDifferentRequestId")]);
    let error = till.client.adopt(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyActivated);
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Rejected);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_does_not_answer_leaves_the_journal_as_it_was() {
    let till = Till::with([Played::Break], std::sync::Arc::new(posa_core::journal::MemoryJournal::new()), |builder| {
        builder.retry(posa_core::engine::Retry { attempts: 1, ..Default::default() })
    });
    assert_eq!(till.client.adopt(sale_as("Awssb1")).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert!(till.client.transaction(&id("Awssb1")).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_id_is_needed_and_one_of_this_partner() {
    let till = Till::new([]);
    for wrong in [sale(), sale().request_id(RequestId::recorded("Other1").unwrap())] {
        let error = till.client.adopt(wrong).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("request_id")));
    }
    assert!(till.network.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_id_of_another_clients_is_taken_and_warned_of_when_it_sells() {
    let till = Till::new([success(), success(), success()]);
    till.client.adopt(sale_as("Awssb_17-ab")).await.unwrap();
    assert!(!till.told("Warning"));
    let other = posa_core::Activate::new(posa_core::CardNumber::new(OTHER_CARD).unwrap(), usd("10"));
    till.client.activate(other.request_id(id("Awssb_18"))).await.unwrap();
    assert!(till.told("letters and digits are sure"));
}
