//! The gateway's clock alone says what may still arrive: a till's may be set by any time at any moment.

use crate::harness::*;
use jiff::{SignedDuration, Timestamp};
use posa_core::engine::{Clock, Retry};
use posa_core::journal::{Journal, MemoryJournal, State};
use posa_core::recovery::{Policy, Recover};
use posa_core::sign::{SignedHeaders, Signer, Unsigned, canonical};
use posa_core::transport::{HttpRequest, HttpResponse, Played, Transport, TransportError};
use posa_core::{BoxFuture, ClientBuilder, Delivery, Error, ErrorKind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ACTIVATE: &str = "/ActivateGiftCard";
const DEACTIVATE: &str = "/DeactivateGiftCard";
const STATUS: &str = "/ActivationStatusCheck";
const HOUR: i64 = 60;
const MONTH: i64 = 30 * 24 * HOUR;
/// How a clock may be set, in minutes.
const JUMPS: [i64; 5] = [HOUR, -HOUR, MONTH, -MONTH, -10 * 12 * MONTH];

/// A till and the gateway, each with a clock of its own.
struct Shop {
    journal: Arc<MemoryJournal>,
    till: Hands,
    gateway: Hands,
}

impl Shop {
    fn new() -> Self {
        Self { journal: Arc::new(MemoryJournal::new()), till: Hands::default(), gateway: Hands::default() }
    }

    /// A program that sends each request once.
    fn program(&self, script: impl IntoIterator<Item = Played>) -> Till {
        let clock = Arc::new(self.till.clone());
        let once = Retry { attempts: 1, ..Retry::default() };
        let adjust = |builder: ClientBuilder| builder.clock(clock).retry(once);
        Till::at(script, Arc::clone(&self.journal) as _, Arc::new(self.gateway.clone()), adjust)
    }

    /// Time passes for all.
    fn wait(&self, minutes: i64) {
        self.till.advance(minutes);
        self.gateway.advance(minutes);
    }

    async fn row(&self) -> posa_core::journal::Transaction {
        self.journal.transaction(&id("Awssb1")).await.unwrap().unwrap()
    }

    async fn state(&self) -> State {
        self.row().await.state
    }
}

fn says(card_status: &'static str) -> Played {
    success_but(move |answer| answer["cardInfo"]["cardStatus"] = card_status.into())
}

fn inactive() -> Played {
    says("AwaitingActivation")
}

/// As [`inactive`], of a gateway that tells no time that can be trusted.
fn inactive_from_a_cache() -> Played {
    let Played::Reply(answer) = inactive() else { unreachable!() };
    Played::Reply(Box::new(move |request| HttpResponse { cached: true, ..answer(request) }))
}

fn never_seen() -> Played {
    failure("F200", "NonExistingActivationRequestId")
}

#[tokio::test(start_paused = true)]
async fn i34_a_sale_is_closed_when_it_is_late_by_the_gateways_clock_and_no_sooner() {
    for jump in JUMPS {
        let shop = Shop::new();
        shop.program([Played::Break]).client.activate(sale_as("Awssb1")).await.unwrap_err();
        shop.wait(33);
        shop.gateway.advance(-2);
        shop.till.advance(jump);
        // Asked for less than 32 minutes ago, it is completed, and lost again.
        let early = shop.program([inactive(), Played::Break]);
        assert_eq!(early.client.resolve(&id("Awssb1")).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
        assert_eq!((early.paths(), shop.state().await), (vec![STATUS, ACTIVATE], State::Unknown), "set by {jump}");
        shop.gateway.advance(MONTH * 2);
        let late = shop.program([inactive()]);
        assert_eq!(late.client.resolve(&id("Awssb1")).await.unwrap().state, State::Rejected, "set by {jump}");
        assert_eq!(late.paths(), [STATUS]);
    }
}

#[tokio::test(start_paused = true)]
async fn i34_a_slow_till_that_is_set_right_closes_nothing_that_may_still_arrive() {
    let shop = Shop::new();
    shop.till.advance(-HOUR);
    let expired =
        Played::Dated(403, date(shop.gateway.now()), refusal("InvalidSignatureException", "Signature expired: x"));
    shop.program([expired, Played::Break]).client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!(shop.row().await.sent_at, shop.gateway.now(), "signed with the gateway's time");
    shop.till.advance(HOUR);
    let program = shop.program([inactive(), success()]);
    assert_eq!(program.client.recover(Recover::default()).await.unwrap().settled[0].state, State::Activated);
    assert_eq!(program.paths(), [STATUS, ACTIVATE], "by the till's clock it was an hour old");
}

#[tokio::test(start_paused = true)]
async fn i34_an_old_sale_is_not_activated_by_a_clock_that_was_set_back() {
    for same_program in [true, false] {
        let shop = Shop::new();
        let first = shop.program([Played::Break, inactive()]);
        first.client.activate(sale_as("Awssb1")).await.unwrap_err();
        shop.wait(6 * HOUR);
        tokio::time::advance(Duration::from_secs(6 * 3600)).await;
        shop.till.advance(10 - 6 * HOUR);
        let later = if same_program { first } else { shop.program([inactive()]) };
        assert_eq!(later.client.recover(Recover::default()).await.unwrap().settled[0].state, State::Rejected);
        assert_eq!(later.paths().last(), Some(&STATUS), "the customer left six hours ago");
    }
}

#[tokio::test(start_paused = true)]
async fn i34_a_sale_of_this_very_program_needs_no_look_while_its_clock_is_let_be() {
    let shop = Shop::new();
    let program = shop.program([Played::Break, success()]);
    program.client.activate(sale_as("Awssb1")).await.unwrap_err();
    program.client.resolve(&id("Awssb1")).await.unwrap();
    assert_eq!(program.paths(), [ACTIVATE, ACTIVATE]);
}

#[tokio::test(start_paused = true)]
async fn i34_what_recovery_sent_keeps_no_sale_young() {
    let shop = Shop::new();
    shop.program([Played::Break]).client.activate(sale_as("Awssb1")).await.unwrap_err();
    shop.wait(20);
    shop.program([inactive(), Played::Break]).client.recover(Recover::default()).await.unwrap();
    shop.wait(20);
    // Nobody has asked for 40 minutes; what recovery sent 20 minutes ago may still arrive.
    let program = shop.program([inactive()]);
    assert_eq!(program.client.recover(Recover::default()).await.unwrap().open.len(), 1);
    assert_eq!((program.paths(), shop.state().await), (vec![STATUS], State::Unknown));
    shop.wait(13);
    let program = shop.program([inactive()]);
    assert_eq!(program.client.recover(Recover::default()).await.unwrap().settled[0].state, State::Rejected);
}

#[tokio::test(start_paused = true)]
async fn i34_a_void_ends_when_the_gateway_says_that_it_is_late() {
    for jump in JUMPS {
        let shop = Shop::new();
        shop.program([Played::Break]).client.activate(sale_as("Awssb1")).await.unwrap_err();
        shop.till.advance(jump);
        shop.program([never_seen()]).client.void(&id("Awssb1")).await.unwrap_err();
        assert_eq!(shop.state().await, State::Reversing, "the clock set by {jump} minutes ends no quarantine");
        shop.till.advance(-jump);
        shop.wait(33);
        let program = shop.program([never_seen()]);
        assert_eq!(program.client.resolve(&id("Awssb1")).await.unwrap().state, State::Rejected);
    }
}

#[tokio::test(start_paused = true)]
async fn i34_a_void_that_is_called_fulfilled_is_done_when_the_gateway_says_that_it_is_late() {
    for jump in JUMPS {
        let shop = Shop::new();
        shop.program([Played::Break]).client.activate(sale_as("Awssb1")).await.unwrap_err();
        shop.till.advance(jump);
        shop.program([says("Fulfilled"), inactive()]).client.void(&id("Awssb1")).await.unwrap_err();
        assert_eq!(shop.state().await, State::Reversing, "the clock set by {jump} minutes ends no quarantine");
        shop.till.advance(-jump);
        shop.wait(33);
        let program = shop.program([says("Fulfilled"), inactive()]);
        assert_eq!(program.client.resolve(&id("Awssb1")).await.unwrap().state, State::Deactivated);
    }
}

#[tokio::test(start_paused = true)]
async fn i36_no_person_is_asked_of_a_void_as_long_as_its_activation_may_arrive() {
    let shop = Shop::new();
    shop.program([Played::Break]).client.activate(sale_as("Awssb1")).await.unwrap_err();
    for _ in 0..=Policy::default().reversal_tries {
        shop.program([says("Fulfilled"), inactive()]).client.void(&id("Awssb1")).await.unwrap_err();
        assert_eq!(shop.state().await, State::Reversing);
    }
    shop.wait(33);
    let program = shop.program([says("Fulfilled"), says("Activated")]);
    assert_eq!(program.client.void(&id("Awssb1")).await.unwrap_err().kind(), ErrorKind::NeedsAttention);
}

#[tokio::test(start_paused = true)]
async fn i34_a_clock_that_is_set_back_stalls_no_reversal() {
    for back in [2 * HOUR, MONTH, 10 * 12 * MONTH] {
        let shop = Shop::new();
        shop.program([success()]).client.activate(sale_as("Awssb1")).await.unwrap();
        shop.program([Played::Break]).client.void(&id("Awssb1")).await.unwrap_err();
        let waiting = shop.program([]);
        waiting.client.recover(Recover::default()).await.unwrap();
        assert!(waiting.network.sent().is_empty() && shop.state().await == State::Reversing, "it pauses");
        shop.till.advance(-back);
        let program = shop.program([success()]);
        let recovered = program.client.recover(Recover::default()).await.unwrap();
        assert_eq!((recovered.settled[0].state, program.paths()), (State::Deactivated, vec![DEACTIVATE]));
    }
}

#[tokio::test(start_paused = true)]
async fn i11_a_look_that_is_refused_says_nothing_of_the_sale() {
    let shop = Shop::new();
    shop.program([Played::Break]).client.activate(sale_as("Awssb1")).await.unwrap_err();
    let expired = Played::Answer(403, refusal("InvalidSignatureException", "Signature expired: x"));
    for look in [expired, failure("F300", "AccountHasProblems"), throttled(), Played::Refuse] {
        let error = shop.program([look]).client.resolve(&id("Awssb1")).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown), "{error}");
        assert_eq!((error.request_id(), shop.state().await), (Some("Awssb1"), State::Unknown));
    }
}

