//! Recovery reads a sale whose lease has ended, and its till, slow but alive, settles it before recovery has claimed it.
//! Whoever stands at that till was told: recovery has nothing left to do.

use crate::harness::*;
use jiff::{SignedDuration, Timestamp};
use posa_core::engine::Clock;
use posa_core::journal::{Asker, Begun, Claim, Journal, MemoryJournal, Purpose, Settlement, State, Transaction};
use posa_core::recovery::{Recover, Unfinished};
use posa_core::{BoxFuture, Error};
use posa_tests::{Latecomer, Meddled, Meddler, Step};
use std::sync::Mutex;

/// A till that has been at it for so long, and will settle its claim as `outcome`. What recovery sent, and the sale then.
async fn recovered(
    since: SignedDuration,
    begun: Begins,
    outcome: State,
    how: Recover,
) -> (Vec<&'static str>, Transaction) {
    let slow = Latecomer::before(&[Step::BeginActivation, Step::BeginReversal]);
    let journal = Meddled::by(slow.clone());
    let then = TestClock.now() - since;
    let claim = begun.on(&journal.rows, then).await;
    slow.holds(claim, outcome, TestClock.now());
    let script = [success_but(|answer| answer["cardInfo"]["cardStatus"] = "AwaitingActivation".into()), success()];
    let recovering = Till::with(script, journal.clone(), |builder| builder);
    recovering.client.recover(how).await.unwrap();
    let row = journal.rows.transaction(&id("Awssb1")).await.unwrap().unwrap();
    assert!(slow.is_done(), "recovery claimed nothing, so nothing came in between");
    (recovering.paths(), row)
}

/// What the slow till is at.
enum Begins {
    Activation,
    Reversal(Purpose),
}

impl Begins {
    async fn on(self, rows: &MemoryJournal, then: Timestamp) -> Claim {
        let claimed = |begun| match begun {
            Begun::Claimed(claim) => claim,
            Begun::Settled(row) => panic!("settled: {row:?}"),
        };
        let claim = claimed(rows.begin_activation(&id("Awssb1"), &sale(), Asker::Caller, then, then).await.unwrap());
        let Self::Reversal(purpose) = self else { return claim };
        rows.settle(&claim, Settlement::done(State::Activated, 1, None), then).await.unwrap();
        claimed(rows.begin_reversal(&id("Awssb1"), &card(), purpose, Asker::Caller, then, then).await.unwrap())
    }
}

const MINUTES: SignedDuration = SignedDuration::from_mins(2);
const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn i11_a_sale_that_was_told_rejected_is_not_activated() {
    for (since, looks) in [(MINUTES, vec!["/ActivationStatusCheck"]), (AN_HOUR, vec!["/ActivationStatusCheck"])] {
        let (sent, row) = recovered(since, Begins::Activation, State::Rejected, Recover::default()).await;
        assert_eq!((sent, row.state, row.fence), (looks, State::Rejected, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn d4_a_sale_that_was_told_done_is_not_given_up() {
    let give_up = Recover { unfinished: Unfinished::Void, ..Recover::default() };
    let (sent, row) = recovered(MINUTES, Begins::Activation, State::Activated, give_up).await;
    assert_eq!((sent.len(), row.state, row.voided), (0, State::Activated, false));
}

#[tokio::test(start_paused = true)]
async fn i18_a_return_that_was_told_refused_is_not_tried_again() {
    let (sent, row) = recovered(MINUTES, Begins::Reversal(Purpose::Return), State::Activated, Recover::default()).await;
    assert_eq!((sent.len(), row.state), (0, State::Activated));
}

#[tokio::test(start_paused = true)]
async fn i21_a_reversal_that_a_person_has_to_look_at_is_left_to_that_person() {
    let (sent, row) = recovered(MINUTES, Begins::Reversal(Purpose::Void), State::Attention, Recover::default()).await;
    assert_eq!((sent.len(), row.state), (0, State::Attention));
}

/// Has a step that begins anew on its way, in a journal that stalls: it lands before the next step of anybody.
struct Stalled(Mutex<bool>);

impl Meddler for Stalled {
    fn before<'a>(&'a self, step: Step, rows: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            if step == Step::BeginActivation && std::mem::take(&mut *self.0.lock().unwrap()) {
                let (now, name) = (TestClock.now(), id("Awssb1"));
                rows.begin_activation(&name, &sale(), Asker::Caller, now, now + MINUTES).await?;
            }
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn i11_a_sale_whose_next_beginning_is_on_its_way_is_not_told_rejected() {
    let journal = Meddled::by(Stalled(Mutex::new(false)));
    let claim = Begins::Activation.on(&journal.rows, TestClock.now()).await;
    journal.rows.settle(&claim, Settlement::done(State::Rejected, 1, None), TestClock.now()).await.unwrap();
    let till = Till::with([], journal.clone(), |builder| builder);
    assert_eq!(till.client.resolve(&id("Awssb1")).await.unwrap().state, State::Rejected);
    let stalled = Meddled::by(Stalled(Mutex::new(true)));
    let claim = Begins::Activation.on(&stalled.rows, TestClock.now()).await;
    stalled.rows.settle(&claim, Settlement::done(State::Rejected, 1, None), TestClock.now()).await.unwrap();
    let till = Till::with([], stalled, |builder| builder);
    assert!(till.client.resolve(&id("Awssb1")).await.is_err(), "somebody is about to sell it");
}
