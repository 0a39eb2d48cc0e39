//! The two ways to wait for the core: this thread sleeps, or an event loop goes on with other work.

use crate::convert::ToPython;
use crate::mailbox::Mailbox;
use crate::process::Process;
use posa_core::Error;
use pyo3::prelude::*;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Who waits: `None` for the calling thread, or an event loop's mailbox and the future in it to complete.
pub(crate) type Waiter = Option<(Py<Mailbox>, Py<PyAny>)>;

/// How long a thread sleeps before it looks for signals, so that Ctrl-C is heard.
const LOOK: Duration = Duration::from_millis(50);

/// Runs `operation` to its end for `waiter`. A mailbox gets its outcome later; `None` is returned then.
pub(crate) fn wait<F, T>(py: Python<'_>, waiter: Waiter, operation: F) -> PyResult<Py<PyAny>>
where
    F: Future<Output = Result<T, Error>> + Send + 'static,
    T: ToPython + Send + 'static,
{
    let process = Process::current(py)?;
    let Some((mailbox, future)) = waiter else { return block(py, &process, operation)?.to_python(py) };
    let mailbox = mailbox.get().sender();
    process.runtime.spawn(async move {
        let outcome = operation.await;
        mailbox.deliver(future, Box::new(move |py| outcome.to_python(py)));
    });
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
