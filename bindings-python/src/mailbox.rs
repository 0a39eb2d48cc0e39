//! Outcomes on their way to an asyncio event loop. No thread of the runtime enters the interpreter for them: it
//! leaves the outcome here and writes one byte that wakes the loop, which then takes all that have gathered.

use crate::call::{Call, Lost};
#[cfg(not(unix))]
use pyo3::exceptions::PyNotImplementedError;
use pyo3::intern;
use pyo3::prelude::*;
#[cfg(unix)]
use std::os::{fd::AsRawFd, unix::net::UnixStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Makes the value of a call's future, in the loop's thread.
type Value = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Calls whose outcomes wait to be taken.
type Waiting = Vec<(Py<Call>, Value)>;

/// The mailbox of one event loop.
#[pyclass(frozen, module = "posa._native")]
pub(crate) struct Mailbox {
    sender: Sender,
    #[cfg(unix)]
    bell: UnixStream,
}

/// The end that the runtime's threads hold.
#[derive(Clone)]
pub(crate) struct Sender(Arc<Inner>);

struct Inner {
    waiting: Mutex<Waiting>,
    ring: Ring,
}

enum Ring {
    /// The loop watches the other end.
    #[cfg(unix)]
    Byte(UnixStream),
    /// A function that may be called from any thread, for loops that cannot watch a file descriptor.
    Call(Py<PyAny>),
}

#[pymethods]
impl Mailbox {
    /// With `ring`, a function that makes the loop call `drain`; without it, the loop has to watch `fileno`.
    #[new]
    #[pyo3(signature = (ring = None))]
    fn new(ring: Option<Py<PyAny>>) -> PyResult<Self> {
        let inner = |ring| Sender(Arc::new(Inner { waiting: Mutex::default(), ring }));
        #[cfg(unix)]
        {
            let (bell, button) = UnixStream::pair()?;
            bell.set_nonblocking(true)?;
            button.set_nonblocking(true)?;
            Ok(Self { sender: inner(ring.map_or(Ring::Byte(button), Ring::Call)), bell })
        }
        #[cfg(not(unix))]
        match ring {
            Some(ring) => Ok(Self { sender: inner(Ring::Call(ring)) }),
            None => Err(PyNotImplementedError::new_err("this system has no file descriptor to watch")),
        }
    }

    /// The file descriptor that becomes readable when outcomes have come.
    fn fileno(&self) -> PyResult<i32> {
        #[cfg(unix)]
        return Ok(self.bell.as_raw_fd());
        #[cfg(not(unix))]
        Err(PyNotImplementedError::new_err("this system has no file descriptor to watch"))
    }

    /// Completes the futures whose outcomes have come; those that were cancelled meanwhile are passed over, and whoever
    /// waited gives the outcome back.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        #[cfg(unix)]
        while matches!(std::io::Read::read(&mut &self.bell, &mut [0; 64]), Ok(1..)) {}
        let arrived = std::mem::take(&mut *self.sender.waiting());
        for (call, value) in arrived {
            let Some(future) = call.get().future().map(|future| future.bind(py)) else { continue };
            if future.call_method0(intern!(py, "done"))?.is_truthy()? {
                continue;
            }
            match value(py) {
                Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
                Err(error) => future.call_method1(intern!(py, "set_exception"), (error,))?,
            };
        }
        Ok(())
    }
}

impl Mailbox {
    pub(crate) fn sender(&self) -> Sender {
        self.sender.clone()
    }
}

impl Sender {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves an outcome, and rings if the loop has nothing waiting yet.
    pub(crate) fn deliver(&self, call: Py<Call>, lost: Option<Lost>, value: Value) {
        if !call.get().arrive(lost) {
            return;
        }
        let mut waiting = self.waiting();
        waiting.push((call, value));
        let first = waiting.len() == 1;
        drop(waiting);
        if first {
            self.ring();
        }
    }

    /// A loop that is closed hears nothing, and nobody waits in it.
    fn ring(&self) {
        match &self.0.ring {
            #[cfg(unix)]
            Ring::Byte(button) => {
                let _ = std::io::Write::write(&mut &*button, &[1]);
            }
            Ring::Call(_) => {
                let sender = self.clone();
                tokio::task::spawn_blocking(move || {
                    Python::try_attach(|py| match &sender.0.ring {
                        Ring::Call(ring) => ring.call0(py).map(drop),
                        #[cfg(unix)]
                        Ring::Byte(_) => Ok(()),
                    })
                });
            }
        }
    }
}