#[tokio::test(start_paused = true)]
async fn i36_without_a_date_nothing_is_closed_and_in_the_end_a_person_looks() {
    let shop = Shop::new();
    shop.program([Played::Break]).client.activate(sale_as("Awssb1")).await.unwrap_err();
    shop.wait(2 * HOUR);
    for _ in 1..Policy::default().reversal_tries {
        let program = shop.program([inactive_from_a_cache()]);
        assert_eq!(program.client.recover(Recover::default()).await.unwrap().open.len(), 1);
        assert_eq!((program.paths(), shop.state().await), (vec![STATUS], State::Unknown));
        shop.wait(HOUR);
    }
    let last = shop.program([inactive_from_a_cache()]);
    last.client.recover(Recover::default()).await.unwrap();
    assert_eq!(shop.state().await, State::Attention);
    assert_eq!(last.client.resolve(&id("Awssb1")).await.unwrap_err().kind(), ErrorKind::NeedsAttention);
}

#[tokio::test(start_paused = true)]
async fn i36_a_void_that_is_answered_without_a_date_ends_with_a_person() {
    let shop = Shop::new();
    shop.program([Played::Break]).client.activate(sale_as("Awssb1")).await.unwrap_err();
    shop.wait(2 * HOUR);
    let undated = || {
        let Played::Answer(status, body) = never_seen() else { unreachable!() };
        let answer = HttpResponse { status, body: body.into(), cached: true, ..HttpResponse::default() };
        Played::Reply(Box::new(move |_| answer.clone()))
    };
    for _ in 1..Policy::default().reversal_tries {
        shop.program([undated()]).client.void(&id("Awssb1")).await.unwrap_err();
        assert_eq!(shop.state().await, State::Reversing);
    }
    let error = shop.program([undated()]).client.void(&id("Awssb1")).await.unwrap_err();
    assert_eq!((error.kind(), shop.state().await), (ErrorKind::NeedsAttention, State::Attention));
}

