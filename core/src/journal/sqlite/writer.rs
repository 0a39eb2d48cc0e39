//! One thread writes. What queues up while a commit is on its way to the disk shares the next one.

use super::desk::Desk;
use super::steps::{Steps, Stop};
use super::{failed, life};
use crate::error::Error;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Steps that share one commit, at most.
const GROUP: usize = 256;

pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread, which closes the file at its end.
    pub(super) fn start(opened: life::Opened) -> Result<Self, Error> {
        let (jobs, queue) = channel();
        let path = opened.path.clone();
        let desk = Desk::new(opened)?;
        let thread = thread::Builder::new()
            .name("posa-journal".into())
            .spawn(move || work(desk, &queue))
            .map_err(|e| failed(&path, &format!("no thread could be started: {e}")))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// Takes a step.
    pub(super) async fn step<T, F>(&self, path: &Path, kind: Kind, step: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Steps<'_, '_>) -> Result<T, Stop> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Step { step, kind, outcome: None, answer, runtime: Handle::try_current().ok() });
        let gone = || failed(path, "is closed");
        let sent = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|jobs| jobs.send(job));
        sent.ok_or_else(gone)?.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Takes no more steps, and waits until those that were asked for are taken and the file is closed. Blocks.
    pub(super) fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It ends by itself once the queue is empty, and it never panics.
            let _ = thread.join();
        }
    }
}

/// What a step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It begins something on behalf of a caller: if he has given up waiting, nobody would go on with it.
    Begins,
    /// It records something, whether or not somebody waits. It is durable when it is answered, as one that begins is.
    Records,
    /// A loss of power may undo it.
    Passes,
}

/// A step and whoever waits for it. It may be taken again after its commit failed.
pub(super) trait Job: Send {
    fn take(&mut self, steps: &Steps<'_, '_>) -> Result<(), rusqlite::Error>;
    fn answer(self: Box<Self>, trouble: Option<Error>);
    /// Whether a loss of power may not undo it.
    fn lasts(&self) -> bool;
    /// Where the answer is waited for, if that is a runtime.
    fn runtime(&self) -> Option<&Handle>;
}

struct Step<T, F> {
    step: F,
    kind: Kind,
    outcome: Option<Result<T, Error>>,
    answer: oneshot::Sender<Result<T, Error>>,
    runtime: Option<Handle>,
}

impl<T: Send, F: Fn(&Steps<'_, '_>) -> Result<T, Stop> + Send> Job for Step<T, F> {
    fn take(&mut self, steps: &Steps<'_, '_>) -> Result<(), rusqlite::Error> {
        if self.kind == Kind::Begins && self.answer.is_closed() {
            return Ok(());
        }
        self.outcome = Some(match (self.step)(steps) {
            Ok(value) => Ok(value),
            Err(Stop::Refused(error)) => Err(error),
            Err(Stop::Failed(error)) => return Err(error),
        });
        Ok(())
    }

    fn answer(self: Box<Self>, trouble: Option<Error>) {
        if let Some(outcome) = trouble.map(Err).or(self.outcome) {
            let _ = self.answer.send(outcome);
        }
    }

    fn lasts(&self) -> bool {
        self.kind != Kind::Passes
    }

    fn runtime(&self) -> Option<&Handle> {
        self.runtime.as_ref()
    }
}

fn work(desk: Desk, queue: &Receiver<Box<dyn Job>>) {
    write(&desk, queue);
    desk.close();
}

fn write(desk: &Desk, queue: &Receiver<Box<dyn Job>>) {
    let prepared = desk.prepared();
    let mut group = Vec::new();
    let mut crowded = false;
    while let Ok(first) = queue.recv() {
        group.push(first);
        if crowded {
            gather(&mut group, queue);
        }
        let more = || queue.try_recv().ok();
        let done = desk.take(&prepared, &mut group, GROUP, more);
        crowded = group.len() > 1;
        match done {
            Ok(()) => answer(&mut group),
            // One step's trouble is not the others': each by itself.
            Err(trouble) if trouble.is_one_steps() => {
                for job in group.drain(..) {
                    let mut alone = vec![job];
                    let outcome = desk.take(&prepared, &mut alone, 1, || None);
                    let error = outcome.err().map(|own| own.after(&trouble).into_error(desk.path()));
                    alone.into_iter().for_each(|job| job.answer(error.clone()));
                }
            }
            Err(trouble) => {
                let error = trouble.into_error(desk.path());
                group.drain(..).for_each(|job| job.answer(Some(error.clone())));
            }
        }
        desk.tidy();
    }
}

/// Tells all that they are done. Whoever waits in the same runtime is told from inside of it: to wake its tasks one by
/// one from this thread would cost more than their steps.
fn answer(group: &mut Vec<Box<dyn Job>>) {
    while let Some(runtime) = group.first().map(|job| job.runtime().cloned()) {
        let of = |runtime: Option<&Handle>| runtime.map(Handle::id);
        let there: Vec<_> = group.extract_if(.., |job| of(job.runtime()) == of(runtime.as_ref())).collect();
        let tell = |jobs: Vec<Box<dyn Job>>| jobs.into_iter().for_each(|job| job.answer(None));
        match runtime {
            Some(runtime) if there.len() > 1 => drop(runtime.spawn(async move { tell(there) })),
            _ => tell(there),
        }
    }
}

/// Callers who were answered together mostly come again together: lets them run, for as long as that brings steps.
fn gather(group: &mut Vec<Box<dyn Job>>, queue: &Receiver<Box<dyn Job>>) {
    let mut before = 0;
    while before < group.len() && group.len() < GROUP {
        before = group.len();
        thread::yield_now();
        group.extend(queue.try_iter().take(GROUP - before));
    }
}
