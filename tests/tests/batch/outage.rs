//! A gateway that takes nothing for a while: the batch waits for it, and calls no sale rejected.

use crate::gateway::{Fault, Gateway};
use crate::till::{Going, builder, sale, till};
use crate::{all, outcome, places};
use posa_core::batch::{BatchOptions, Progress, Row};
use posa_core::engine::{Event, EventKind, Limiter};
use posa_core::journal::MemoryJournal;
use posa_core::{Client, Delivery};
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const CARDS: u64 = 40;

fn client(gateway: &Gateway) -> Client {
    till(gateway, Arc::new(MemoryJournal::new()), Going::from_noon())
}

/// Runs the batch over an outage of so long.
async fn over(gateway: &Gateway, client: &Client, fault: Fault, lasts: Duration) -> (Vec<Row>, usize) {
    gateway.outage(fault);
    let reading = tokio::spawn(all(client.activate_many("november", (0..CARDS).map(sale), places(8))));
    sleep(lasts).await;
    let tries = gateway.tries();
    gateway.outage(None);
    (reading.await.unwrap(), tries)
}

fn once_each(gateway: &Gateway) -> bool {
    let charged = gateway.charged();
    charged.len() == 40 && charged.iter().collect::<BTreeSet<_>>().len() == 40
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_for_and_every_card_is_sold_once() {
    for fault in [Fault::Unreachable, Fault::Throttled] {
        let gateway = Gateway::default();
        let (rows, tries) = over(&gateway, &client(&gateway), fault, Duration::from_secs(300)).await;
        assert!(rows.iter().all(|row| outcome(row) == "done"), "{rows:?}");
        assert!(once_each(&gateway));
        assert!(tries < 30, "{tries} tries while nothing gets through: one at a time, with pauses");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_outage_outlasts_is_not_sent_and_goes_with_the_next_run() {
    let gateway = Gateway::default();
    let client = client(&gateway);
    let begun = Instant::now();
    gateway.outage(Fault::Unreachable);
    let mut rows = client.activate_many("november", (0..CARDS).map(sale), places(8));
    let mut read = Vec::new();
    while let Some(row) = rows.next().await {
        read.push(row);
    }
    assert_eq!(rows.progress(), Progress { started: CARDS, not_sent: CARDS, ..Progress::default() });
    for row in &read {
        let error = row.outcome.as_ref().unwrap_err();
        assert_eq!((error.kind().name(), error.delivery()), ("UNREACHABLE", Delivery::NotSent));
        assert_eq!(error.request_id(), row.request_id.as_ref().map(|id| id.as_str()));
    }
    let took = begun.elapsed();
    assert!((600..640).contains(&took.as_secs()), "{took:?}: the patience of one, not of each");
    gateway.outage(None);
    let again = all(client.activate_many("november", (0..CARDS).map(sale), places(8))).await;
    assert!(again.iter().all(|row| outcome(row) == "done") && once_each(&gateway));
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_lost_one_after_the_other_hold_the_rest_back() {
    let gateway = Gateway::default();
    let client = client(&gateway);
    gateway.outage(Fault::AnswerLost);
    let mut rows = client.activate_many("november", (0..CARDS).map(sale), places(1));
    while rows.next().await.is_some() {}
    let Progress { unknown, not_sent, .. } = rows.progress();
    assert!((5..30).contains(&unknown) && not_sent == CARDS - unknown, "{:?}", rows.progress());
    assert_eq!(gateway.requests() as u64, unknown, "what is not sent was not sent");
    gateway.outage(None);
    let again = all(client.activate_many("november", (0..CARDS).map(sale), places(8))).await;
    assert!(again.iter().all(|row| outcome(row) == "done") && once_each(&gateway));
}

#[tokio::test(start_paused = true)]
async fn without_patience_nothing_is_waited_for() {
    let gateway = Gateway::default();
    gateway.outage(Fault::Unreachable);
    let begun = Instant::now();
    let at_once = BatchOptions { patience: Duration::ZERO, ..BatchOptions::default() };
    let rows = all(client(&gateway).activate_many("november", (0..CARDS).map(sale), at_once)).await;
    assert!(rows.iter().all(|row| outcome(row) == "UNREACHABLE"));
    assert!(begun.elapsed() < Duration::from_secs(1) && gateway.tries() < 40);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_stopped_waits_no_longer() {
    let gateway = Gateway::default();
    gateway.outage(Fault::Unreachable);
    let mut rows = client(&gateway).activate_many("november", (0..CARDS).map(sale), places(8));
    assert!(timeout(Duration::from_secs(60), rows.next()).await.is_err(), "it waits");
    rows.stop();
    let begun = Instant::now();
    let mut ended = 0;
    while rows.next().await.is_some() {
        ended += 1;
    }
    assert_eq!((ended, rows.progress().not_sent), (8, 8), "those that were begun, and no more");
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn whoever_watches_hears_once_that_it_waits_and_once_that_it_goes_on() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let gateway = Gateway::default();
    let listener = Arc::clone(&heard);
    let client = builder(&gateway, Arc::new(MemoryJournal::new()), Going::from_noon())
        .observer(move |event: &Event<'_>| match event.kind {
            EventKind::BatchPaused { because } => listener.lock().unwrap().push(because.to_owned()),
            EventKind::BatchResumed => listener.lock().unwrap().push("goes on".to_owned()),
            _ => {}
        })
        .build()
        .unwrap();
    over(&gateway, &client, Fault::Unreachable, Duration::from_secs(100)).await;
    let heard = heard.lock().unwrap();
    assert!(heard.len() == 2 && heard[0].contains("connection refused") && heard[1] == "goes on", "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn i39_a_share_of_the_rate_is_kept_to_and_the_rest_is_left_to_tills() {
    let gateway = Gateway::default();
    let shared = Arc::new(Limiter::new(NonZeroU32::new(10).unwrap()));
    let of_the_account =
        || builder(&gateway, Arc::new(MemoryJournal::new()), Going::from_noon()).shared_limiter(Arc::clone(&shared));
    let job = of_the_account().rate_share(NonZeroU32::new(2).unwrap()).build().unwrap();
    let till = of_the_account().build().unwrap();
    let begun = Instant::now();
    let selling = tokio::spawn(all(job.activate_many("november", (0..10).map(sale), places(10))));
    sleep(Duration::from_millis(500)).await;
    for n in 100..108 {
        till.activate(sale(n)).await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_millis(600), "eight of ten are the till's: {:?}", begun.elapsed());
    assert!(selling.await.unwrap().iter().all(|row| outcome(row) == "done"));
    assert!((4_200..4_300).contains(&begun.elapsed().as_millis()), "two a second: {:?}", begun.elapsed());
}
