//! Many sales at once: the package feeds a batch from its iterator and reads the rows.

use crate::convert::{Failure, ToPython};
use crate::process::Process;
use crate::wait::{Waiter, wait};
use posa_core::batch::{Batch as Feed, Entry, Row};
use posa_core::{Activate, Error};
use pyo3::prelude::*;
use std::sync::Arc;

/// A batch under way, in the process that began it.
#[pyclass(frozen, module = "posa._native")]
pub(crate) struct Batch {
    pub(crate) process: Arc<Process>,
    pub(crate) feed: Arc<Feed>,
}

#[pymethods]
impl Batch {
    /// Whether a sale would be taken at once.
    fn has_room(&self) -> bool {
        self.feed.has_room()
    }

    /// Takes nothing more.
    fn finish(&self) {
        self.feed.finish();
    }

    /// The next row; `None` after the last one of a finished batch.
    fn next(&self, py: Python<'_>, waiter: Waiter) -> PyResult<Py<PyAny>> {
        self.check()?;
        let feed = Arc::clone(&self.feed);
        wait(py, waiter, async move { Ok(feed.next().await) })
    }

    /// started, done, rejected, not_sent, unknown.
    fn progress(&self) -> (u64, u64, u64, u64, u64) {
        let progress = self.feed.progress();
        (progress.started, progress.done, progress.rejected, progress.not_sent, progress.unknown)
    }
}

impl Batch {
    /// Takes a sale once a place is free.
    pub(crate) fn push(&self, py: Python<'_>, waiter: Waiter, sale: Result<Activate, Error>) -> PyResult<Py<PyAny>> {
        self.check()?;
        let feed = Arc::clone(&self.feed);
        wait(py, waiter, async move { feed.push(Entry::from(sale)).await.map(drop) })
    }

    fn check(&self) -> PyResult<()> {
        let elsewhere = "this batch was begun before a fork; begin it again under the same name";
        self.process.is_current().then_some(()).ok_or_else(|| pyo3::exceptions::PyRuntimeError::new_err(elsewhere))
    }
}

impl ToPython for Row {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let id = self.request_id.as_ref().map(|id| id.as_str().to_owned());
        let card = self.card.as_ref().map(|card| card.digits().to_owned());
        let (amount, currency) =
            (self.amount.map(|amount| amount.decimal()), self.amount.map(|amount| amount.currency().code()));
        let outcome = match self.outcome {
            Ok(receipt) => receipt.to_python(py)?,
            Err(error) => Py::new(py, Failure(error))?.into_any(),
        };
        Ok((self.index, id, card, amount, currency, outcome).into_pyobject(py)?.into_any().unbind())
    }
}
