//! One verb of the core after the other: take Python's values, call, give the outcome back.

use crate::convert::{Count, Seconds, Text, ToPython, named};
use crate::process::{self, Process};
use crate::settings::{Given, Settings, Shared, Times};
use crate::sources::Source;
use crate::wait::{Waiter, block, wait};
use jiff::Timestamp;
use posa_core::journal::Filter;
use posa_core::recovery::Recover;
use posa_core::{Activate, Amount, CardNumber, Client, Deactivate, Error, RequestId, StatusCheck};
use pyo3::prelude::*;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A client as the package holds it. It opens itself again in a forked child.
#[pyclass(frozen, weakref, module = "posa._native")]
pub(crate) struct Core {
    settings: Arc<Settings>,
    /// Locked only while attached to the interpreter, so that a fork never finds it locked.
    live: Mutex<Option<Arc<Live>>>,
    closed: AtomicBool,
}

/// What belongs to one process.
struct Live {
    process: Arc<Process>,
    shared: Shared,
    client: Client,
    /// Operations of clients made for one call.
    single: process::Count,
}

/// deadline, attempt_timeout, attempts
type Own<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>);
/// source, program_id, product_type, external_reference
type Details<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>);

#[pymethods]
impl Core {
    /// Checks the settings and opens the journal; returns a failure where something is wrong.
    #[staticmethod]
    fn open(py: Python<'_>, settings: Given) -> PyResult<Py<PyAny>> {
        let settings = match Settings::new(settings) {
            Ok(settings) => Arc::new(settings),
            Err(error) => return Err::<(), _>(error).to_python(py),
        };
        let core = Self { settings, live: Mutex::new(None), closed: AtomicBool::new(false) };
        match core.live(py)? {
            Ok(_) => Ok(Py::new(py, core)?.into_any()),
            Err(error) => Err::<(), _>(error).to_python(py),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "positions, not names, keep a call quick")]
    fn activate(
        &self,
        py: Python<'_>,
        waiter: Waiter,
        card_number: &Bound<'_, PyAny>,
        amount: Text,
        currency: &Bound<'_, PyAny>,
        request_id: &Bound<'_, PyAny>,
        details: Option<Details<'_>>,
        own: Option<Own<'_>>,
    ) -> PyResult<Py<PyAny>> {
        let partner = self.settings.partner();
        let card_number: Text = named("card_number", card_number)?;
        let currency: Text = named("currency", currency)?;
        let request_id: Option<Text> = named("request_id", request_id)?;
        let details = details.map(|(source, program, product, reference)| {
            Ok::<_, PyErr>((
                named::<Option<Source>>("source", &source)?,
                named::<Option<Text>>("program_id", &program)?,
                named::<Option<Text>>("product_type", &product)?,
                named::<Option<Text>>("external_reference", &reference)?,
            ))
        });
        let details = details.transpose()?;
        let sale = || {
            let mut sale = Activate::new(CardNumber::new(&card_number)?, Amount::new(&amount, currency.parse()?)?);
            if let Some(id) = request_id {
                sale = sale.request_id(RequestId::new(&id, partner)?);
            }
            let Some((source, program, product, reference)) = details else { return Ok(sale) };
            if let Some(source) = source {
                sale = sale.source(source.build()?);
            }
            if let Some(program) = program {
                sale = sale.program_id(&program)?;
            }
            if let Some(product) = product {
                sale = sale.product_type(&product)?;
            }
            if let Some(reference) = reference {
                sale = sale.external_reference(&reference)?;
            }
            Ok(sale)
        };
        self.call(py, waiter, own, sale(), |client, sale| async move { client.activate(sale).await })
    }

    fn deactivate(
        &self,
        py: Python<'_>,
        waiter: Waiter,
        card_number: &Bound<'_, PyAny>,
        request_id: &Bound<'_, PyAny>,
        external_reference: &Bound<'_, PyAny>,
        own: Option<Own<'_>>,
    ) -> PyResult<Py<PyAny>> {
        let card_number: Text = named("card_number", card_number)?;
        let request_id: Text = named("request_id", request_id)?;
        let external_reference: Option<Text> = named("external_reference", external_reference)?;
        let reversal = || {
            let card = CardNumber::new(&card_number)?;
            let reversal = Deactivate::new(RequestId::new(&request_id, self.settings.partner())?, card);
            external_reference.map_or(Ok(reversal.clone()), |text| reversal.external_reference(&text))
        };
        self.call(py, waiter, own, reversal(), |client, reversal| async move { client.deactivate(reversal).await })
    }

