//! Nothing is open for ever (I36): a refusal is an answer, and whatever waits has an end.

use crate::harness::*;
use crate::recovery::{inactive, kind, state, till};
use jiff::SignedDuration;
use posa_core::engine::Clock;
use posa_core::journal::{Asker, Journal, MemoryJournal, State};
use posa_core::recovery::Recover;
use posa_core::sign::{SignedHeaders, Signer, Unsigned};
use posa_core::transport::{HttpRequest, HttpResponse, Played, Transport, TransportError};
use posa_core::{Activate, BoxFuture, CardNumber, Client, Delivery, Error, ErrorKind};
use posa_tests::{Meddled, Meddler, Step};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long an operation may take.
const DEADLINE: Duration = Duration::from_secs(30);

#[tokio::test(start_paused = true)]
async fn i36_a_status_check_that_is_refused_is_an_answer() {
    let outcomes = [
        ("CardNumberNotFound", State::Rejected),
        ("CardNotFound", State::Rejected),
        ("CardNumberCheckSumError", State::Rejected),
        ("NonExistingActivationRequestId", State::Rejected),
        ("CardActivatedWithDifferentRequestId", State::Rejected),
        ("WrongActivationRequestId", State::Attention),
        ("InvalidRequestInput", State::Attention),
    ];
    for (error_type, outcome) in outcomes {
        let (till, hands) = till([Played::Break, failure("F200", error_type), success()]);
        till.client.activate(sale_as("Awssb1")).await.unwrap_err();
        hands.advance(33);
        let resolved = till.client.resolve(&id("Awssb1")).await;
        assert_eq!(state(&till).await, outcome, "{error_type}");
        assert_eq!(kind(resolved).is_some(), outcome == State::Attention, "{error_type}");
        assert!(till.client.recover(Recover::default()).await.unwrap().open.is_empty(), "{error_type}");
        till.client.activate(sale_as("Awssb2")).await.unwrap();
        assert_eq!(till.paths().len(), 3, "{error_type}: asked once, and the card is sold again");
    }
}

#[tokio::test(start_paused = true)]
async fn i36_a_status_check_that_says_nothing_of_the_sale_leaves_it_open() {
    for (code, error_type) in [("F300", "AccountHasProblems"), ("F400", "SystemTemporarilyUnavailable")] {
        let (till, hands) = till([Played::Break, failure(code, error_type), inactive()]);
        till.client.activate(sale_as("Awssb1")).await.unwrap_err();
        hands.advance(33);
        assert_eq!(till.client.recover(Recover::default()).await.unwrap().open.len(), 1, "{error_type}");
        assert_eq!(state(&till).await, State::Unknown, "{error_type}");
        assert_eq!(till.client.resolve(&id("Awssb1")).await.unwrap().state, State::Rejected, "{error_type}");
    }
}

#[tokio::test(start_paused = true)]
async fn i36_a_sale_that_was_refunded_while_its_card_is_active_elsewhere_needs_a_person() {
    // Asked for the same id again, the gateway answers what the card of that sale is now.
    let refunded = || success_but(|answer| answer["cardInfo"]["cardStatus"] = "AwaitingActivation".into());
    let (till, hands) = till([Played::Break, inactive(), refunded(), success(), refunded()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    hands.advance(1);
    assert_eq!(till.client.recover(Recover::default()).await.unwrap().open.len(), 1);
    hands.advance(20);
    till.client.recover(Recover::default()).await.unwrap();
    assert_eq!(till.paths().len(), 3, "asked again, the gateway would say the same");
    hands.advance(13);
    let open = till.client.recover(Recover::default()).await.unwrap().open;
    assert_eq!((open.len(), open[0].1.kind()), (1, ErrorKind::NeedsAttention));
    assert_eq!((state(&till).await, till.paths().len()), (State::Attention, 5));
    assert!(till.client.recover(Recover::default()).await.unwrap().open.is_empty());
}

#[tokio::test(start_paused = true)]
async fn i18_an_outage_uses_up_no_tries_of_a_reversal() {
    let outage = (0..40).map(|_| Played::Break);
    let (till, hands) = till([success()].into_iter().chain(outage).chain([success()]));
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    till.client.void(&id("Awssb1")).await.unwrap_err();
    for _ in 1..40 {
        hands.advance(1);
        assert_eq!(till.client.recover(Recover::default()).await.unwrap().open.len(), 1);
    }
    assert_eq!(till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().reversal_tries, 0);
    hands.advance(1);
    assert_eq!(till.client.recover(Recover::default()).await.unwrap().settled[0].state, State::Deactivated);
}

/// A gateway that answers only what it is asked of some cards.
#[derive(Debug)]
struct Answers {
    to: fn(&str) -> bool,
    asked: Arc<AtomicUsize>,
}

impl Transport for Answers {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            if (self.to)(&member(&body(&request), "cardNumber")) {
                let Played::Reply(reply) = success() else { panic!("it replies") };
                return Ok(reply(&request));
            }
            sleep(request.timeout).await;
            Err(TransportError { delivery: Delivery::Unknown, message: "no answer in time".into(), cause: None })
        })
    }
}

