//! What is told is recorded, and whoever is told or asked on the way changes nothing of the sale, even if he panics.

use crate::harness::*;
use posa_core::engine::{Event, EventKind, Retry};
use posa_core::journal::{Journal, MemoryJournal, State};
use posa_core::recovery::Recover;
use posa_core::sign::{SignedHeaders, Signer, Unsigned, credentials_from};
use posa_core::transport::{HttpRequest, HttpResponse, Played, Transport, TransportError};
use posa_core::{BoxFuture, Client, Delivery, Error, ErrorKind};
use posa_tests::Meddled;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::time::Instant;

/// The sale's state in a journal that answers at once.
fn looked_up(journal: &dyn Journal) -> Option<State> {
    let name = id("Awssb1");
    let row = pin!(journal.transaction(&name)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Ok(row)) = row else { panic!("it answers at once") };
    row.map(|row| row.state)
}

#[tokio::test(start_paused = true)]
async fn i7_an_observer_hears_settled_once_the_journal_has_it() {
    let (journal, seen) = (Arc::new(MemoryJournal::new()), Arc::new(Mutex::new(Vec::new())));
    let (rows, states) = (Arc::clone(&journal), Arc::clone(&seen));
    let till = Till::with([success(), failure("F200", "DeactivationNotAllowed"), success()], journal, |builder| {
        builder.observer(move |event: &Event<'_>| {
            if let EventKind::Settled { outcome } = event.kind {
                states.lock().unwrap().push((outcome.to_owned(), looked_up(&*rows)));
            }
        })
    });
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    till.client.deactivate(reversal("Awssb1")).await.unwrap_err();
    till.client.deactivate(reversal("Awssb1")).await.unwrap();
    let told = [("done", State::Activated), ("REJECTED", State::Activated), ("done", State::Deactivated)];
    assert_eq!(*seen.lock().unwrap(), told.map(|(word, state)| (word.to_owned(), Some(state))));
}

#[tokio::test(start_paused = true)]
async fn i7_an_observer_hears_what_the_caller_hears() {
    let till = Till::with([success()], Meddled::by(Unsettled), |builder| builder);
    assert_eq!(till.client.activate(sale()).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert!(till.told(r#"Settled { outcome: "OUTCOME_UNKNOWN" }"#) && !till.told("done"));
}

/// A panic that prints nothing.
fn panics() -> ! {
    resume_unwind(Box::new("on purpose"))
}

async fn panics_later<T>() -> T {
    panics()
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_changes_nothing_of_the_sale() {
    let script = [Played::Break, success(), success(), success()];
    let till = Till::with(script, Arc::new(MemoryJournal::new()), |builder| builder.observer(|_: &Event<'_>| panics()));
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    till.client.status(check("Awssb1")).await.unwrap();
    till.client.deactivate(reversal("Awssb1")).await.unwrap();
    let row = till.client.transaction(&id("Awssb1")).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts), (State::Deactivated, 3));
}

/// Panics when it is asked, or while it is waited for.
struct Panicking {
    at_once: bool,
}

impl Signer for Panicking {
    fn sign<'a>(&'a self, _: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        if self.at_once {
            panics()
        }
        Box::pin(panics_later())
    }
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_panics_is_an_error_before_anything_is_sent() {
    let tills = [
        Till::with([success()], journal(), |builder| builder.signer(Arc::new(Panicking { at_once: true }))),
        Till::with([success()], journal(), |builder| builder.signer(Arc::new(Panicking { at_once: false }))),
        Till::with([success()], journal(), |builder| builder.credentials(credentials_from(panics_later))),
    ];
    for till in tills {
        let error = till.client.activate(sale_as("Awssb1")).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Authentication, Delivery::NotSent), "{error:?}");
        assert_eq!(error.request_id(), Some("Awssb1"));
        assert!(till.network.sent().is_empty());
        let row = till.client.transaction(&id("Awssb1")).await.unwrap().unwrap();
        assert_eq!(row.state, State::Rejected, "nothing was sent, and the card is free");
    }
}

fn journal() -> Arc<MemoryJournal> {
    Arc::new(MemoryJournal::new())
}

/// Signs once, and panics when it is asked for another key.
struct NoOtherKey;

impl Signer for NoOtherKey {
    fn sign<'a>(&'a self, _: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        Box::pin(async { Ok(SignedHeaders { amz_date: "20260102T030405Z".into(), authorization: "old".into() }) })
    }

    fn renew(&self, _: Instant) -> BoxFuture<'_, Result<bool, Error>> {
        panics()
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_renewed_for_a_panic_leaves_the_gateways_word() {
    let refused = Played::Answer(403, refusal("UnrecognizedClientException", "The security token is invalid."));
    let till = Till::with([refused], journal(), |builder| builder.signer(Arc::new(NoOtherKey)));
    let error = till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Authentication, Delivery::Answered));
}

/// Takes the request and panics.
#[derive(Debug)]
struct Broken;

impl Transport for Broken {
    fn send(&self, _: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(panics_later())
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_torn_down_carries_its_id_and_is_named_by_recovery() {
    let journal: Arc<dyn Journal> = journal();
    let till = |adjust: fn(posa_core::ClientBuilder) -> posa_core::ClientBuilder| -> Client {
        let once = Retry { attempts: 1, ..Default::default() };
        Till::with([Played::Break], Arc::clone(&journal), |builder| adjust(builder.retry(once))).client
    };
    let broken = till(|builder| builder.transport(Arc::new(Broken)));
    let error = broken.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::OutcomeUnknown, Some("Awssb1")));
    let other = posa_core::CardNumber::new(OTHER_CARD).unwrap();
    let sale = posa_core::Activate::new(other, usd("10")).request_id(id("Awssb2"));
    till(|builder| builder).activate(sale).await.unwrap_err();
    let recovered = broken.recover(Recover::default()).await.unwrap();
    let mut open: Vec<_> = recovered.open.iter().map(|(id, _)| id.as_str()).collect();
    open.sort_unstable();
    assert_eq!(open, ["Awssb1", "Awssb2"], "one is held by its lease, the other's task panicked");
}
