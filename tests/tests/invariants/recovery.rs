use crate::harness::*;
use jiff::SignedDuration;
use posa_core::engine::{Clock, Retry};
use posa_core::journal::{Asker, Journal, MemoryJournal, State};
use posa_core::recovery::{Policy, Recover, Unfinished};
use posa_core::sign::{SignedHeaders, Signer, Unsigned};
use posa_core::transport::Played;
use posa_core::{BoxFuture, Error, ErrorKind};
use std::sync::Arc;

/// A till that sends each request once, so that a script is one line an operation.
pub(crate) fn till(script: impl IntoIterator<Item = Played>) -> (Till, Hands) {
    let hands = Hands::default();
    let clock = Arc::new(hands.clone());
    let once = Retry { attempts: 1, ..Default::default() };
    let adjust = |builder: posa_core::ClientBuilder| builder.clock(Arc::clone(&clock) as _).retry(once);
    (Till::at(script, Arc::new(MemoryJournal::new()), clock.clone(), adjust), hands)
}

pub(crate) async fn state(till: &Till) -> State {
    till.client.transaction(&id("Awssb1")).await.unwrap().unwrap().state
}

pub(crate) fn kind<T>(outcome: Result<T, Error>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

const ACTIVATE: &str = "/ActivateGiftCard";
const DEACTIVATE: &str = "/DeactivateGiftCard";
const STATUS: &str = "/ActivationStatusCheck";

pub(crate) fn inactive() -> Played {
    success_but(|answer| answer["cardInfo"]["cardStatus"] = "AwaitingActivation".into())
}

fn never_seen() -> Played {
    failure("F200", "NonExistingActivationRequestId")
}

#[tokio::test(start_paused = true)]
async fn i13_resolve_settles_an_unknown_sale_with_its_own_id() {
    let (till, _) = till([Played::Break, success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!(till.client.resolve(&id("Awssb1")).await.unwrap().state, State::Activated);
    assert!(till.bodies().iter().all(|body| member(body, "activationRequestId") == "Awssb1"));
    till.client.resolve(&id("Awssb1")).await.unwrap();
    assert_eq!(till.paths(), [ACTIVATE, ACTIVATE], "what is settled is not sent again");
}

#[tokio::test(start_paused = true)]
async fn i13_recover_settles_all_that_is_open_and_tells_what_stays() {
    let (till, _) = till([Played::Break, Played::Break, success(), failure("F200", "CardNumberNotFound")]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    let other = posa_core::CardNumber::new(OTHER_CARD).unwrap();
    till.client.activate(posa_core::Activate::new(other, usd("10")).request_id(id("Awssb2"))).await.unwrap_err();
    let recovered = till.client.recover(Recover::default()).await.unwrap();
    let states: Vec<_> = recovered.settled.iter().map(|row| row.state).collect();
    assert!(states.contains(&State::Activated) && states.contains(&State::Rejected) && recovered.open.is_empty());
    assert!(till.client.recover(Recover::default()).await.unwrap().settled.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_old_unknown_whose_card_is_not_active_is_closed_and_not_activated() {
    let (till, hands) = till([Played::Break, inactive()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    hands.advance(33);
    assert_eq!(till.client.resolve(&id("Awssb1")).await.unwrap().state, State::Rejected);
    assert_eq!(till.paths(), [ACTIVATE, STATUS]);
}

#[tokio::test(start_paused = true)]
async fn i15_an_old_unknown_whose_card_is_active_is_attributed_by_the_same_id() {
    let (till, hands) = till([Played::Break, success(), failure("F200", "CardAlreadyActivatedWithDifferentRequestId")]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    hands.advance(33);
    assert_eq!(till.client.resolve(&id("Awssb1")).await.unwrap().state, State::Rejected);
    assert_eq!(till.paths(), [ACTIVATE, STATUS, ACTIVATE]);
}

#[tokio::test(start_paused = true)]
async fn i14_a_card_that_is_active_elsewhere_does_not_settle_a_request_on_its_way() {
    let elsewhere = || failure("F200", "CardAlreadyActivatedWithDifferentRequestId");
    let (till, hands) = till([Played::Break, elsewhere(), success(), elsewhere()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!(kind(till.client.activate(sale_as("Awssb1")).await), Some(ErrorKind::OutcomeUnknown));
    assert_eq!(state(&till).await, State::Unknown, "if the other sale is returned, the first request may still do it");
    hands.advance(20);
    assert_eq!(till.client.recover(Recover::default()).await.unwrap().open.len(), 1);
    assert_eq!(till.paths(), [ACTIVATE, ACTIVATE], "asked again, the gateway would say the same");
    hands.advance(13);
    assert_eq!(till.client.recover(Recover::default()).await.unwrap().settled[0].state, State::Rejected);
    assert_eq!(till.paths(), [ACTIVATE, ACTIVATE, STATUS, ACTIVATE]);
}

#[tokio::test(start_paused = true)]
async fn d3_a_void_is_recorded_before_it_is_sent_and_forbids_another_activation() {
    let (till, _) = till([Played::Break, Played::Break, success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!(kind(till.client.void(&id("Awssb1")).await), Some(ErrorKind::OutcomeUnknown));
    assert_eq!(state(&till).await, State::Reversing);
    assert_eq!(kind(till.client.activate(sale_as("Awssb1")).await), Some(ErrorKind::Conflict));
    assert_eq!(till.client.resolve(&id("Awssb1")).await.unwrap().state, State::Deactivated);
    assert_eq!(till.paths(), [ACTIVATE, DEACTIVATE, DEACTIVATE]);
}

#[tokio::test(start_paused = true)]
async fn i14_what_the_gateway_has_not_seen_may_still_arrive() {
    let (till, hands) = till([Played::Break, never_seen(), never_seen()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    assert_eq!(kind(till.client.void(&id("Awssb1")).await), Some(ErrorKind::OutcomeUnknown));
    assert_eq!(state(&till).await, State::Reversing);
    let early = till.client.recover(Recover::default()).await.unwrap();
    assert!(early.settled.is_empty() && till.paths().len() == 2, "not before the quarantine ends");
    hands.advance(33);
    let late = till.client.recover(Recover::default()).await.unwrap();
    assert_eq!(late.settled[0].state, State::Rejected);
    assert_eq!(kind(till.client.activate(sale_as("Awssb1")).await), Some(ErrorKind::Conflict), "it was given up");
}

#[tokio::test(start_paused = true)]
async fn i14_the_quarantine_outlasts_a_signature_made_by_a_fast_clock() {
    let (till, hands) = till([Played::Break, never_seen(), success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    // Signed 15 minutes ahead of the gateway's time, and taken by it until 15 minutes after that.
    hands.advance(30);
    assert_eq!(kind(till.client.void(&id("Awssb1")).await), Some(ErrorKind::OutcomeUnknown));
    hands.advance(3);
    assert_eq!(till.client.recover(Recover::default()).await.unwrap().settled[0].state, State::Deactivated);
}

#[tokio::test(start_paused = true)]
async fn i14_a_request_that_arrives_late_is_reversed() {
    let (till, hands) = till([Played::Break, never_seen(), success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    till.client.void(&id("Awssb1")).await.unwrap_err();
    hands.advance(33);
    assert_eq!(till.client.recover(Recover::default()).await.unwrap().settled[0].state, State::Deactivated);
}

#[tokio::test(start_paused = true)]
async fn i18_a_reversal_is_tried_until_a_person_has_to_look() {
    let tries = Policy::default().reversal_tries;
    let answers = (0..tries).map(|_| failure("F500", "GeneralError"));
    let (till, hands) = till([success()].into_iter().chain(answers));
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    till.client.void(&id("Awssb1")).await.unwrap_err();
    for _ in 1..tries {
        assert_eq!(state(&till).await, State::Reversing);
        hands.advance(61);
        till.client.recover(Recover::default()).await.unwrap();
    }
    assert_eq!(state(&till).await, State::Attention);
    assert_eq!(kind(till.client.resolve(&id("Awssb1")).await), Some(ErrorKind::NeedsAttention));
}

#[tokio::test(start_paused = true)]
async fn i21_a_void_of_a_claimed_card_needs_attention() {
    let (till, _) = till([success(), failure("F200", "DeactivationNotAllowed")]);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!(kind(till.client.void(&id("Awssb1")).await), Some(ErrorKind::NeedsAttention));
    assert_eq!(state(&till).await, State::Attention);
}

#[tokio::test(start_paused = true)]
async fn recover_can_give_up_what_is_unknown_instead_of_completing_it() {
    let (till, _) = till([Played::Break, success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    let recovered = till.client.recover(Recover { unfinished: Unfinished::Void, ..Recover::default() }).await.unwrap();
    assert_eq!((recovered.settled[0].state, till.paths()), (State::Deactivated, vec![ACTIVATE, DEACTIVATE]));
}

/// Signs so slowly that the lease ends meanwhile, and somebody else takes the sale over.
struct Overtaken(Arc<MemoryJournal>, Hands);

impl Signer for Overtaken {
    fn sign<'a>(&'a self, _: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        Box::pin(async {
            self.1.advance(1);
            tokio::time::advance(std::time::Duration::from_secs(60)).await;
            let (now, sale) = (self.1.now(), sale_as("Awssb1"));
            self.0
                .begin_activation(&id("Awssb1"), &sale, Asker::Caller, now, now + SignedDuration::from_secs(36))
                .await?;
            Ok(SignedHeaders { amz_date: "20260102T030405Z".into(), authorization: "by another".into() })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn i9_nothing_is_sent_when_the_lease_ended_before_the_first_byte() {
    let (journal, hands) = (Arc::new(MemoryJournal::new()), Hands::default());
    let signer = Arc::new(Overtaken(Arc::clone(&journal), hands.clone()));
    let till = Till::with([success()], journal, |builder| builder.clock(Arc::new(hands)).signer(signer));
    assert_eq!(kind(till.client.activate(sale_as("Awssb1")).await), Some(ErrorKind::OutcomeUnknown));
    assert!(till.network.sent().is_empty(), "the other claimant sends");
    assert_eq!(state(&till).await, State::Sending);
}

#[tokio::test(start_paused = true)]
async fn recover_leaves_alone_what_somebody_works_on() {
    let journal = MemoryJournal::new();
    let now = Hands::default().now();
    let lease = now.checked_add(SignedDuration::from_secs(36)).unwrap();
    journal.begin_activation(&id("Awssb1"), &sale(), Asker::Caller, now, lease).await.unwrap();
    let till = Till::with([], Arc::new(journal), |builder| builder.clock(Arc::new(Hands::default())));
    let recovered = till.client.recover(Recover::default()).await.unwrap();
    assert_eq!((recovered.settled.len(), recovered.open.len()), (0, 1));
    assert!(till.network.sent().is_empty());
}
