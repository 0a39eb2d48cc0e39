//! Operations that run in tasks of their own, and their end when a client is closed.

use super::client::Client;
use super::hearing::{Hearers, Hearing};
use super::inner::Inner;
use super::under_way::{Entered, Place, UnderWay, Work};
use crate::error::{Delivery, Error, ErrorKind};
use crate::model::{Receipt, RequestId};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

/// The runtime that this is called from.
pub(crate) fn runtime() -> Result<Handle, Error> {
    let none = |_| Error::configuration("runtime", "no tokio runtime is running; call this from inside one");
    Handle::try_current().map_err(none)
}

/// Counts one operation for as long as it lives.
pub(super) struct Running(Arc<Inner>);

impl Running {
    pub(super) fn enter(inner: &Arc<Inner>) -> Self {
        inner.shared.running.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(inner))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let shared = &self.0.shared;
        if shared.running.fetch_sub(1, Ordering::SeqCst) == 1 {
            shared.idle.notify_waiters();
        }
    }
}

/// What becomes of a request to work on a sale.
pub(super) enum Turn {
    /// The caller may.
    Ours(Place),
    /// Somebody else did the very same meanwhile.
    Theirs(Result<Receipt, Error>),
}

impl Client {
    /// Takes no further operations, waits for those under way, each of which ends by its own deadline, and closes the
    /// journal. A recovery under way takes up no other sale, so this takes no longer than one operation, and what it
    /// has to record. No file, thread or connection of the journal is left, and a SQLite file is whole by itself then.
    /// Clients that share a journal are closed together, or [`retired`](Self::retire) one by one.
    pub async fn close(&self) {
        self.retire().await;
        self.inner.journal.close().await;
    }

    /// As [`close`](Self::close), and leaves the journal open for others.
    pub async fn retire(&self) {
        self.inner.shared.closed.store(true, Ordering::SeqCst);
        self.idle().await;
    }

    /// Waits until no operation is under way, those that nobody waits for any more among them: for a program that is
    /// about to end. What came of them is recorded then, and whether somebody heard it.
    pub async fn idle(&self) {
        let shared = &self.inner.shared;
        loop {
            let mut idle = std::pin::pin!(shared.idle.notified());
            // Enabled before the look, so that an end in between is not missed.
            idle.as_mut().enable();
            if shared.running.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Waits until nobody else works on the sale, or did the very same.
    ///
    /// # Errors
    /// Somebody still does at the deadline.
    pub(super) async fn turn(&self, id: &RequestId, work: impl Fn() -> Work, deadline: Instant) -> Result<Turn, Error> {
        let late = |what: &str| {
            let message = format!("another operation on request id {id} is under way, and did not end in time{what}");
            Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
        };
        loop {
            match UnderWay::enter(&self.inner.shared, id, work()) {
                Entered::Mine(place) => return Ok(Turn::Ours(place)),
                Entered::Same(mut joined) => {
                    let hearing = Hearing::new(&self.inner, id, &joined.hearers, runtime()?);
                    let outcome = timeout_at(deadline, joined.outcome()).await;
                    let outcome = outcome.map_err(|_| late("; repeat with the same request id"))?;
                    if let Some(outcome) = outcome {
                        hearing.heard();
                        return Ok(Turn::Theirs(outcome));
                    }
                }
                Entered::Other(ended) => {
                    let ended = timeout_at(deadline, ended.wait()).await;
                    ended.map_err(|_| late(", so this one was not begun; ask again"))?;
                }
            }
        }
    }

    /// As [`turn`](Self::turn), for what nobody else does in the very same way.
    pub(crate) async fn alone(&self, id: &RequestId, deadline: Instant) -> Result<Place, Error> {
        loop {
            match self.turn(id, || Work::Settle, deadline).await? {
                Turn::Ours(place) => return Ok(place),
                Turn::Theirs(_) => {}
            }
        }
    }

    /// Runs an operation on one sale in a task of its own, which goes on when the caller stops waiting. Those who joined
    /// it are told what `shared` makes of its outcome.
    pub(crate) async fn run<F, R, T>(
        &self,
        place: Place,
        id: &RequestId,
        shared: impl FnOnce(&Result<T, Error>) -> Option<Result<Receipt, Error>> + Send + 'static,
        operation: F,
    ) -> Result<T, Error>
    where
        F: FnOnce(Arc<Inner>, Arc<Hearers>) -> R,
        R: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let hearers = Arc::clone(&place.hearers);
        let hearing = Hearing::new(&self.inner, id, &hearers, runtime()?);
        let named = id.clone();
        let outcome = self
            .detached(move |inner| {
                let operation = operation(Arc::clone(&inner), Arc::clone(&hearers));
                async move {
                    let outcome = operation.await;
                    place.end(|| shared(&outcome));
                    if let Some(fence) = hearers.unheard() {
                        inner.note_unheard(&named, fence).await;
                    }
                    outcome
                }
            })
            .await;
        hearing.heard();
        outcome
    }

    /// Whoever was handed the outcome of this sale never took it up.
    pub(crate) fn gone(&self, id: RequestId, runtime: &Handle) {
        let (client, running) = (self.clone(), Running::enter(&self.inner));
        runtime.spawn(async move {
            // As for any outcome that cannot be noted, it is listed as heard.
            let _ = client.unheard(&id).await;
            drop(running);
        });
    }

    /// Runs an operation in a task of its own, which goes on when the caller stops waiting.
    pub(crate) async fn detached<F, R, T>(&self, operation: F) -> Result<T, Error>
    where
        F: FnOnce(Arc<Inner>) -> R,
        R: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let runtime = runtime()?;
        // Counted before the check, so that `close` either waits for it or has it refused.
        let running = Running::enter(&self.inner);
        self.inner.check_open()?;
        // Boxed, or it would be moved, at two kilobytes, into each future around it.
        let operation = Box::pin(operation(Arc::clone(&self.inner)));
        let task = runtime.spawn(async move {
            let _running = running;
            operation.await
        });
        task.await.unwrap_or_else(|_| {
            let message = "the operation was stopped with the runtime; the journal tells how far it came";
            Err(Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message))
        })
    }
}
