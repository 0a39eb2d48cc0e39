//! A PostgreSQL server that is gone, and comes back, in the middle of a load.

use crate::crowd::{CROWD, Crowd, count, refused};
use posa_core::engine::{Event, EventKind, Observer};
use posa_core::recovery::Recover;
use posa_tests::books::Book;
use posa_tests::postgres::{self, Cluster};
use posa_tests::till::Said;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::thread::{self, JoinHandle};

const WAVES: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i8_postgres_restarted_under_load_loses_and_doubles_nothing() {
    let Some(cluster) = postgres::cluster().map(Arc::new) else { return };
    let mut crowd = Crowd::new(Book::database(cluster.database())).await;
    for wave in 0..WAVES {
        let restart = Restart::new(&cluster);
        let client = crowd.client(|builder| builder.observer(restart.clone())).await;
        let sales = crowd.sales(CROWD);
        let heard = crowd.sell(&client, sales).await;
        restart.finish();
        let refused = heard.into_iter().filter(|(_, heard)| matches!(heard, Said::Refused(..))).map(|(sale, _)| sale);
        let again = crowd.sell(&client, refused.collect()).await;
        let goes_on = |heard: &Said| match heard {
            Said::Done(_) => true,
            // Its intent was recorded although the answer was lost: that is kept until its lease ends.
            Said::Refused(kind, message) => kind == "CONFLICT" && message.contains("has an attempt under way"),
            _ => false,
        };
        assert!(again.iter().all(|(_, heard)| goes_on(heard)), "wave {wave}: {again:?}");
    }
    let done = count(&crowd.told, |said| matches!(said, Said::Done(_)));
    assert!(done >= CROWD, "the load goes on after each restart: {done} done");
    crowd.close_books("restarted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i6_nothing_is_sent_while_postgres_is_down_and_what_was_sent_is_recovered() {
    let Some(cluster) = postgres::cluster().map(Arc::new) else { return };
    let mut crowd = Crowd::new(Book::database(cluster.database())).await;
    let client = crowd.client(|builder| builder.observer(stop_at_first_request(&cluster))).await;
    let first = crowd.activate(&client, CROWD).await;
    let unknown = count(&first, |said| matches!(said, Said::Unknown(_)));
    assert!(unknown > 0 && unknown + refused(&first, "the journal at") == CROWD, "{first:?}");
    crowd.sandbox.clear_requests();
    let second = crowd.activate(&client, CROWD).await;
    assert_eq!(refused(&second, "cannot be reached"), CROWD, "{second:?}");
    assert!(crowd.sandbox.requests().is_empty(), "nothing is sent without a record");
    cluster.resume();
    let third = crowd.activate(&client, CROWD).await;
    assert_eq!(count(&third, |said| matches!(said, Said::Done(_))), CROWD, "it goes on: {third:?}");
    client.recover(Recover::default()).await.unwrap();
    drop(client);
    crowd.close_books("stopped").await;
}

/// All requests wait while the server is stopped, so that no outcome of the first crowd can be recorded.
fn stop_at_first_request(cluster: &Arc<Cluster>) -> impl Observer + 'static {
    let (stopped, server) = (Once::new(), Arc::clone(cluster));
    move |event: &Event<'_>| {
        if matches!(event.kind, EventKind::Sending) {
            stopped.call_once(|| server.stop());
        }
    }
}

/// Restarts the server at the twentieth request, beside the load.
#[derive(Clone)]
struct Restart {
    cluster: Arc<Cluster>,
    sent: Arc<AtomicUsize>,
    running: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Restart {
    fn new(cluster: &Arc<Cluster>) -> Self {
        Self { cluster: Arc::clone(cluster), sent: Arc::default(), running: Arc::default() }
    }

    fn finish(&self) {
        let running = self.running.lock().unwrap().take();
        running.expect("the server was restarted").join().unwrap();
    }
}

impl Observer for Restart {
    fn on_event(&self, event: &Event<'_>) {
        if matches!(event.kind, EventKind::Sending) && self.sent.fetch_add(1, Ordering::SeqCst) == 20 {
            let cluster = Arc::clone(&self.cluster);
            *self.running.lock().unwrap() = Some(thread::spawn(move || cluster.restart()));
        }
    }
}
