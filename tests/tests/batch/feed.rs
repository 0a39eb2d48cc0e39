use crate::gateway::Gateway;
use crate::till::{Going, digits, sale, till};
use crate::{outcome, places};
use posa_core::ErrorKind;
use posa_core::batch::{Batch, Progress};
use posa_core::journal::MemoryJournal;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

fn batch(gateway: &Gateway, concurrency: usize) -> Batch {
    till(gateway, Arc::new(MemoryJournal::new()), Going::from_noon()).batch("november", places(concurrency))
}

const A_WHILE: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn a_row_is_there_before_the_source_has_its_next_sale() {
    let gateway = Gateway::default();
    let batch = batch(&gateway, 4);
    for n in 0..3 {
        assert!(batch.has_room());
        assert_eq!(batch.push(sale(n)).await.unwrap(), n);
        let row = batch.next().await.unwrap();
        assert_eq!((row.index, outcome(&row)), (n, "done"));
    }
    let waiting = timeout(A_WHILE, batch.next()).await;
    assert!(waiting.is_err(), "it is not finished, so there may be more");
    batch.finish();
    assert!(batch.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_full_batch_takes_a_sale_once_a_row_is_read() {
    let gateway = Gateway::default();
    let batch = batch(&gateway, 2);
    batch.push(sale(0)).await.unwrap();
    batch.push(sale(1)).await.unwrap();
    assert!(!batch.has_room());
    assert!(timeout(A_WHILE, batch.push(sale(2))).await.is_err());
    assert_eq!(batch.progress(), Progress { started: 2, done: 2, ..Progress::default() });
    batch.next().await.unwrap();
    assert_eq!(batch.push(sale(3)).await.unwrap(), 2, "the push that was given up took nothing");
    batch.finish();
    let last = [batch.next().await.unwrap(), batch.next().await.unwrap()].map(|row| row.card.unwrap());
    assert!(last.iter().any(|card| card.number() == digits(3)));
    assert!(batch.next().await.is_none() && gateway.requests() == 3);
}

#[tokio::test(start_paused = true)]
async fn a_source_feeds_it_while_its_rows_are_read() {
    let gateway = Gateway::default();
    let batch = batch(&gateway, 3);
    let feed = async {
        for n in 0..50 {
            batch.push(sale(n)).await.unwrap();
        }
        batch.finish();
    };
    let read = async {
        let mut rows = 0;
        while let Some(row) = batch.next().await {
            assert_eq!(outcome(&row), "done");
            rows += 1;
        }
        rows
    };
    let ((), rows) = tokio::join!(feed, read);
    assert_eq!((rows, gateway.charged().len()), (50, 50));
}

#[tokio::test(start_paused = true)]
async fn a_finished_batch_takes_nothing_and_gives_what_it_has() {
    let gateway = Gateway::default();
    let batch = batch(&gateway, 1);
    gateway.let_through(0);
    batch.push(sale(0)).await.unwrap();
    let (refused, ()) = tokio::join!(batch.push(sale(1)), async { batch.finish() });
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Configuration);
    assert!(!batch.has_room());
    gateway.open();
    assert_eq!(outcome(&batch.next().await.unwrap()), "done");
    assert!(batch.next().await.is_none());
    assert_eq!(batch.push(sale(2)).await.unwrap_err().field(), Some("batch"));
}

#[tokio::test(start_paused = true)]
async fn any_number_of_places_will_do() {
    let batch = batch(&Gateway::default(), usize::MAX);
    batch.push(sale(0)).await.unwrap();
    batch.finish();
    assert_eq!(outcome(&batch.next().await.unwrap()), "done");
}

#[tokio::test(start_paused = true)]
async fn a_sale_that_had_no_time_to_begin_goes_with_the_batch() {
    let gateway = Gateway::default();
    let batch = batch(&gateway, 2);
    batch.push(sale(0)).await.unwrap();
    drop(batch);
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(gateway.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_given_back_is_read_again_also_by_the_last_reader() {
    let batch = batch(&Gateway::default(), 2);
    batch.push(sale(0)).await.unwrap();
    let row = batch.next().await.unwrap();
    batch.finish();
    batch.give_back(row);
    assert_eq!(batch.next().await.unwrap().index, 0);
    assert!(batch.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_given_back_and_not_read_again_was_not_heard() {
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::new(MemoryJournal::new()), Going::from_noon());
    let batch = client.batch("november", places(1));
    batch.push(sale(0)).await.unwrap();
    batch.give_back(batch.next().await.unwrap());
    drop(batch);
    client.retire().await;
    assert_eq!(client.untold().await.unwrap().len(), 1);
}

#[test]
fn a_batch_that_is_dropped_outside_its_runtime_was_not_heard_either() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let client = till(&Gateway::default(), Arc::new(MemoryJournal::new()), Going::from_noon());
    let batch = client.batch("november", places(1));
    runtime.block_on(async {
        batch.push(sale(0)).await.unwrap();
        batch.give_back(batch.next().await.unwrap());
    });
    drop(batch);
    runtime.block_on(client.retire());
    assert_eq!(runtime.block_on(client.untold()).unwrap().len(), 1);
}
