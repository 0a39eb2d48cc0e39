//! Many sales at once: the package feeds a batch from its iterator and reads the rows.

use crate::call::{Call, Lost};
use crate::convert::{Failure, ToPython};
use crate::process::Process;
use crate::wait::wait;
use posa_core::batch::{Batch as Feed, Entry, Progress, Row};
use posa_core::{Activate, Error};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// A batch under way, in the process that began it.
#[pyclass(frozen, module = "posa._native")]
pub(crate) struct Batch {
    process: Arc<Process>,
    /// How far it came, once it was left. Locked only while attached to the interpreter.
    feed: Mutex<Result<Arc<Feed>, Progress>>,
    /// Held by whoever reads, until the row is taken or given back.
    reader: Arc<tokio::sync::Mutex<()>>,
}

#[pymethods]
impl Batch {
    /// Whether a sale would be taken at once.
    fn has_room(&self) -> bool {
        self.feed().as_ref().is_ok_and(|feed| feed.has_room())
    }

    /// Takes nothing more.
    fn finish(&self) {
        if let Ok(feed) = &*self.feed() {
            feed.finish();
        }
    }

    /// Takes nothing more, and nobody hears the rows that were not read.
    fn leave(&self) {
        let progress = progress(&self.feed());
        let left = std::mem::replace(&mut *self.feed(), Err(progress));
        // A child must not touch its parent's rows.
        if !self.process.is_current() {
            std::mem::forget(left);
        }
    }

    /// The next row; `None` after the last one of a finished batch.
    fn next(&self, call: &Bound<'_, Call>) -> PyResult<Py<PyAny>> {
        let (feed, reader) = (self.here()?, Arc::clone(&self.reader));
        let read = async move {
            let Some(feed) = feed else { return Ok(None) };
            let reading = Arc::new(reader.lock_owned().await);
            Ok(feed.next().await.map(|row| Read { row, feed, reading }))
        };
        wait(call, None, Read::give_back, read)
    }

    /// started, done, rejected, not_sent, unknown.
    fn progress(&self) -> (u64, u64, u64, u64, u64) {
        let Progress { started, done, rejected, not_sent, unknown } = progress(&self.feed());
        (started, done, rejected, not_sent, unknown)
    }
}

impl Batch {
    pub(crate) fn new(process: Arc<Process>, feed: Feed) -> Self {
        Self { process, feed: Mutex::new(Ok(Arc::new(feed))), reader: Arc::default() }
    }

    /// Takes a sale once a place is free.
    pub(crate) fn push(&self, call: &Bound<'_, Call>, sale: Result<Activate, Error>) -> PyResult<Py<PyAny>> {
        let feed = self.here()?;
        let push = async move {
            match feed {
                Some(feed) => feed.push(Entry::from(sale)).await.map(drop),
                None => Ok(()),
            }
        };
        wait(call, None, |_| None, push)
    }

    /// `None` once it was left.
    fn here(&self) -> PyResult<Option<Arc<Feed>>> {
        let elsewhere = "this batch was begun before a fork; begin it again under the same name";
        self.process
            .is_current()
            .then(|| self.feed().as_ref().ok().cloned())
            .ok_or_else(|| PyRuntimeError::new_err(elsewhere))
    }

    fn feed(&self) -> MutexGuard<'_, Result<Arc<Feed>, Progress>> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.leave();
    }
}

fn progress(feed: &Result<Arc<Feed>, Progress>) -> Progress {
    feed.as_ref().map_or_else(|left| *left, |feed| feed.progress())
}

/// A row that was read, and the right to read the next one.
struct Read {
    row: Row,
    feed: Arc<Feed>,
    reading: Arc<OwnedMutexGuard<()>>,
}

impl Read {
    /// A row that nobody takes is the next one again.
    fn give_back(outcome: &Result<Option<Self>, Error>) -> Option<Lost> {
        let read = outcome.as_ref().ok()?.as_ref()?;
        let (row, feed, reading) = (read.row.clone(), Arc::clone(&read.feed), Arc::clone(&read.reading));
        Some(Box::new(move || {
            feed.give_back(row);
            drop(reading);
        }))
    }
}

impl ToPython for Read {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let row = self.row;
        let id = row.request_id.as_ref().map(|id| id.as_str().to_owned());
        let card = row.card.as_ref().map(|card| card.digits().to_owned());
        let (amount, currency) =
            (row.amount.map(|amount| amount.decimal()), row.amount.map(|amount| amount.currency().code()));
        let outcome = match row.outcome {
            Ok(receipt) => receipt.to_python(py)?,
            Err(error) => Py::new(py, Failure(error))?.into_any(),
        };
        Ok((row.index, id, card, amount, currency, outcome).into_pyobject(py)?.into_any().unbind())
    }
}
