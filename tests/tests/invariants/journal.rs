use crate::harness::*;
use jiff::Timestamp;
use posa_core::journal::{Asker, Begun, Journal, MemoryJournal, Settlement, State};
use posa_core::model::{Endpoint, PartnerId, Region};
use posa_core::transport::Played;
use posa_core::{BoxFuture, Delivery, Error, ErrorKind};
use posa_tests::{Meddled, Meddler, Step};
use std::sync::Arc;
use std::time::Duration;

/// Fails one step.
struct Failing(Step);

impl Meddler for Failing {
    fn before<'a>(&'a self, step: Step, _: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>> {
        let full = || Error::new(ErrorKind::Journal, Delivery::NotSent, "the journal cannot be written: disk full");
        Box::pin(async move { if step == self.0 { Err(full()) } else { Ok(()) } })
    }
}

fn failing(step: Step) -> Arc<Meddled> {
    Meddled::by(Failing(step))
}

#[tokio::test(start_paused = true)]
async fn i6_nothing_is_sent_if_the_intent_cannot_be_recorded() {
    for step in [Step::Bind, Step::BeginActivation] {
        let till = Till::with([success()], failing(step), |builder| builder);
        let error = till.client.activate(sale()).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Journal, Delivery::NotSent), "{step:?}");
        assert!(till.network.sent().is_empty(), "{step:?}");
    }
    let till = Till::with([success(), success()], failing(Step::BeginReversal), |builder| builder);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!(till.client.deactivate(reversal("Awssb1")).await.unwrap_err().kind(), ErrorKind::Journal);
    assert_eq!(till.network.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn i6_no_second_attempt_is_sent_if_it_cannot_be_noted() {
    let till = Till::with([Played::Break, success()], failing(Step::Attempt), |builder| builder);
    let error = till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, 1));
    assert_eq!(till.network.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn i7_a_success_that_cannot_be_recorded_is_not_reported_as_one() {
    let journal = failing(Step::Settle);
    let till = Till::with([success()], journal.clone(), |builder| builder);
    let error = till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::OutcomeUnknown, Some("Awssb1")));
    let row = journal.transaction(&id("Awssb1")).await.unwrap().unwrap();
    assert!(row.state.is_open(), "the row must stay for recovery, not {}", row.state);
}

#[tokio::test(start_paused = true)]
async fn i7_the_journal_has_the_result_when_the_caller_hears_it() {
    let till = Till::new([success(), failure("F300", "InsufficientFunds")]);
    let receipt = till.client.activate(sale()).await.unwrap();
    let row = till.client.transaction(&receipt.request_id).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts), (State::Activated, 1));
    let error = till.client.activate(sale_as("Awssb2")).await.unwrap_err();
    let row = till.client.transaction(&id("Awssb2")).await.unwrap().unwrap();
    assert_eq!((error.kind(), row.state), (ErrorKind::InsufficientFunds, State::Rejected));
}

#[tokio::test(start_paused = true)]
async fn i9_one_attempt_at_a_time_for_an_id_and_for_a_card() {
    let till = Till::new([Played::Silence, success()]);
    let client = till.client.clone();
    let first = tokio::spawn(async move { client.activate(sale_as("Awssb1")).await });
    while till.network.sent().is_empty() {
        tokio::task::yield_now().await;
    }
    let error = till.client.activate(sale_as("Awssb2")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Conflict, Delivery::NotSent));
    assert!(error.message().contains("Awssb1"), "{error}");
    let joined = till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!(first.await.unwrap().unwrap(), joined, "whoever asks for the same hears the same");
    assert_eq!(till.network.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn i9_a_dead_claimant_cannot_settle_what_another_took_over() {
    let journal = MemoryJournal::new();
    let (now, end) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(60).unwrap());
    let Begun::Claimed(dead) = journal.begin_activation(&id("Awssb1"), &sale(), Asker::Caller, now, end).await.unwrap()
    else {
        panic!()
    };
    let refused = journal.begin_activation(&id("Awssb1"), &sale(), Asker::Caller, now, end).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    tokio::time::advance(Duration::from_secs(61)).await;
    let later = Timestamp::from_second(120).unwrap();
    let Begun::Claimed(next) =
        journal.begin_activation(&id("Awssb1"), &sale(), Asker::Caller, end, later).await.unwrap()
    else {
        panic!()
    };
    assert!(next.in_doubt(), "the first claimant may have sent it");
    let settled = |state| Settlement::done(state, 1, None);
    assert_eq!(journal.settle(&dead, settled(State::Rejected), end).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(journal.attempt(&dead, 2, end, later, later).await.unwrap_err().kind(), ErrorKind::Conflict);
    journal.settle(&next, settled(State::Activated), end).await.unwrap();
    assert_eq!(journal.transaction(&id("Awssb1")).await.unwrap().unwrap().state, State::Activated);
}

#[tokio::test(start_paused = true)]
async fn i25_a_journal_serves_one_partner_and_one_endpoint() {
    let journal = Arc::new(MemoryJournal::new());
    let till = Till::with([success()], journal.clone(), |builder| builder);
    till.client.activate(sale()).await.unwrap();
    let elsewhere = Endpoint::custom("http://127.0.0.1:2", Region::NorthAmerica).unwrap();
    let other = PartnerId::new("Other").unwrap();
    assert_eq!(journal.bind(&partner(), &elsewhere).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(journal.bind(&other, &endpoint()).await.unwrap_err().kind(), ErrorKind::Conflict);
    journal.bind(&partner(), &endpoint()).await.unwrap();
}
