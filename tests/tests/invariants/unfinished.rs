//! What recovery does about sales whose customers may have left is the caller's choice.

use crate::harness::*;
use crate::recovery::{inactive, state, till};
use jiff::SignedDuration;
use posa_core::ErrorKind;
use posa_core::journal::State;
use posa_core::recovery::{Recover, Unfinished};
use posa_core::transport::Played;

const ACTIVATE: &str = "/ActivateGiftCard";
const DEACTIVATE: &str = "/DeactivateGiftCard";
const STATUS: &str = "/ActivationStatusCheck";
const AGE: SignedDuration = SignedDuration::from_mins(5);

fn how(unfinished: Unfinished) -> Recover {
    Recover { unfinished, ..Recover::default() }
}

/// A sale whose answer was lost so many minutes ago, in a program that does not know it: the clock was set since.
async fn lost(script: impl IntoIterator<Item = Played>, minutes: i64) -> Till {
    let (till, hands) = till([Played::Break].into_iter().chain(script));
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    hands.advance(minutes);
    till
}

#[tokio::test(start_paused = true)]
async fn what_is_younger_is_completed_and_what_is_older_given_up() {
    let young = lost([inactive(), inactive(), success()], 4).await;
    young.client.recover(how(Unfinished::VoidOlderThan(AGE))).await.unwrap();
    assert_eq!((young.paths(), state(&young).await), (vec![ACTIVATE, STATUS, STATUS, ACTIVATE], State::Activated));

    let old = lost([inactive(), success()], 6).await;
    let recovered = old.client.recover(how(Unfinished::VoidOlderThan(AGE))).await.unwrap();
    assert_eq!((old.paths(), state(&old).await), (vec![ACTIVATE, STATUS, DEACTIVATE], State::Deactivated));
    assert!(recovered.settled[0].voided);
}

#[tokio::test(start_paused = true)]
async fn what_is_older_is_left_to_a_person() {
    let till = lost([inactive(), success()], 6).await;
    let recovered = till.client.recover(how(Unfinished::LeaveOlderThan(AGE))).await.unwrap();
    let (open, error) = &recovered.open[0];
    assert_eq!((open, error.kind()), (&id("Awssb1"), ErrorKind::OutcomeUnknown));
    assert!(error.message().contains("void it"), "{error}");
    assert_eq!((till.paths(), state(&till).await), (vec![ACTIVATE, STATUS], State::Unknown));
    till.client.void(&id("Awssb1")).await.unwrap();
    assert_eq!(state(&till).await, State::Deactivated);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_just_now_is_completed_without_a_look() {
    let (till, _) = till([Played::Break, success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    till.client.recover(how(Unfinished::VoidOlderThan(AGE))).await.unwrap();
    assert_eq!((till.paths(), state(&till).await), (vec![ACTIVATE, ACTIVATE], State::Activated));
}

#[tokio::test(start_paused = true)]
async fn i34_the_gateways_date_tells_the_age_whatever_the_till_shows() {
    let hands = Hands::default();
    let once = posa_core::engine::Retry { attempts: 1, ..Default::default() };
    let journal = std::sync::Arc::new(posa_core::journal::MemoryJournal::new());
    let clock = std::sync::Arc::new(hands.clone());
    let script = [Played::Break, inactive(), inactive(), success()];
    // The gateway's clock stands still, and the till's is set.
    let till = Till::with(script, journal, |builder| builder.clock(clock).retry(once));
    till.client.activate(sale_as("Awssb1")).await.unwrap_err();
    hands.advance(60);
    till.client.recover(how(Unfinished::VoidOlderThan(AGE))).await.unwrap();
    assert_eq!(state(&till).await, State::Activated);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_does_not_answer_leaves_the_sale_open() {
    let till = lost([Played::Break, success()], 6).await;
    let recovered = till.client.recover(how(Unfinished::VoidOlderThan(AGE))).await.unwrap();
    assert_eq!((recovered.open.len(), till.paths(), state(&till).await), (1, vec![ACTIVATE, STATUS], State::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_reversal_goes_on_however_old_it_is() {
    let till = lost([Played::Break, success()], 0).await;
    till.client.void(&id("Awssb1")).await.unwrap_err();
    let later = how(Unfinished::LeaveOlderThan(SignedDuration::ZERO));
    let open = till.client.recover(later).await.unwrap().open;
    assert!(open[0].1.message().contains("not touched before"), "{open:?}");
}
