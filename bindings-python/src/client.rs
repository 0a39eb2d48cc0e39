//! One verb of the core after the other: take Python's values, call, give the outcome back.

use crate::batch::Batch;
use crate::call::{Call, Stake};
use crate::convert::{Count, Seconds, Text, ToPython, named};
use crate::live::{Live, Own};
use crate::reconcile::{Register, Written};
use crate::sale::{Details, Sale, Valid};
use crate::settings::{Given, Settings};
use crate::wait::wait;
use jiff::{SignedDuration, Timestamp};
use posa_core::batch::BatchOptions;
use posa_core::journal::{Filter, Transaction};
use posa_core::recovery::{Period, Recover, Unfinished};
use posa_core::{Activate, CardNumber, Client, Deactivate, Error, RequestId, StatusCheck};
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
        call: &Bound<'_, Call>,
        card_number: &Bound<'_, PyAny>,
        amount: Text,
        currency: &Bound<'_, PyAny>,
        request_id: &Bound<'_, PyAny>,
        details: Option<Details<'_>>,
        own: Option<Own<'_>>,
    ) -> PyResult<Py<PyAny>> {
        let sale = Sale::extract(card_number, amount, currency, request_id, details)?.build(self.settings.partner());
        self.settle(call, own, sale, with_id, |client, sale| async move { client.activate(sale).await })
    }

    #[expect(clippy::too_many_arguments, reason = "as for activate")]
    fn adopt(
        &self,
        call: &Bound<'_, Call>,
        card_number: &Bound<'_, PyAny>,
        amount: Text,
        currency: &Bound<'_, PyAny>,
        request_id: &Bound<'_, PyAny>,
        details: Option<Details<'_>>,
        own: Option<Own<'_>>,
    ) -> PyResult<Py<PyAny>> {
        named::<Text>("request_id", request_id)?;
        let sale = Sale::extract(card_number, amount, currency, request_id, details)?.build(self.settings.partner());
        self.settle(call, own, sale, with_id, |client, sale| async move { client.adopt(sale).await })
    }

    fn deactivate(
        &self,
        call: &Bound<'_, Call>,
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
            let id = RequestId::new(&request_id, self.settings.partner())?;
            let reversal = Deactivate::new(id.clone(), card.clone());
            let reversal =
                external_reference.map_or(Ok(reversal.clone()), |text| reversal.external_reference(&text))?;
            Ok((reversal, Stake { id, card: Some(card) }))
        };
        self.settle(
            call,
            own,
            reversal(),
            |_, given| Ok(given),
            |client, reversal| async move { client.deactivate(reversal).await },
        )
    }

    fn status(
        &self,
        call: &Bound<'_, Call>,
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
        self.call(call, own, check(), |client, check| async move { client.status(check).await })
    }

    fn resolve(&self, call: &Bound<'_, Call>, request_id: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let id = RequestId::recorded(&named::<Text>("request_id", request_id)?);
        self.settle(call, None, id, of_id, |client, id| async move { client.resolve(&id).await })
    }

    fn void(&self, call: &Bound<'_, Call>, request_id: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let id = RequestId::recorded(&named::<Text>("request_id", request_id)?);
        self.settle(call, None, id, of_id, |client, id| async move { client.void(&id).await })
    }

    fn recover(
        &self,
        call: &Bound<'_, Call>,
        void: bool,
        void_older_than: &Bound<'_, PyAny>,
        leave_older_than: &Bound<'_, PyAny>,
        concurrency: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let Count(concurrency) = named("concurrency", concurrency)?;
        let (void_older, leave_older): (Option<Seconds>, Option<Seconds>) =
            (named("void_older_than", void_older_than)?, named("leave_older_than", leave_older_than)?);
        let none = || Error::invalid("concurrency", "concurrency is 0, so nothing would be recovered; give 1 or more");
        // More than a signed duration holds is longer ago than anything was asked for.
        let age = |Seconds(age)| SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
        let how = || {
            let unfinished = Unfinished::chosen(void, void_older.map(age), leave_older.map(age))?;
            let concurrency = NonZeroUsize::new(concurrency as usize).ok_or_else(none)?;
            Ok(Recover { unfinished, concurrency })
        };
        self.call(call, None, how(), |client, how| async move { client.recover(how).await })
    }

    fn transaction(&self, call: &Bound<'_, Call>, request_id: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let id = RequestId::recorded(&named::<Text>("request_id", request_id)?);
        self.call(call, None, id, |client, id| async move { client.transaction(&id).await })
    }

    fn history(&self, call: &Bound<'_, Call>, request_id: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let id = RequestId::recorded(&named::<Text>("request_id", request_id)?);
        self.call(call, None, id, |client, id| async move { client.history(&id).await })
    }

    fn untold(&self, call: &Bound<'_, Call>) -> PyResult<Py<PyAny>> {
        self.call(call, None, Ok(()), |client, ()| async move { client.untold().await })
    }

    /// `version` is that of the sale that was seen.
    fn acknowledge(&self, call: &Bound<'_, Call>, request_id: &Bound<'_, PyAny>, version: u64) -> PyResult<Py<PyAny>> {
        let id = RequestId::recorded(&named::<Text>("request_id", request_id)?);
        self.call(call, None, id, move |client, id| async move {
            match client.transaction(&id).await? {
                Some(known) => client.acknowledge(&Transaction { fence: version, ..known }).await,
                None => Ok(()),
            }
        })
    }

    /// Times are nanoseconds since 1970; `after` is the start and the id of the last sale of the page before.
    #[expect(clippy::too_many_arguments, reason = "one for each member of the filter")]
    fn transactions(
        &self,
        call: &Bound<'_, Call>,
        open: bool,
        untold: bool,
        from_: Option<i128>,
        to: Option<i128>,
        after: Option<(i128, Text)>,
        limit: Option<Count>,
    ) -> PyResult<Py<PyAny>> {
        let filter = || {
            let after = after.map(|(at, id)| Ok::<_, Error>((time(at)?, RequestId::recorded(&id)?)));
            Ok(Filter {
                open,
                untold,
                from: from_.map(time).transpose()?,
                to: to.map(time).transpose()?,
                after: after.transpose()?,
                limit: limit.map(|Count(limit)| limit as usize),
                ..Filter::default()
            })
        };
        self.call(call, None, filter(), |client, filter| async move { client.transactions(&filter).await })
    }

    /// Begins a batch, or returns what is wrong.
    fn batch(
        &self,
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        concurrency: &Bound<'_, PyAny>,
        patience: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let (name, Count(concurrency)): (Text, _) = (named("name", name)?, named("concurrency", concurrency)?);
        let Seconds(patience) = named("patience", patience)?;
        let none = || Error::invalid("concurrency", "concurrency is 0, so nothing would be sold; give 1 or more");
        let concurrency = NonZeroUsize::new(concurrency as usize).ok_or_else(none);
        match self.live(py)?.and_then(|live| Ok((live, concurrency?))) {
            Ok((live, concurrency)) => {
                let feed = live.client.batch(&name, BatchOptions { concurrency, patience });
                Ok(Py::new(py, Batch::new(Arc::clone(&live.process), feed))?.into_any())
            }
            Err(error) => Err::<(), _>(error).to_python(py),
        }
    }

    /// Feeds a batch of this client with a sale; waits until a place is free.
    #[expect(clippy::too_many_arguments, reason = "as for activate")]
    fn push(
        &self,
        call: &Bound<'_, Call>,
        batch: &Batch,
        card_number: &Bound<'_, PyAny>,
        amount: Text,
        currency: &Bound<'_, PyAny>,
        request_id: &Bound<'_, PyAny>,
        details: Option<Details<'_>>,
    ) -> PyResult<Py<PyAny>> {
        let sale = Sale::extract(card_number, amount, currency, request_id, details)?;
        batch.push(call, sale.build(self.settings.partner()).map(|valid| valid.sale))
    }

    /// Times are nanoseconds since 1970.
    fn reconcile(
        &self,
        call: &Bound<'_, Call>,
        from_: i128,
        to: i128,
        register: Option<Register>,
    ) -> PyResult<Py<PyAny>> {
        let period = time(from_).and_then(|from| Period::new(from, time(to)?));
        self.call(call, None, period, |client, period| async move {
            let stopped = |_| Error::configuration("runtime", "the runtime was shut down");
            let register = match register {
                Some(register) => Some(spawn_blocking(|| register.read()).await.map_err(stopped)??),
                None => None,
            };
            Written::new(&client.reconcile(period, register).await?)
        })
    }

    /// Copies the journal to a new file.
    fn backup(&self, call: &Bound<'_, Call>, to: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let to: PathBuf = named("path", to)?;
        self.call(call, None, Ok(to), |client, to| async move { client.backup(&to).await })
    }

    /// Takes no further calls, waits for those under way, and closes the journal.
    fn close(&self, call: &Bound<'_, Call>) -> PyResult<Py<PyAny>> {
        self.closed.store(true, Ordering::SeqCst);
        let live = self.here();
        wait(call, None, |_| None, async move {
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

/// Has a sale begin with an id that is known whatever becomes of the waiting.
fn with_id(client: &Client, Valid { sale, id, card }: Valid) -> Result<(Activate, Stake), Error> {
    let id = id.map_or_else(|| client.new_request_id(), Ok)?;
    Ok((sale.request_id(id.clone()), Stake { id, card: Some(card) }))
}

fn of_id(_: &Client, id: RequestId) -> Result<(RequestId, Stake), Error> {
    let stake = Stake { id: id.clone(), card: None };
    Ok((id, stake))
}

fn time(nanoseconds: i128) -> Result<Timestamp, Error> {
    Timestamp::from_nanosecond(nanoseconds).map_err(|_| Error::invalid("time", "a time is beyond the year 9999"))
}
