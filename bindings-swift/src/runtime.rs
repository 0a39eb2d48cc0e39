//! The threads that the core's work runs on: one runtime for the process, as Swift's own concurrency has one pool.

use crate::failure::Failure;
use crate::wait::Wait;
use posa_core::{Delivery, Error, ErrorKind};
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinError;

/// The process's runtime, made at the first call.
pub(crate) fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let make = || {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(4));
        Builder::new_multi_thread().worker_threads(threads).thread_name("posa").enable_all().build().ok()
    };
    RUNTIME.get_or_init(make).as_ref().ok_or_else(|| Error::configuration("runtime", "the runtime does not start"))
}

/// Waits for work that goes on when the waiting is given up.
pub(crate) async fn detached<T: Send + 'static>(
    wait: &Wait,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Failure> {
    if wait.is_given_up() {
        return Err(Failure::Cancelled);
    }
    let task = runtime()?.spawn(work);
    tokio::select! {
        ended = task => Ok(ended.map_err(stopped)??),
        () = wait.given_up() => Err(Failure::Cancelled),
    }
}

/// Waits for work that ends with the waiting, unless it was done by then.
pub(crate) async fn attached<T: Send + 'static>(
    wait: &Wait,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Failure> {
    let mut task = runtime()?.spawn(work);
    tokio::select! {
        ended = &mut task => return Ok(ended.map_err(stopped)??),
        () = wait.given_up() => task.abort(),
    }
    match task.await {
        Err(ended) if ended.is_cancelled() => Err(Failure::Cancelled),
        ended => Ok(ended.map_err(stopped)??),
    }
}

/// A defect of posa's: nobody can tell how far the operation came, so its outcome is unknown.
fn stopped(_: JoinError) -> Error {
    let message = "posa failed inside; the journal tells how far the operation came";
    Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
}