/// Takes its time, and signs for a time of its own.
struct Elsewhere {
    takes: Duration,
    ahead: SignedDuration,
    hands: Hands,
}

impl Signer for Elsewhere {
    fn sign<'a>(&'a self, _: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        Box::pin(async {
            tokio::time::sleep(self.takes).await;
            self.hands.advance(i64::try_from(self.takes.as_secs() / 60).unwrap());
            let amz_date = canonical::amz_date(self.hands.now() + self.ahead);
            Ok(SignedHeaders { amz_date, authorization: "by a server".into() })
        })
    }
}

/// Looks, as a request leaves, for what the journal has as its latest time; and gives no answer.
#[derive(Debug)]
struct Watched(Arc<MemoryJournal>, Mutex<Vec<(String, Timestamp)>>);

impl Transport for Watched {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            let row = self.0.transaction(&id("Awssb1")).await.unwrap().unwrap();
            self.1.lock().unwrap().push((header(&request, "x-amz-date"), row.sent_at));
            Err(TransportError { delivery: Delivery::Unknown, message: "no answer".into(), cause: None })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn i34_the_journal_knows_before_a_byte_leaves_how_late_it_was_signed() {
    let minutes = |minutes| SignedDuration::from_mins(minutes);
    for (takes, ahead) in [(0, 0), (42, 0), (0, 14), (0, 90), (42, -14)] {
        let shop = Shop::new();
        let signer =
            Elsewhere { takes: Duration::from_secs(takes * 60), ahead: minutes(ahead), hands: shop.till.clone() };
        let network = Arc::new(Watched(Arc::clone(&shop.journal), Mutex::default()));
        let clock = Arc::new(shop.till.clone());
        let watched = Arc::clone(&network);
        let once = Retry { attempts: 1, ..Retry::default() };
        let till = Till::with([], Arc::clone(&shop.journal) as _, |builder| {
            let builder = builder.clock(clock).transport(watched).signer(Arc::new(signer));
            let hour = Duration::from_secs(3600);
            builder.deadline(hour).attempt_timeout(hour).retry(once)
        });
        till.client.activate(sale_as("Awssb1")).await.unwrap_err();
        let seen = network.1.lock().unwrap().clone();
        let signed = shop.till.now() + minutes(ahead);
        assert_eq!(seen[0].0, canonical::amz_date(signed));
        assert!(seen[0].1 >= signed, "signed for {signed}, and the journal allows for no more than {}", seen[0].1);
        assert_eq!(shop.row().await.sent_at, signed, "sent_at is when it was sent");
    }
}
