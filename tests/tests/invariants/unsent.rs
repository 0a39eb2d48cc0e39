//! Who hears that nothing was sent may believe it: nothing goes on behind that answer (I32).

use crate::harness::*;
use jiff::SignedDuration;
use posa_core::engine::{Clock, Retry};
use posa_core::journal::{Asker, Journal, MemoryJournal, State};
use posa_core::recovery::Recover;
use posa_core::sign::{SignedHeaders, Signer, Unsigned};
use posa_core::transport::Played;
use posa_core::{BoxFuture, Client, Delivery, Error, ErrorKind};
use posa_tests::{Meddled, Meddler, Step};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Lets so many looks into the journal succeed, and one fail.
struct Blind(Arc<AtomicI64>);

impl Meddler for Blind {
    fn before<'a>(&'a self, step: Step, _: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>> {
        let fails = step == Step::Read && self.0.fetch_sub(1, Ordering::SeqCst) == 0;
        let error = || Error::new(ErrorKind::Journal, Delivery::NotSent, "the disk cannot be read");
        Box::pin(async move { if fails { Err(error()) } else { Ok(()) } })
    }
}

/// A till whose journal cannot be read for the second time from when it is told so, and a way to tell.
fn half_blind(script: impl IntoIterator<Item = Played>) -> (Till, Arc<AtomicI64>) {
    let looks = Arc::new(AtomicI64::new(-1));
    let once = |builder: posa_core::ClientBuilder| builder.retry(Retry { attempts: 1, ..Default::default() });
    (Till::with(script, Meddled::by(Blind(Arc::clone(&looks))), once), looks)
}

async fn state(client: &Client) -> State {
    client.transaction(&id("Awssb1")).await.unwrap().unwrap().state
}

#[tokio::test(start_paused = true)]
async fn i32_a_void_that_was_made_is_not_called_unsent_when_the_journal_cannot_be_read() {
    let (till, looks) = half_blind([success(), success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    looks.store(1, Ordering::SeqCst);
    let error = till.client.void(&id("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown));
    assert_eq!(error.request_id(), Some("Awssb1"));
    assert_eq!(state(&till.client).await, State::Deactivated);
}

#[tokio::test(start_paused = true)]
async fn i32_a_sale_that_was_settled_is_not_called_unsent_when_the_journal_cannot_be_read() {
    let (till, looks) = half_blind([Played::Break, success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    looks.store(1, Ordering::SeqCst);
    let error = till.client.resolve(&id("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown));
    assert_eq!(state(&till.client).await, State::Activated);
}

#[tokio::test(start_paused = true)]
async fn i32_a_void_of_which_nothing_was_begun_is_called_unsent() {
    let (till, looks) = half_blind([success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    looks.store(0, Ordering::SeqCst);
    let error = till.client.void(&id("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Journal, Delivery::NotSent));
    assert_eq!(state(&till.client).await, State::Activated);
}

#[tokio::test(start_paused = true)]
async fn i32_a_sale_that_could_not_be_closed_stays_unknown() {
    let journal = Meddled::by(Unsettled);
    let then = TestClock.now() - SignedDuration::from_hours(1);
    journal.rows.begin_activation(&id("Awssb1"), &sale(), Asker::Caller, then, then).await.unwrap();
    let inactive = success_but(|answer| answer["cardInfo"]["cardStatus"] = "AwaitingActivation".into());
    let till = Till::with([inactive], journal, |builder| builder);
    let error = till.client.resolve(&id("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown));
    assert_eq!((till.paths(), state(&till.client).await), (vec!["/ActivationStatusCheck"], State::Sending));
}

/// Signs so that nothing can be sent.
struct Spoilt;

impl Signer for Spoilt {
    fn sign<'a>(&'a self, _: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        let headers = SignedHeaders { amz_date: "20260102T030405Z".into(), authorization: "two\nlines".into() };
        Box::pin(async { Ok(headers) })
    }
}

#[tokio::test(start_paused = true)]
async fn i32_a_void_that_recovery_goes_on_with_is_unknown_though_no_byte_left() {
    let journal = Arc::new(MemoryJournal::new());
    let journal = || Arc::clone(&journal) as Arc<dyn Journal>;
    let till = Till::with([success(), success()], journal(), |builder| builder);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    let spoilt = Till::with([], journal(), |builder| builder.signer(Arc::new(Spoilt)));
    let error = spoilt.client.void(&id("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown));
    assert!(error.message().contains("the signer returned a header that cannot be sent"), "{error}");
    assert_eq!((spoilt.network.sent().len(), state(&till.client).await), (0, State::Reversing));
}

#[tokio::test(start_paused = true)]
async fn i32_a_return_of_a_card_in_question_that_was_not_sent_is_not_made_later() {
    let script = [success(), failure("F200", "DeactivationNotAllowed"), Played::Refuse, success()];
    let once = |builder: posa_core::ClientBuilder| builder.retry(Retry { attempts: 1, ..Default::default() });
    let till = Till::with(script, Arc::new(MemoryJournal::new()), once);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!(till.client.void(&id("Awssb1")).await.unwrap_err().kind(), ErrorKind::NeedsAttention);
    let error = till.client.deactivate(reversal("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Unreachable, Delivery::NotSent));
    till.client.recover(Recover::default()).await.unwrap();
    assert_eq!((till.network.sent().len(), state(&till.client).await), (2, State::Attention));
}