    fn status(
        &self,
        py: Python<'_>,
        waiter: Waiter,
        card_number: &Bound<'_, PyAny>,
        request_id: &Bound<'_, PyAny>,
        external_reference: &Bound<'_, PyAny>,
        own: Option<Own<'_>>,
    ) -> PyResult<Py<PyAny>> {
        let card_number: Text = named("card_number", card_number)?;
        let request_id: Text = named("request_id", request_id)?;
        let external_reference: Option<Text> = named("external_reference", external_reference)?;
        let check = || {
            let card = CardNumber::new(&card_number)?;
            let check = StatusCheck::new(RequestId::new(&request_id, self.settings.partner())?, card);
            external_reference.map_or(Ok(check.clone()), |text| check.external_reference(&text))
        };
        self.call(py, waiter, own, check(), |client, check| async move { client.status(check).await })
    }

    fn resolve(&self, py: Python<'_>, waiter: Waiter, request_id: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let id = RequestId::recorded(&named::<Text>("request_id", request_id)?);
        self.call(py, waiter, None, id, |client, id| async move { client.resolve(&id).await })
    }

    fn void(&self, py: Python<'_>, waiter: Waiter, request_id: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let id = RequestId::recorded(&named::<Text>("request_id", request_id)?);
        self.call(py, waiter, None, id, |client, id| async move { client.void(&id).await })
    }

    fn recover(
        &self,
        py: Python<'_>,
        waiter: Waiter,
        void: bool,
        concurrency: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let Count(concurrency) = named("concurrency", concurrency)?;
        let none = || Error::invalid("concurrency", "concurrency is 0, so nothing would be recovered; give 1 or more");
        let how =
            NonZeroUsize::new(concurrency as usize).map(|concurrency| Recover { void, concurrency }).ok_or_else(none);
        self.call(py, waiter, None, how, |client, how| async move { client.recover(how).await })
    }

    fn transaction(&self, py: Python<'_>, waiter: Waiter, request_id: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let id = RequestId::recorded(&named::<Text>("request_id", request_id)?);
        self.call(py, waiter, None, id, |client, id| async move { client.transaction(&id).await })
    }

    /// Times are nanoseconds since 1970; `after` is the start and the id of the last sale of the page before.
    #[expect(clippy::too_many_arguments, reason = "one for each member of the filter")]
    fn transactions(
        &self,
        py: Python<'_>,
        waiter: Waiter,
        open: bool,
        from_: Option<i128>,
        to: Option<i128>,
        after: Option<(i128, Text)>,
        limit: Option<Count>,
    ) -> PyResult<Py<PyAny>> {
        let time = |at: i128| {
            Timestamp::from_nanosecond(at).map_err(|_| Error::invalid("time", "a time is beyond the year 9999"))
        };
        let filter = || {
            let after = after.map(|(at, id)| Ok::<_, Error>((time(at)?, RequestId::recorded(&id)?)));
            Ok(Filter {
                open,
                from: from_.map(time).transpose()?,
                to: to.map(time).transpose()?,
                after: after.transpose()?,
                limit: limit.map(|Count(limit)| limit as usize),
            })
        };
        self.call(py, waiter, None, filter(), |client, filter| async move { client.transactions(&filter).await })
    }

    /// Takes no further calls and waits for those under way.
    fn close(&self, py: Python<'_>, waiter: Waiter) -> PyResult<Py<PyAny>> {
        self.closed.store(true, Ordering::SeqCst);
        let live = self.here();
        wait(py, waiter, async move {
            if let Some(live) = live {
                live.close().await;
            }
            Ok(())
        })
    }

    /// As `close`, without waiting: `finish` does, for all clients together.
    fn retire(&self) {
        self.closed.store(true, Ordering::SeqCst);
        if let Some(live) = self.here() {
            live.retire();
        }
    }
}

impl Core {
    /// Calls the client of this process with a value that is valid, or returns what is wrong with it.
    fn call<V, T, F>(
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
    fn here(&self) -> Option<Arc<Live>> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.clone().filter(|live| live.process.is_current())
    }

    /// What this process has, opened at its first call.
    fn live(&self, py: Python<'_>) -> PyResult<Result<Arc<Live>, Error>> {
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
    async fn close(&self) {
        self.client.close().await;
        self.single.idle().await;
    }

    fn retire(self: Arc<Self>) {
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