/// A client with so many open sales that nobody works on, and how many requests it sent.
async fn left_open(sales: usize, to: fn(&str) -> bool) -> (Client, Arc<AtomicUsize>) {
    let journal = MemoryJournal::new();
    let then = TestClock.now() - SignedDuration::from_mins(2);
    for sale in 0..sales {
        let card = CardNumber::new(&format!("9000{sale:012}")).unwrap();
        let (id, sale) = (id(&format!("Awssb{sale}")), Activate::new(card, usd("25")));
        journal.begin_activation(&id, &sale, Asker::Caller, then, then).await.unwrap();
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let gateway = Arc::new(Answers { to, asked: Arc::clone(&asked) });
    let till = Till::with([], Arc::new(journal), |builder| builder.transport(gateway).rate_limit(None));
    (till.client, asked)
}

fn untried(open: &[(posa_core::RequestId, Error)]) -> usize {
    let untried =
        |error: &Error| error.message().contains("was not tried") && error.kind() == ErrorKind::OutcomeUnknown;
    open.iter().filter(|(_, error)| untried(error)).count()
}

#[tokio::test(start_paused = true)]
async fn i36_recovery_ends_when_the_gateway_is_silent_and_tells_what_it_did_not_try() {
    let (client, _) = left_open(1000, |_| false).await;
    let started = Instant::now();
    let recovered = client.recover(Recover::default()).await.unwrap();
    assert!(started.elapsed() <= 2 * DEADLINE, "{:?}", started.elapsed());
    assert_eq!((recovered.settled.len(), recovered.open.len()), (0, 1000));
    assert!(untried(&recovered.open) >= 1000 - 2 * 16, "{}", untried(&recovered.open));
}

#[tokio::test(start_paused = true)]
async fn recovery_goes_through_all_pages_and_past_sales_that_get_no_answer() {
    let (client, asked) = left_open(600, |card| card > "9000000000000009").await;
    let recovered = client.recover(Recover::default()).await.unwrap();
    assert_eq!((recovered.settled.len(), recovered.open.len(), untried(&recovered.open)), (590, 10, 0));
    assert!(asked.load(Ordering::SeqCst) >= 600);
}

#[tokio::test(start_paused = true)]
async fn i36_close_waits_no_longer_than_one_operation_while_recovery_is_under_way() {
    let (client, _) = left_open(1000, |_| false).await;
    let recovering = tokio::spawn({
        let client = client.clone();
        async move { client.recover(Recover::default()).await.unwrap() }
    });
    sleep(Duration::from_secs(1)).await;
    let started = Instant::now();
    client.close().await;
    assert!(started.elapsed() <= DEADLINE, "{:?}", started.elapsed());
    let recovered = recovering.await.unwrap();
    assert_eq!((recovered.open.len(), untried(&recovered.open)), (1000, 1000 - 16));
}

/// Gives no other key, for ever.
struct NeverRenews;

impl Signer for NeverRenews {
    fn sign<'a>(&'a self, _: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        Box::pin(async { Ok(SignedHeaders { amz_date: "20260102T030405Z".into(), authorization: "old".into() }) })
    }

    fn renew(&self, _: Instant) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(pending())
    }
}

#[tokio::test(start_paused = true)]
async fn i22_a_renewal_of_the_key_ends_with_the_call() {
    let refused = Played::Answer(403, refusal("UnrecognizedClientException", "The security token is invalid."));
    let till = Till::with([refused], Arc::new(MemoryJournal::new()), |builder| builder.signer(Arc::new(NeverRenews)));
    let started = Instant::now();
    let error = till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed().as_secs()), (ErrorKind::Authentication, 30));
    assert!(error.message().contains("the credentials source gave no other key before the deadline"), "{error}");
}

/// Never comes back from one step.
struct Stuck(Step);

impl Meddler for Stuck {
    fn before<'a>(&'a self, step: Step, _: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { if step == self.0 { pending().await } else { Ok(()) } })
    }
}

#[tokio::test(start_paused = true)]
async fn i22_a_journal_that_cannot_be_opened_or_read_in_time_is_named_and_nothing_was_sent() {
    for (stuck, what) in [(Step::Bind, "could not be opened"), (Step::Read, "could not be read")] {
        let till = Till::with([success()], Meddled::by(Stuck(stuck)), |builder| builder);
        let started = Instant::now();
        let error = match stuck {
            Step::Bind => till.client.activate(sale_as("Awssb1")).await.unwrap_err(),
            _ => till.client.void(&id("Awssb1")).await.unwrap_err(),
        };
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Journal, Delivery::NotSent), "{stuck:?}");
        assert_eq!((error.request_id(), started.elapsed().as_secs()), (Some("Awssb1"), 30), "{stuck:?}");
        assert!(error.message().contains(what), "{error}");
        assert!(till.network.sent().is_empty(), "{stuck:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn i22_a_look_and_the_activation_after_it_share_one_deadline() {
    let (journal, then) = (MemoryJournal::new(), TestClock.now() - SignedDuration::from_hours(1));
    journal.begin_activation(&id("Awssb1"), &sale(), Asker::Caller, then, then).await.unwrap();
    let silence = || (0..3).map(|_| Played::Silence);
    let script = silence().chain([success()]).chain(silence()).chain(silence());
    let till = Till::with(script, Arc::new(journal), |builder| builder);
    let started = Instant::now();
    assert_eq!(kind(till.client.resolve(&id("Awssb1")).await), Some(ErrorKind::OutcomeUnknown));
    assert_eq!(till.paths()[3..5], ["/ActivationStatusCheck", "/ActivateGiftCard"]);
    assert!(started.elapsed() <= DEADLINE, "{:?}", started.elapsed());
}
