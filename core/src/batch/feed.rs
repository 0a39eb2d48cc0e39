use super::line::Line;
use super::one;
use super::{BatchOptions, Entry, Progress, Row};
use crate::engine::{Client, runtime};
use crate::error::{Ending, Error};
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A batch that its caller feeds with [`push`](Self::push) and reads with [`next`](Self::next), at the same time.
///
/// It holds at most as many entries as it has places: one that was pushed keeps its place until its row is read. A
/// caller with one thread asks [`has_room`](Self::has_room) before each push and reads a row where there is none.
///
/// While the gateway cannot be reached or throttles, one row at a time tries and the others wait, for
/// [`patience`](BatchOptions::patience) at the most; an observer is told
/// ([`BatchPaused`](crate::engine::EventKind::BatchPaused)).
///
/// Dropping it starts nothing more. Requests under way end on their own, and the journal keeps what comes of them.
pub struct Batch {
    client: Client,
    name: Arc<str>,
    places: Arc<Semaphore>,
    /// `None` once it is finished.
    finished: Mutex<Option<UnboundedSender<Ended>>>,
    rows: tokio::sync::Mutex<UnboundedReceiver<Ended>>,
    counts: Arc<Counts>,
    line: Arc<Line>,
}

/// A row and the place that it keeps. One that nobody read was not heard either.
struct Ended {
    /// `None` once it was read.
    row: Option<Row>,
    client: Client,
    _place: OwnedSemaphorePermit,
}

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(id) = self.row.as_ref().and_then(Row::unheard) {
            self.client.gone(id.clone());
        }
    }
}

#[derive(Default)]
struct Counts {
    started: AtomicU64,
    done: AtomicU64,
    rejected: AtomicU64,
    not_sent: AtomicU64,
    unknown: AtomicU64,
}

impl Batch {
    pub(super) fn new(client: Client, name: &str, options: BatchOptions) -> Self {
        let places = options.concurrency.get().min(Semaphore::MAX_PERMITS);
        let (sender, rows) = unbounded_channel();
        Self {
            client,
            name: name.into(),
            places: Arc::new(Semaphore::new(places)),
            finished: Mutex::new(Some(sender)),
            rows: tokio::sync::Mutex::new(rows),
            counts: Arc::default(),
            line: Arc::new(Line::new(options.patience)),
        }
    }

    /// Takes a sale once a place is free, begins it, and returns its index. What goes wrong with it is in its row.
    ///
    /// Dropping the future before it is done takes nothing.
    ///
    /// # Errors
    /// Kind [`Configuration`](crate::ErrorKind::Configuration) if the batch is finished.
    pub async fn push(&self, entry: impl Into<Entry>) -> Result<u64, Error> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| finished())?;
        self.start(place, entry.into())
    }

    /// Whether [`push`](Self::push) would take a sale at once.
    pub fn has_room(&self) -> bool {
        self.places.available_permits() > 0 && !self.places.is_closed()
    }

    /// Takes nothing more; [`next`](Self::next) ends after the last row.
    pub fn finish(&self) {
        self.places.close();
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Takes nothing more, and lets no row wait for the gateway any longer. What is under way ends by itself.
    pub fn stop(&self) {
        self.finish();
        self.line.stop();
    }

    /// The next row, in the order in which they end; `None` after the last row of a finished batch.
    ///
    /// Dropping the future loses no row.
    pub async fn next(&self) -> Option<Row> {
        self.rows.lock().await.recv().await.and_then(|mut ended| ended.row.take())
    }

    /// Takes nothing more, and returns once all that is under way has ended: for a caller who reads no other row. Nobody
    /// heard what these would have told ([`Client::untold`]).
    pub async fn leave(&self) {
        self.stop();
        let mut rows = self.rows.lock().await;
        while let Some(mut ended) = rows.recv().await {
            let row = ended.row.take();
            if let Some(id) = row.as_ref().and_then(Row::unheard) {
                // A journal that fails here lists one outcome too few.
                let _ = self.client.unheard(id).await;
            }
        }
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { started, done, rejected, not_sent, unknown } = &*self.counts;
        Progress {
            started: read(started),
            done: read(done),
            rejected: read(rejected),
            not_sent: read(not_sent),
            unknown: read(unknown),
        }
    }

    /// A place, if one is free now.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    pub(super) fn start(&self, place: OwnedSemaphorePermit, entry: Entry) -> Result<u64, Error> {
        let sender = self.finished.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(finished)?;
        let line = entry.line;
        let index = self.counts.started.fetch_add(1, Ordering::Relaxed);
        let (counts, client) = (Arc::clone(&self.counts), self.client.clone());
        let end = move |sender: &UnboundedSender<Ended>, row: Row| {
            counts.note(&row);
            // Nobody reads the rows of a batch that was dropped.
            let _ = sender.send(Ended { row: Some(row), client, _place: place });
        };
        let (sale, runtime) = match (entry.sale, runtime()) {
            (Ok(sale), Ok(runtime)) => (sale, runtime),
            (Err(error), _) | (_, Err(error)) => {
                end(&sender, Row { index, line, request_id: None, card: None, amount: None, outcome: Err(error) });
                return Ok(index);
            }
        };
        let (card, amount) = (Some(sale.card.clone()), Some(sale.amount));
        let (client, name, way) = (self.client.clone(), Arc::clone(&self.name), Arc::clone(&self.line));
        runtime.spawn(async move {
            if sender.is_closed() {
                return;
            }
            let id = match &sale.request_id {
                Some(own) => Ok(own.clone()),
                None => client.batch_id(&name, &sale).await,
            };
            let (request_id, outcome) = match id {
                Ok(id) => {
                    let attempt = || one::activate(&client, &id, sale.clone(), sender.closed());
                    let mut outcome = pin!(way.through(&client, &id, &sale, attempt));
                    let mut dropped = pin!(sender.closed());
                    let heard = poll_fn(|context| match outcome.as_mut().poll(context) {
                        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                        Poll::Pending => dropped.as_mut().poll(context).map(|()| None),
                    });
                    // Nobody hears what comes of it.
                    let Some(outcome) = heard.await else { return };
                    (Some(id.clone()), outcome)
                }
                Err(error) => (None, Err(error)),
            };
            end(&sender, Row { index, line, request_id, card, amount, outcome });
        });
        Ok(index)
    }
}

impl Counts {
    fn note(&self, row: &Row) {
        let count = match row.outcome.as_ref().map_err(Error::ending) {
            Ok(_) => &self.done,
            Err(Ending::Rejected) => &self.rejected,
            Err(Ending::NotSent) => &self.not_sent,
            Err(Ending::Unknown) => &self.unknown,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.line.stop();
    }
}

fn finished() -> Error {
    Error::configuration("batch", "the batch is finished and takes no more sales; begin another of the same name")
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("name", &self.name).field("progress", &self.progress()).finish_non_exhaustive()
    }
}
