//! One call of the package's: who waits for it, and what becomes of an outcome that nobody takes.

use crate::convert::Failure;
use crate::mailbox::{Mailbox, Sender};
use posa_core::{CardNumber, Error, RequestId};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// What is done with an outcome that was handed over and that nobody took.
pub(crate) type Lost = Box<dyn FnOnce() + Send>;

/// The sale that a call is about.
pub(crate) struct Stake {
    pub(crate) id: RequestId,
    pub(crate) card: Option<CardNumber>,
}

/// A call and whoever waits for it: a thread, or an event loop's future.
#[pyclass(frozen, module = "posa._native")]
pub(crate) struct Call {
    /// The process it was made in: a child neither waits for its parent's calls nor ends them.
    process: u32,
    /// `None` if the calling thread waits.
    waiter: Option<(Py<Mailbox>, Py<PyAny>)>,
    /// Locked for moments, and never while entering the interpreter.
    standing: Mutex<Standing>,
}

#[derive(Default)]
struct Standing {
    stake: Option<Stake>,
    stage: Stage,
}

#[derive(Default)]
enum Stage {
    /// Nothing was begun.
    #[default]
    Ready,
    /// With the task that waits for the core, if it is not the calling thread.
    Waiting(Option<AbortHandle>),
    Arrived(Option<Lost>),
    Left,
}

#[pymethods]
impl Call {
    /// Without a mailbox and a future in its loop, the calling thread waits.
    #[new]
    #[pyo3(signature = (mailbox = None, future = None))]
    fn new(mailbox: Option<Py<Mailbox>>, future: Option<Py<PyAny>>) -> Self {
        Self { process: std::process::id(), waiter: mailbox.zip(future), standing: Mutex::default() }
    }

    /// The future leads to its task, and the task to this call.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some((mailbox, future)) = &self.waiter {
            visit.call(mailbox)?;
            visit.call(future)?;
        }
        Ok(())
    }

    /// Whoever waited goes away. The core learns it, and an outcome that is there already is given back. Returns what is
    /// to be told of the sale, if one is at stake.
    fn leave(&self) -> Option<Failure> {
        // What a child was born with is its parent's.
        if self.process != std::process::id() {
            return None;
        }
        let mut standing = self.standing();
        let (stage, stake) = (std::mem::replace(&mut standing.stage, Stage::Left), standing.stake.take());
        drop(standing);
        match stage {
            Stage::Waiting(Some(task)) => task.abort(),
            Stage::Arrived(Some(lost)) => lost(),
            Stage::Ready | Stage::Waiting(None) | Stage::Arrived(None) | Stage::Left => {}
        }
        stake.map(|sale| Failure(Error::unheard(&sale.id, sale.card.as_ref())))
    }
}

impl Call {
    /// Where outcomes of calls in an event loop go.
    pub(crate) fn sender(&self) -> Option<Sender> {
        self.waiter.as_ref().map(|(mailbox, _)| mailbox.get().sender())
    }

    pub(crate) fn future(&self) -> Option<&Py<PyAny>> {
        self.waiter.as_ref().map(|(_, future)| future)
    }

    pub(crate) fn begin(&self, stake: Option<Stake>) {
        *self.standing() = Standing { stake, stage: Stage::Waiting(None) };
    }

    /// That task waits for the core.
    pub(crate) fn waits_in(&self, task: AbortHandle) {
        if let Stage::Waiting(waiting) = &mut self.standing().stage {
            *waiting = Some(task);
        }
    }

    /// The outcome is there; false if nobody waits any more.
    pub(crate) fn arrive(&self, lost: Option<Lost>) -> bool {
        let mut standing = self.standing();
        if matches!(standing.stage, Stage::Left) {
            drop(standing);
            lost.into_iter().for_each(|lost| lost());
            return false;
        }
        standing.stage = Stage::Arrived(lost);
        true
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // Whatever locks there are in a parent's may be held for ever in its child.
        if self.process != std::process::id() {
            std::mem::forget(std::mem::take(self.standing.get_mut().unwrap_or_else(PoisonError::into_inner)));
        }
    }
}
