//! What the core tells while it works, kept until a Python thread takes it. The core's threads never wait for Python.

use crate::process::Process;
use posa_core::engine::{Event, EventKind};
use pyo3::prelude::*;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// Events that wait at the most; older ones give way to newer ones.
const ROOM: usize = 10_000;

/// Levels of Python's `logging`.
const DEBUG: u8 = 10;
const INFO: u8 = 20;
const WARNING: u8 = 30;
const ERROR: u8 = 40;

/// Level, name, operation, request id, card, attempt, text.
type Told = (u8, &'static str, &'static str, String, String, u32, String);

/// The events of one process.
pub(crate) struct Events {
    level: AtomicU8,
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Told>,
    lost: u32,
    stopped: bool,
}

impl Default for Events {
    fn default() -> Self {
        Self { level: AtomicU8::new(WARNING), state: Mutex::default(), news: Condvar::new() }
    }
}

impl Events {
    pub(crate) fn tell(&self, event: &Event<'_>) {
        let (level, name) = rank(event.kind);
        if level < self.level.load(Ordering::Relaxed) {
            return;
        }
        let text = text(event.kind);
        let (operation, id) = (event.operation.name(), event.request_id.as_str().to_owned());
        let told = (level, name, operation, id, event.card.to_string(), event.attempt, text);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.waiting.len() == ROOM {
            state.waiting.pop_front();
            state.lost += 1;
        }
        state.waiting.push_back(told);
        drop(state);
        self.news.notify_one();
    }

    /// Waits for events, and takes them with the number of those that were lost; `None` once stopped and empty.
    fn take(&self) -> Option<(Vec<Told>, u32)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if !state.waiting.is_empty() {
                return Some((state.waiting.drain(..).collect(), std::mem::take(&mut state.lost)));
            }
            if state.stopped {
                return None;
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn rank(kind: EventKind<'_>) -> (u8, &'static str) {
    match kind {
        EventKind::JournalCreated { .. } => (WARNING, "journal_created"),
        EventKind::Sending => (DEBUG, "sending"),
        EventKind::Retrying { .. } => (INFO, "retrying"),
        EventKind::SkewCorrected { .. } => (WARNING, "skew_corrected"),
        EventKind::KeyRenewed => (INFO, "key_renewed"),
        EventKind::Warning { .. } => (WARNING, "warning"),
        EventKind::Alarm { .. } => (ERROR, "alarm"),
        EventKind::BatchPaused { .. } => (WARNING, "batch_paused"),
        EventKind::BatchResumed => (INFO, "batch_resumed"),
        EventKind::Settled { outcome: "OUTCOME_UNKNOWN" } => (WARNING, "settled"),
        EventKind::Settled { .. } => (INFO, "settled"),
        _ => (INFO, "other"),
    }
}

fn text(kind: EventKind<'_>) -> String {
    match kind {
        EventKind::JournalCreated { path } => {
            format!("the journal {} did not exist and was created; no earlier sale is in it", path.display())
        }
        EventKind::Sending => "sending".to_owned(),
        EventKind::Retrying { after, because } => format!("again after {} ms: {because}", after.as_millis()),
        EventKind::SkewCorrected { seconds } => {
            format!("this machine's clock is {seconds} s behind the gateway's; set it right")
        }
        EventKind::KeyRenewed => "the key was read again".to_owned(),
        EventKind::Warning { what } => what.to_owned(),
        EventKind::Alarm { what } => format!("the answer contradicts the request: {what}"),
        EventKind::BatchPaused { because } => format!("the batch waits: {because}"),
        EventKind::BatchResumed => "the batch goes on".to_owned(),
        EventKind::Settled { outcome } => outcome.to_owned(),
        _ => String::new(),
    }
}

/// Waits for events and returns them, with the number of those that were lost; `None` after `stop_events`.
#[pyfunction]
pub(crate) fn next_events(py: Python<'_>) -> PyResult<Option<(Vec<Told>, u32)>> {
    let process = Process::current(py)?;
    Ok(py.detach(|| process.events.take()))
}

/// Events under this level of Python's `logging` are not kept.
#[pyfunction]
pub(crate) fn set_log_level(py: Python<'_>, level: u8) -> PyResult<()> {
    Process::current(py)?.events.level.store(level, Ordering::Relaxed);
    Ok(())
}

/// Ends `next_events` once it has returned what is there.
#[pyfunction]
pub(crate) fn stop_events(py: Python<'_>) -> PyResult<()> {
    let process = Process::current(py)?;
    process.events.state.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
    process.events.news.notify_all();
    Ok(())
}
