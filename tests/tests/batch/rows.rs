use crate::gateway::{Fault, Gateway};
use crate::till::{Going, digits, id, sale, sale_for, till};
use crate::{all, outcome, places};
use posa_core::batch::{BatchOptions, Entry, Progress};
use posa_core::journal::{Filter, MemoryJournal, NoJournal, State};
use posa_core::{CardNumber, Client, Error};
use std::cell::Cell;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

fn client(gateway: &Gateway) -> Client {
    till(gateway, Arc::new(MemoryJournal::new()), Going::from_noon())
}

#[tokio::test(start_paused = true)]
async fn a_row_in_error_stops_no_other() {
    let gateway = Gateway::default();
    let client = client(&gateway);
    gateway.fault(&digits(1), Fault::Refused("CardNumberNotFound"));
    gateway.fault(&digits(2), Fault::Unreachable);
    gateway.fault(&digits(3), Fault::AnswerLost);
    let unreadable: Error = CardNumber::new("14").unwrap_err();
    let foreign = sale(4).request_id(id("Other1"));
    let entries = [Ok(sale(0)), Ok(sale(1)), Ok(sale(2)), Ok(sale(3)), Ok(foreign), Err(unreadable), Ok(sale(5))];
    let mut rows = client.activate_many("november", entries, places(2));
    let mut words = vec![String::new(); 7];
    while let Some(row) = rows.next().await {
        assert_eq!(row.request_id.is_none(), row.index == 5);
        assert_eq!(row.card.is_none(), row.index == 5);
        words[usize::try_from(row.index).unwrap()] = outcome(&row).to_owned();
    }
    let expected = ["done", "REJECTED", "UNREACHABLE", "OUTCOME_UNKNOWN", "INVALID_INPUT", "INVALID_INPUT", "done"];
    assert_eq!(words, expected);
    assert_eq!(rows.progress(), Progress { started: 7, done: 2, rejected: 3, not_sent: 1, unknown: 1 });
    assert!(rows.next().await.is_none(), "it stays at its end");
}

#[tokio::test(start_paused = true)]
async fn i1_a_card_that_is_there_twice_is_answered_twice_and_charged_once() {
    let gateway = Gateway::default();
    let client = client(&gateway);
    gateway.let_through(0);
    let sales = [sale(0), sale(0), sale(1), sale(0)];
    let batch = client.activate_many("november", sales, BatchOptions::default());
    let reading = tokio::spawn(all(batch));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(gateway.requests(), 2, "the second waits for the first");
    gateway.open();
    let rows = reading.await.unwrap();
    assert!(rows.iter().all(|row| outcome(row) == "done"), "{rows:?}");
    assert!(rows[0].request_id == rows[1].request_id && rows[0].request_id == rows[3].request_id);
    assert_eq!((gateway.charged().len(), gateway.requests()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn the_second_of_two_hears_the_first_ones_unknown_outcome() {
    let gateway = Gateway::default();
    let client = client(&gateway);
    gateway.fault(&digits(0), Fault::AnswerLost);
    let rows = all(client.activate_many("november", [sale(0), sale(0)], places(2))).await;
    assert!(rows.iter().all(|row| outcome(row) == "OUTCOME_UNKNOWN"));
    assert_eq!((gateway.charged().len(), gateway.requests()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn i4_a_card_for_two_amounts_is_two_sales_of_which_one_is_refused() {
    let gateway = Gateway::default();
    let client = client(&gateway);
    let rows = all(client.activate_many("november", [sale_for(0, "25"), sale_for(0, "50")], places(1))).await;
    assert_eq!(rows.iter().map(outcome).collect::<Vec<_>>(), ["done", "ALREADY_ACTIVATED"]);
    let clash = [sale_for(1, "25").request_id(id("Awssb1")), sale_for(1, "50").request_id(id("Awssb1"))];
    let rows = all(client.activate_many("november", clash, places(2))).await;
    assert_eq!(rows.iter().map(outcome).collect::<Vec<_>>(), ["done", "CONFLICT"]);
    assert_eq!(rows[0].request_id, Some(id("Awssb1")), "an id of the caller's own stays");
}

#[tokio::test(start_paused = true)]
async fn rows_come_in_the_order_in_which_they_end() {
    let gateway = Gateway::default();
    let client = client(&gateway);
    gateway.let_through(0);
    let entries = [Entry::from(sale(0)), Entry { line: Some(7), sale: CardNumber::new("").map(|_| sale(1)) }];
    let mut rows = client.activate_many("november", entries, places(2));
    let first = rows.next().await.unwrap();
    assert_eq!((first.index, first.line, outcome(&first)), (1, Some(7), "INVALID_INPUT"));
    gateway.open();
    let second = rows.next().await.unwrap();
    assert_eq!((second.index, second.line, outcome(&second)), (0, None, "done"));
}

#[tokio::test(start_paused = true)]
async fn it_reads_no_further_ahead_than_its_places() {
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::new(NoJournal), Going::from_noon());
    let (taken, mut read) = (Cell::new(0u64), 0);
    let sales = (0..2_000).map(|n| {
        taken.set(n + 1);
        sale(n).request_id(id(&format!("AwssbOrder{n}")))
    });
    let mut rows = client.activate_many("november", sales, places(5));
    assert_eq!(taken.get(), 0, "nothing begins before it is asked for");
    while rows.next().await.is_some() {
        read += 1;
        assert!(taken.get() - read < 5, "{} taken, {read} read", taken.get());
    }
    assert_eq!((taken.get(), read, gateway.requests()), (2_000, 2_000, 2_000));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_batch_starts_nothing_more_and_stops_nothing_that_runs() {
    let gateway = Gateway::default();
    let client = client(&gateway);
    gateway.let_through(0);
    let mut rows = client.activate_many("november", [0, 0, 1, 2, 3].map(sale), places(3));
    assert!(tokio::time::timeout(Duration::from_secs(1), rows.next()).await.is_err());
    drop(rows);
    // What waited for this one's outcome would send again.
    gateway.set_active(&digits(0), Some("Awssbelsewhere"));
    gateway.open();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!((gateway.requests(), gateway.charged()), (2, vec![digits(1)]));
    let rows = client.transactions(&Filter::default()).await.unwrap();
    let mut states: Vec<_> = rows.iter().map(|row| (row.card().number(), row.state)).collect();
    states.sort_by_key(|(card, _)| *card);
    assert_eq!(states, [(digits(0).as_str(), State::Rejected), (digits(1).as_str(), State::Activated)]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_client_leaves_each_row_with_its_error() {
    let gateway = Gateway::default();
    let client = client(&gateway);
    client.close().await;
    let rows = all(client.activate_many("november", (0..3).map(sale), places(2))).await;
    assert_eq!(rows.iter().map(outcome).collect::<Vec<_>>(), ["CONFIGURATION"; 3]);
    assert_eq!(gateway.requests(), 0);
}

#[test]
fn without_a_runtime_each_row_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let client = runtime.block_on(async { client(&Gateway::default()) });
    let mut rows = client.activate_many("november", (0..2).map(sale), places(1));
    let mut poll = || {
        let next = std::pin::pin!(rows.next());
        match next.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(row) => row,
            Poll::Pending => panic!("it waits for a runtime that is not there"),
        }
    };
    for _ in 0..2 {
        assert_eq!(poll().unwrap().outcome.unwrap_err().field(), Some("runtime"));
    }
    assert!(poll().is_none());
}
