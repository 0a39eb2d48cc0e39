//! A client's life: opened in each process that uses it, called, and closed.

use crate::client::Core;
use crate::convert::{Count, Seconds, ToPython, named};
use crate::process::{self, Process};
use crate::settings::{Shared, Times};
use crate::wait::{Waiter, block, wait};
use posa_core::{Client, Error};
use pyo3::prelude::*;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// What belongs to one process.
pub(crate) struct Live {
    pub(crate) process: Arc<Process>,
    shared: Shared,
    pub(crate) client: Client,
    /// Operations of clients made for one call.
    single: process::Count,
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
            let client = match own {
                None => live.client.clone(),
                Some(_) if self.closed.load(Ordering::SeqCst) => return Err(closed()),
                Some(times) => live.shared.client(times)?,
            };
            Ok((live, verb(client, value)))
        });
        match (ready, own) {
            (Err(error), _) => wait(py, waiter, async { Err::<(), _>(error) }),
            (Ok((_, operation)), None) => wait(py, waiter, operation),
            (Ok((live, operation)), Some(_)) => {
                // A client made for one call is gone with it; `close` waits for the call all the same.
                let counted = live.single.enter();
                let task = live.process.runtime.spawn(async move {
                    let _counted = counted;
                    operation.await
                });
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

    /// What this process has, opened at its first call.
    pub(crate) fn live(&self, py: Python<'_>) -> PyResult<Result<Arc<Live>, Error>> {
        if let Some(live) = self.here() {
            return Ok(Ok(live));
        }
        if self.closed.load(Ordering::SeqCst) {
            return Ok(Err(closed()));
        }
        let process = Process::current(py)?;
        let (settings, events) = (Arc::clone(&self.settings), Arc::clone(&process.events));
        let opened = block(py, &process, async move {
            let shared = settings.open(events).await?;
            let client = shared.client(settings.times())?;
            Ok((shared, client))
        })?;
        Ok(opened.map(|(shared, client)| {
            let made = Arc::new(Live { process, shared, client, single: process::Count::default() });
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
    pub(crate) async fn close(&self) {
        self.client.close().await;
        self.single.idle().await;
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
