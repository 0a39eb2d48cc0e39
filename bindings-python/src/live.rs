//! A client's life: made in each process that uses it, called, and closed.

use crate::call::{Call, Lost, Stake};
use crate::client::Core;
use crate::convert::{Count, Seconds, ToPython, named};
use crate::handed::Handed;
use crate::process::{self, Process};
use crate::wait::wait;
use posa_core::engine::Times;
use posa_core::{Client, Error, RequestId};
use pyo3::prelude::*;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// What belongs to one process.
pub(crate) struct Live {
    pub(crate) process: Arc<Process>,
    pub(crate) client: Client,
    /// Whoever waits, and what is noted for those who went away: `close` waits for them before it closes the journal.
    calls: process::Count,
    /// Outcomes of sales that are there, until whoever waited takes them.
    handed: Handed,
}

/// deadline, attempt_timeout, attempts
pub(crate) type Own<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>);

impl Core {
    /// Calls the client of this process with a value that is valid, or returns what is wrong with it.
    pub(crate) fn call<V, T, F>(
        &self,
        call: &Bound<'_, Call>,
        own: Option<Own<'_>>,
        value: Result<V, Error>,
        verb: impl FnOnce(Client, V) -> F,
    ) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: ToPython + Send + 'static,
    {
        self.run(call, own, value, |_, value| Ok((value, None)), verb)
    }

    /// As [`call`](Self::call), about the sale that `stake` names: whoever stops waiting for it is told so, and the
    /// journal is told if its outcome was not heard.
    pub(crate) fn settle<V, W, T, F>(
        &self,
        call: &Bound<'_, Call>,
        own: Option<Own<'_>>,
        value: Result<V, Error>,
        stake: impl FnOnce(&Client, V) -> Result<(W, Stake), Error>,
        verb: impl FnOnce(Client, W) -> F,
    ) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: ToPython + Send + 'static,
    {
        let stake = |client: &Client, value| stake(client, value).map(|(value, stake)| (value, Some(stake)));
        self.run(call, own, value, stake, verb)
    }

    fn run<V, W, T, F>(
        &self,
        call: &Bound<'_, Call>,
        own: Option<Own<'_>>,
        value: Result<V, Error>,
        stake: impl FnOnce(&Client, V) -> Result<(W, Option<Stake>), Error>,
        verb: impl FnOnce(Client, W) -> F,
    ) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: ToPython + Send + 'static,
    {
        let times = own.map(times).transpose()?;
        let live = self.live(call.py())?;
        let ready = value.and_then(|value| {
            let live = live?;
            // Counted before the look, so that `close` either waits for it or has it refused.
            let counted = live.calls.enter();
            if self.closed.load(Ordering::SeqCst) {
                return Err(closed());
            }
            let client = times.map_or_else(|| Ok(live.client.clone()), |times| live.client.with_times(times))?;
            let (value, stake) = stake(&client, value)?;
            let id = stake.as_ref().map(|stake| stake.id.clone());
            // It outlives the operation, whose end tells the core that nobody waits.
            let lost = move || {
                let lost = id.map(|id| live.unheard(id));
                drop(counted);
                lost
            };
            Ok((stake, lost, verb(client, value)))
        });
        match ready {
            Err(error) => wait(call, None, |_| None, async { Err::<(), _>(error) }),
            Ok((stake, lost, operation)) => wait(call, stake, |_| lost(), operation),
        }
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
        Ok(self.settings.client(Arc::clone(&process.events)).map(|client| {
            let (calls, handed) = Default::default();
            let made = Arc::new(Live { process, client, calls, handed });
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

fn times((deadline, attempt_timeout, attempts): Own<'_>) -> PyResult<Times> {
    let seconds = |Seconds(time)| time;
    Ok(Times {
        deadline: named::<Option<_>>("deadline", &deadline)?.map(seconds),
        attempt_timeout: named::<Option<_>>("attempt_timeout", &attempt_timeout)?.map(seconds),
        attempts: named::<Option<_>>("attempts", &attempts)?.map(|Count(attempts)| attempts),
    })
}

fn closed() -> Error {
    Error::configuration("client", "the client is closed; make another")
}

impl Live {
    /// The outcome of a sale is there: what is done if nobody takes it.
    fn unheard(self: Arc<Self>, id: RequestId) -> Lost {
        let in_hand = self.handed.enter(id);
        Box::new(move || {
            let (counted, client) = (self.calls.enter(), self.client.clone());
            self.process.runtime.spawn(async move {
                let _counted = counted;
                // A journal that fails here lists one outcome too few, which changes nothing of the sale.
                let _ = client.unheard(&in_hand.id).await;
            });
        })
    }

    /// Waits for what is under way, then closes the journal that all of it shares.
    pub(crate) async fn close(&self) {
        self.client.retire().await;
        self.calls.idle().await;
        for id in self.handed.left().await {
            let _ = self.client.unheard(&id).await;
        }
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
