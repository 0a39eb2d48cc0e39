//! I37: every outcome that no caller heard is listed until somebody acknowledges it, and none that was heard.

use crate::harness::*;
use posa_core::batch::BatchOptions;
use posa_core::journal::{Journal, MemoryJournal, State, Transaction};
use posa_core::recovery::Recover;
use posa_core::transport::Played;
use posa_core::{BoxFuture, Client, Error, ErrorKind};
use posa_tests::{Meddled, Meddler, Step};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{sleep, timeout};

async fn untold(client: &Client) -> Vec<(String, State)> {
    let rows = client.untold().await.unwrap();
    rows.into_iter().map(|row| (row.request_id.to_string(), row.state)).collect()
}

fn listed(state: State) -> Vec<(String, State)> {
    vec![("Awssb1".to_owned(), state)]
}

/// Waits for the activation for so long, and no longer.
async fn walks_away(client: &Client, after: Duration) {
    assert!(timeout(after, client.activate(sale_as("Awssb1"))).await.is_err(), "there was time to hear");
}

const SOON: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn i37_what_a_caller_heard_is_not_listed() {
    let till = Till::new([success(), failure("F200", "CardNumberNotFound"), success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    till.client.activate(sale_as("Awssb2")).await.unwrap_err();
    till.client.deactivate(reversal("Awssb1")).await.unwrap();
    assert!(untold(&till.client).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn i37_a_caller_who_walks_away_leaves_an_outcome_that_nobody_heard() {
    let endings = [(success(), State::Activated), (failure("F200", "CardNumberNotFound"), State::Rejected)];
    for (answer, state) in endings {
        let till = Till::new([Played::Silence, answer]);
        walks_away(&till.client, SOON).await;
        till.client.retire().await;
        assert_eq!(untold(&till.client).await, listed(state));
        let row = till.client.untold().await.unwrap().remove(0);
        till.client.acknowledge(&row).await.unwrap();
        assert!(untold(&till.client).await.is_empty(), "{state}");
    }
}

/// Takes its time to record an outcome.
struct SlowToSettle;

impl Meddler for SlowToSettle {
    fn before<'a>(&'a self, step: Step, _: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            if step == Step::Settle {
                sleep(Duration::from_secs(3)).await;
            }
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn i37_a_caller_who_walks_away_while_the_outcome_is_recorded_did_not_hear_it() {
    let till = Till::with([success()], Meddled::by(SlowToSettle), |builder| builder);
    walks_away(&till.client, SOON).await;
    till.client.retire().await;
    assert_eq!(untold(&till.client).await, listed(State::Activated));
}

#[tokio::test(start_paused = true)]
async fn i37_a_caller_who_walks_away_from_an_outcome_that_is_there_did_not_hear_it() {
    let till = Till::new([success()]);
    let mut waiting = Box::pin(till.client.activate(sale_as("Awssb1")));
    assert!(poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_pending())).await);
    // It ends in a task of its own, and nobody takes up what came of it.
    while till.client.transaction(&id("Awssb1")).await.unwrap().is_none_or(|row| row.state.is_open()) {
        tokio::task::yield_now().await;
    }
    assert!(untold(&till.client).await.is_empty());
    drop(waiting);
    till.client.retire().await;
    assert_eq!(untold(&till.client).await, listed(State::Activated));
}

#[tokio::test(start_paused = true)]
async fn i37_one_of_two_who_wait_is_enough() {
    let till = Till::new([Played::Silence, success()]);
    let (_, heard) = tokio::join!(walks_away(&till.client, SOON), till.client.activate(sale_as("Awssb1")));
    heard.unwrap();
    till.client.retire().await;
    assert!(untold(&till.client).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn i37_whoever_asks_again_hears_it() {
    let asks: [fn(Client) -> BoxFuture<'static, ()>; 2] = [
        |client| Box::pin(async move { drop(client.activate(sale_as("Awssb1")).await.unwrap()) }),
        |client| Box::pin(async move { drop(client.resolve(&id("Awssb1")).await.unwrap()) }),
    ];
    for ask in asks {
        let till = Till::new([Played::Silence, success()]);
        walks_away(&till.client, SOON).await;
        while till.client.untold().await.unwrap().is_empty() {
            sleep(SOON).await;
        }
        ask(till.client.clone()).await;
        assert!(untold(&till.client).await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn i37_what_recovery_settles_is_listed() {
    let till = Till::new([Played::Break, success(), success()]);
    let once = till.client.with_times(posa_core::engine::Times { attempts: Some(1), ..Default::default() }).unwrap();
    once.activate(sale_as("Awssb1")).await.unwrap_err();
    assert!(untold(&till.client).await.is_empty(), "it has no outcome");
    let recovered = till.client.recover(Recover::default()).await.unwrap();
    assert_eq!(untold(&till.client).await, listed(State::Activated));
    till.client.acknowledge(&recovered.settled[0]).await.unwrap();
    assert!(untold(&till.client).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn i37_an_outcome_that_changed_since_is_not_acknowledged() {
    let till = Till::new([Played::Silence, success(), Played::Silence, success()]);
    walks_away(&till.client, SOON).await;
    while till.client.untold().await.unwrap().is_empty() {
        sleep(SOON).await;
    }
    let sold: Transaction = till.client.untold().await.unwrap().remove(0);
    assert!(timeout(SOON, till.client.deactivate(reversal("Awssb1"))).await.is_err());
    till.client.retire().await;
    till.client.acknowledge(&sold).await.unwrap();
    assert_eq!(untold(&till.client).await, listed(State::Deactivated), "that it was taken back is not what was heard");
}

#[tokio::test(start_paused = true)]
async fn i37_an_outcome_counts_as_told_once_it_is_acknowledged_where_the_caller_says_so() {
    let till = Till::with([success()], Arc::new(MemoryJournal::new()), |builder| builder.acknowledged());
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    assert_eq!(untold(&till.client).await, listed(State::Activated), "the program may die before it prints");
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    let row = till.client.untold().await.unwrap().remove(0);
    till.client.acknowledge(&row).await.unwrap();
    assert!(untold(&till.client).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn i37_whoever_hands_outcomes_on_says_that_nobody_took_one() {
    let till = Till::new([success()]);
    till.client.activate(sale_as("Awssb1")).await.unwrap();
    till.client.unheard(&id("Awssb1")).await.unwrap();
    till.client.unheard(&id("Awssb2")).await.unwrap();
    assert_eq!(untold(&till.client).await, listed(State::Activated));
}

#[tokio::test(start_paused = true)]
async fn i37_the_rows_of_a_batch_that_nobody_read_are_listed() {
    let till = Till::new([success()]);
    let batch = till.client.batch("november", BatchOptions::default());
    batch.push(sale_as("Awssb1")).await.unwrap();
    batch.finish();
    while batch.progress().done == 0 {
        sleep(SOON).await;
    }
    drop(batch);
    till.client.retire().await;
    assert_eq!(untold(&till.client).await, listed(State::Activated));
}

#[tokio::test(start_paused = true)]
async fn i37_the_rows_of_a_batch_that_its_caller_left_are_listed_but_for_those_that_were_known() {
    let till = Till::new([success(), Played::Silence, success()]);
    let read = till.client.batch("november", BatchOptions::default());
    read.push(sale_as("Awssb2")).await.unwrap();
    read.next().await.unwrap().outcome.unwrap();
    read.leave().await;
    assert!(untold(&till.client).await.is_empty());
    let left = till.client.batch("november", BatchOptions::default());
    left.push(sale_as("Awssb2")).await.unwrap();
    left.push(sale_as("Awssb1")).await.unwrap();
    left.leave().await;
    assert_eq!(untold(&till.client).await, listed(State::Activated));
    assert!(left.push(sale_as("Awssb3")).await.is_err(), "it takes nothing more");
}

#[tokio::test(start_paused = true)]
async fn i37_a_client_is_idle_once_what_nobody_waits_for_is_recorded() {
    let till = Till::new([Played::Silence, success(), success()]);
    till.client.idle().await;
    walks_away(&till.client, SOON).await;
    till.client.idle().await;
    assert_eq!(untold(&till.client).await, listed(State::Activated));
    till.client.deactivate(reversal("Awssb1")).await.unwrap();
}

/// Records outcomes, and says that nobody knows.
struct AnswerLost;

impl Meddler for AnswerLost {
    fn before<'a>(&'a self, step: Step, rows: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            if step != Step::Settle {
                return Ok(());
            }
            let claimed = rows.transaction(&id("Awssb1")).await.unwrap().unwrap();
            let claim = posa_core::journal::Claim {
                fence: claimed.fence,
                ..posa_core::journal::Claim::new(&claimed.request_id, claimed.sent_at)
            };
            let settlement = posa_core::journal::Settlement::done(State::Activated, 1, None);
            rows.settle(&claim, settlement, claimed.updated_at).await.unwrap();
            let lost = "the commit got no answer";
            Err(Error::new(ErrorKind::OutcomeUnknown, posa_core::Delivery::Unknown, lost))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn i37_an_outcome_whose_recording_got_no_answer_was_not_heard() {
    let till = Till::with([success()], Meddled::by(AnswerLost), |builder| builder);
    assert_eq!(till.client.activate(sale_as("Awssb1")).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(untold(&till.client).await, listed(State::Activated));
}
