//! What a process has once: its runtime and its events. A forked child makes its own.

use crate::convert::Seconds;
use crate::events::Events;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// The state of one process, told by its id.
pub(crate) struct Process {
    pub(crate) id: u32,
    pub(crate) runtime: Runtime,
    pub(crate) events: Arc<Events>,
    /// Clients that are being closed.
    pub(crate) closing: Count,
}

/// Locked only by threads that are attached to the interpreter, which a fork waits for: a child never finds it locked.
static CURRENT: Mutex<Option<Arc<Process>>> = Mutex::new(None);

impl Process {
    /// This process's state; made at the first call, and again in a forked child.
    pub(crate) fn current(_: Python<'_>) -> PyResult<Arc<Self>> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = current.as_ref().filter(|process| process.is_current()) {
            return Ok(Arc::clone(process));
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(std::thread::available_parallelism().map_or(1, |n| n.get().min(4)))
            .thread_name("posa")
            .enable_all()
            .build()
            .map_err(|e| PyRuntimeError::new_err(format!("the runtime does not start: {e}")))?;
        let made = Self { id: std::process::id(), runtime, events: Arc::default(), closing: Count::default() };
        // A parent's runtime has no threads here: taking it down would wait for them for ever.
        std::mem::forget(current.replace(Arc::new(made)));
        current.clone().ok_or_else(|| PyRuntimeError::new_err("the runtime does not start"))
    }

    /// This process's state, if it was needed so far.
    fn existing() -> Option<Arc<Self>> {
        let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone().filter(|process| process.is_current())
    }

    /// False in a child of the process that made it.
    pub(crate) fn is_current(&self) -> bool {
        self.id == std::process::id()
    }
}

/// Waits for operations of clients that were dropped or retired, at most so many seconds; true if none is left.
#[pyfunction]
pub(crate) fn finish(py: Python<'_>, seconds: Seconds) -> bool {
    let Some(process) = Process::existing() else { return true };
    py.detach(|| {
        process.runtime.block_on(async { tokio::time::timeout(seconds.0, process.closing.idle()).await.is_ok() })
    })
}

/// How many of something there are, for those who wait for none.
#[derive(Clone, Default)]
pub(crate) struct Count(watch::Sender<usize>);

/// One of those counted, for as long as it lives.
pub(crate) struct Counted(Count);

impl Count {
    pub(crate) fn enter(&self) -> Counted {
        self.0.send_modify(|count| *count += 1);
        Counted(self.clone())
    }

    pub(crate) async fn idle(&self) {
        // Fails only when the sender is gone, which `self` holds.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}
