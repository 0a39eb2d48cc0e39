//! A client's life: made in each process that uses it, called, and closed.

use crate::client::Core;
use crate::convert::{Count, Seconds, ToPython, named};
use crate::process::{self, Process};
use crate::settings::{Shared, Times};
use crate::wait::{Waiter, wait};
use posa_core::{Client, Error};
use pyo3::prelude::*;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// What belongs to one process.
pub(crate) struct Live {
    pub(crate) process: Arc<Process>,
    shared: Shared,
    pub(crate) client: Client,
    /// Calls under way, also those of clients made for one call: `close` waits for them before it closes the journal.
    calls: process::Count,
}

/// deadline, attempt_timeout, attempts
pub(crate) type Own<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>);

impl Core {
    /// Calls the client of this process with a value that is valid, or returns what is wrong with it.
    pub(crate) fn call<V, T, F>(
        &self,
        py: Python<'_>,
        waiter: Waiter,
        own: Option<Own<'_>>,
        value: Result<V, Error>,
        verb: impl FnOnce(Client, V) -> F,
    ) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: ToPython + Send + 'static,
    {
        let own = own.map(|own| self.with(&own)).transpose()?;
        let live = self.live(py)?;
        let ready = value.and_then(|value| {
            let live = live?;
            // Counted before the look, so that `close` either waits for it or has it refused.
            let counted = live.calls.enter();
            if self.closed.load(Ordering::SeqCst) {
                return Err(closed());
            }
            let client = own.map_or_else(|| Ok(live.client.clone()), |times| live.shared.client(times))?;
            let operation = verb(client, value);
            let operation = async move {
                let _counted = counted;
                operation.await
            };
            Ok((live, operation))
        });
        match (ready, own) {
            (Err(error), _) => wait(py, waiter, async { Err::<(), _>(error) }),
            (Ok((_, operation)), None) => wait(py, waiter, operation),
            (Ok((live, operation)), Some(_)) => {
                // The core counts what a client has under way; of one that is made for this call, only this task knows.
                let task = live.process.runtime.spawn(operation);
                let stopped = |_| Error::configuration("runtime", "the runtime was shut down");
                wait(py, waiter, async move { task.await.map_err(stopped)? })
            }
        }
    }

    fn with(&self, (deadline, attempt_timeout, attempts): &Own<'_>) -> PyResult<Times> {
        let mut times = self.settings.times();
        if let Some(Seconds(deadline)) = named("deadline", deadline)? {
            times.deadline = deadline;
        }
        if let Some(Seconds(timeout)) = named("attempt_timeout", attempt_timeout)? {
            times.attempt_timeout = timeout;
        }
        if let Some(Count(attempts)) = named("attempts", attempts)? {
            times.retry.attempts = attempts;
        }
        Ok(times)
    }

    /// What this process has, if it has anything.
    pub(crate) fn here(&self) -> Option<Arc<Live>> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.clone().filter(|live| live.process.is_current())
    }

    /// What this process has, made at its first call; the journal opens with its first step.
    ///
    /// The interpreter is held while it is made, so that no fork finds it half made.
    pub(crate) fn live(&self, py: Python<'_>) -> PyResult<Result<Arc<Live>, Error>> {
        if let Some(live) = self.here() {
            return Ok(Ok(live));
        }
        if self.closed.load(Ordering::SeqCst) {
            return Ok(Err(closed()));
        }
        let process = Process::current(py)?;
        let made = self.settings.share(Arc::clone(&process.events)).and_then(|shared| {
            let client = shared.client(self.settings.times())?;
            Ok((shared, client))
        });
        Ok(made.map(|(shared, client)| {
            let made = Arc::new(Live { process, shared, client, calls: process::Count::default() });
            let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(first) = live.as_ref().filter(|live| live.process.is_current()) {
                return Arc::clone(first);
            }
            // A parent's connections and its journal must not be touched, not even to close them.
            std::mem::forget(live.replace(Arc::clone(&made)));
            made
        }))
    }
}

fn closed() -> Error {
    Error::configuration("client", "the client is closed; make another")
}

impl Live {
    /// Waits for what is under way, then closes the journal that all of it shares.
    pub(crate) async fn close(&self) {
        self.client.retire().await;
        self.calls.idle().await;
        self.client.close().await;
    }

    pub(crate) fn retire(self: Arc<Self>) {
        let counted = self.process.closing.enter();
        let process = Arc::clone(&self.process);
        process.runtime.spawn(async move {
            let _counted = counted;
            self.close().await;
        });
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let live = self.live.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        match live {
            Some(live) if live.process.is_current() => live.retire(),
            // A parent's: see `live`.
            other => std::mem::forget(other),
        }
    }
}
