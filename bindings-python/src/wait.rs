//! The two ways to wait for the core: this thread sleeps, or an event loop goes on with other work.

use crate::call::{Call, Lost, Stake};
use crate::convert::ToPython;
use crate::process::Process;
use posa_core::Error;
use pyo3::prelude::*;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a thread sleeps before it looks for signals, so that Ctrl-C is heard.
const LOOK: Duration = Duration::from_millis(50);

/// Runs `operation` to its end for whoever waits for `call`. A future in a loop gets its outcome later; `None` is
/// returned then. `lost` makes what is done with an outcome that nobody takes.
pub(crate) fn wait<F, T>(
    call: &Bound<'_, Call>,
    stake: Option<Stake>,
    lost: impl FnOnce(&Result<T, Error>) -> Option<Lost> + Send + 'static,
    operation: F,
) -> PyResult<Py<PyAny>>
where
    F: Future<Output = Result<T, Error>> + Send + 'static,
    T: ToPython + Send + 'static,
{
    let (py, this) = (call.py(), call.get());
    let process = Process::current(py)?;
    this.begin(stake);
    let Some(mailbox) = this.sender() else {
        let outcome = block(py, &process, operation)?;
        this.arrive(lost(&outcome));
        return outcome.to_python(py);
    };
    let held = call.clone().unbind();
    let task = process.runtime.spawn(async move {
        let outcome = operation.await;
        let lost = lost(&outcome);
        mailbox.deliver(held, lost, Box::new(move |py| outcome.to_python(py)));
    });
    this.waits_in(task.abort_handle());
    Ok(py.None())
}

/// Sleeps until `operation` ends or a signal's handler raises. Then the operation is dropped, which ends the waiting;
/// a sale goes on in the core's own task.
pub(crate) fn block<F: Future + Send>(py: Python<'_>, process: &Process, operation: F) -> PyResult<F::Output>
where
    F::Output: Send,
{
    let mut operation = pin!(operation);
    loop {
        if let Some(outcome) = py.detach(|| sleep(process, operation.as_mut(), LOOK)) {
            return Ok(outcome);
        }
        py.check_signals()?;
    }
}

fn sleep<F: Future>(process: &Process, mut operation: Pin<&mut F>, longest: Duration) -> Option<F::Output> {
    let _inside = process.runtime.enter();
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let until = Instant::now() + longest;
    loop {
        if let Poll::Ready(outcome) = operation.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(outcome);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
