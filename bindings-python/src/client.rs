//! One verb of the core after the other: take Python's values, call, give the outcome back.

use crate::batch::Batch;
use crate::convert::{Count, Text, ToPython, named};
use crate::live::{Live, Own};
use crate::reconcile::{Register, Written};
use crate::sale::{Details, Sale};
use crate::settings::{Given, Settings};
use crate::wait::{Waiter, wait};
use jiff::Timestamp;
use posa_core::batch::BatchOptions;
use posa_core::journal::Filter;
use posa_core::recovery::{Period, Recover, Unfinished};
use posa_core::{CardNumber, Deactivate, Error, RequestId, StatusCheck};
use pyo3::prelude::*;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::task::spawn_blocking;

/// A client as the package holds it. In a forked child it has connections and a journal of its own.
#[pyclass(frozen, weakref, module = "posa._native")]
pub(crate) struct Core {
    pub(crate) settings: Arc<Settings>,
    /// Locked only while attached to the interpreter, so that a fork never finds it locked.
    pub(crate) live: Mutex<Option<Arc<Live>>>,
    pub(crate) closed: AtomicBool,
}

#[pymethods]
impl Core {
    /// Checks the settings and opens nothing; returns a failure where something is wrong.
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
        let sale = Sale::extract(card_number, amount, currency, request_id, details)?.build(self.settings.partner());
        self.call(py, waiter, own, sale, |client, sale| async move { client.activate(sale).await })
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
        let unfinished = if void { Unfinished::Void } else { Unfinished::Complete };
        let how = NonZeroUsize::new(concurrency as usize)
            .map(|concurrency| Recover { unfinished, concurrency })
            .ok_or_else(none);
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
        let filter = || {
            let after = after.map(|(at, id)| Ok::<_, Error>((time(at)?, RequestId::recorded(&id)?)));
            Ok(Filter {
                open,
                from: from_.map(time).transpose()?,
                to: to.map(time).transpose()?,
                after: after.transpose()?,
                limit: limit.map(|Count(limit)| limit as usize),
                ..Filter::default()
            })
        };
        self.call(py, waiter, None, filter(), |client, filter| async move { client.transactions(&filter).await })
    }

    /// Begins a batch, or returns what is wrong.
    fn batch(&self, py: Python<'_>, name: &Bound<'_, PyAny>, concurrency: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let (name, Count(concurrency)): (Text, _) = (named("name", name)?, named("concurrency", concurrency)?);
        let none = || Error::invalid("concurrency", "concurrency is 0, so nothing would be sold; give 1 or more");
        let concurrency = NonZeroUsize::new(concurrency as usize).ok_or_else(none);
        match self.live(py)?.and_then(|live| Ok((live, concurrency?))) {
            Ok((live, concurrency)) => {
                let feed = Arc::new(live.client.batch(&name, BatchOptions { concurrency, ..BatchOptions::default() }));
                Ok(Py::new(py, Batch { process: Arc::clone(&live.process), feed })?.into_any())
            }
            Err(error) => Err::<(), _>(error).to_python(py),
        }
    }

    /// Feeds a batch of this client with a sale; waits until a place is free.
    #[expect(clippy::too_many_arguments, reason = "as for activate")]
    fn push(
        &self,
        py: Python<'_>,
        waiter: Waiter,
        batch: &Batch,
        card_number: &Bound<'_, PyAny>,
        amount: Text,
        currency: &Bound<'_, PyAny>,
        request_id: &Bound<'_, PyAny>,
        details: Option<Details<'_>>,
    ) -> PyResult<Py<PyAny>> {
        let sale = Sale::extract(card_number, amount, currency, request_id, details)?;
        batch.push(py, waiter, sale.build(self.settings.partner()))
    }

    /// Times are nanoseconds since 1970.
    fn reconcile(
        &self,
        py: Python<'_>,
        waiter: Waiter,
        from_: i128,
        to: i128,
        register: Option<Register>,
    ) -> PyResult<Py<PyAny>> {
        let period = time(from_).and_then(|from| Period::new(from, time(to)?));
        self.call(py, waiter, None, period, |client, period| async move {
            let stopped = |_| Error::configuration("runtime", "the runtime was shut down");
            let register = match register {
                Some(register) => Some(spawn_blocking(|| register.read()).await.map_err(stopped)??),
                None => None,
            };
            Written::new(&client.reconcile(period, register).await?)
        })
    }

    /// Copies the journal to a new file.
    fn backup(&self, py: Python<'_>, waiter: Waiter, to: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let to: PathBuf = named("path", to)?;
        self.call(py, waiter, None, Ok(to), |client, to| async move { client.backup(&to).await })
    }

    /// Takes no further calls, waits for those under way, and closes the journal.
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

fn time(nanoseconds: i128) -> Result<Timestamp, Error> {
    Timestamp::from_nanosecond(nanoseconds).map_err(|_| Error::invalid("time", "a time is beyond the year 9999"))
}
