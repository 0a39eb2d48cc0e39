//! One thread writes. What queues up while a commit is on its way to the disk shares the next one.

use super::holder::Holders;
use super::place::SameFile;
use super::steps::{Steps, Stop};
use super::{failed, trouble};
use crate::error::Error;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Steps that share one commit, at most.
const GROUP: usize = 256;

pub(super) struct Writer {
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    process: u32,
}

impl Writer {
    pub(super) fn start(connection: Connection, file: SameFile, holders: Arc<Holders>) -> Result<Self, Error> {
        let (jobs, queue) = channel();
        let path = file.path().to_owned();
        let thread = thread::Builder::new()
            .name("posa-journal".into())
            .spawn(move || Desk { connection, file, holders }.work(&queue))
            .map_err(|e| failed(&path, &format!("no thread could be started: {e}")))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), process: std::process::id() })
    }

    /// Takes a step. It is durable when this returns, and it is taken even if nobody waits for it any more.
    pub(super) async fn step<T, F>(&self, path: &Path, step: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Steps<'_>) -> Result<T, Stop> + Send + 'static,
    {
        self.same_process(path)?;
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Step { step, outcome: None, answer, runtime: Handle::try_current().ok() });
        let gone = || failed(path, "is closed");
        self.jobs.as_ref().ok_or_else(gone)?.send(job).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// # Errors
    /// Kind `Journal` after a fork: the thread and the locks stayed with the parent.
    pub(super) fn same_process(&self, path: &Path) -> Result<(), Error> {
        if std::process::id() == self.process {
            return Ok(());
        }
        Err(failed(path, "was opened before this process was forked; open it again here"))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && std::process::id() == self.process
        {
            // It ends by itself once the queue is empty, and it never panics.
            let _ = thread.join();
        }
    }
}

/// A step and whoever waits for it. It may be taken again after its commit failed.
trait Job: Send {
    fn take(&mut self, steps: &Steps<'_>) -> Result<(), rusqlite::Error>;
    fn answer(self: Box<Self>, trouble: Option<Error>);
    /// Where the answer is waited for, if that is a runtime.
    fn runtime(&self) -> Option<&Handle>;
}

struct Step<T, F> {
    step: F,
    outcome: Option<Result<T, Error>>,
    answer: oneshot::Sender<Result<T, Error>>,
    runtime: Option<Handle>,
}

impl<T: Send, F: Fn(&Steps<'_>) -> Result<T, Stop> + Send> Job for Step<T, F> {
    fn take(&mut self, steps: &Steps<'_>) -> Result<(), rusqlite::Error> {
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

    fn runtime(&self) -> Option<&Handle> {
        self.runtime.as_ref()
    }
}

struct Desk {
    connection: Connection,
    file: SameFile,
    holders: Arc<Holders>,
}

impl Desk {
    fn work(self, queue: &Receiver<Box<dyn Job>>) {
        let mut group = Vec::new();
        let mut crowded = false;
        while let Ok(first) = queue.recv() {
            group.push(first);
            if crowded {
                gather(&mut group, queue);
            }
            let done = self.together(&mut group, queue);
            crowded = group.len() > 1;
            if done.is_ok() {
                answer(&mut group);
                continue;
            }
            // One step's trouble is not the others': each by itself.
            for mut job in group.drain(..) {
                let trouble = self.alone(&mut *job).err();
                job.answer(trouble);
            }
        }
    }

    fn together(&self, group: &mut Vec<Box<dyn Job>>, queue: &Receiver<Box<dyn Job>>) -> Result<(), Error> {
        self.transaction(|steps| {
            let mut taken = 0;
            while let Some(job) = group.get_mut(taken) {
                job.take(steps)?;
                taken += 1;
                if taken == group.len() && taken < GROUP {
                    group.extend(queue.try_recv());
                }
            }
            Ok(())
        })
    }

    fn alone(&self, job: &mut dyn Job) -> Result<(), Error> {
        self.transaction(|steps| job.take(steps))
    }

    fn transaction(&self, work: impl FnOnce(&Steps<'_>) -> Result<(), rusqlite::Error>) -> Result<(), Error> {
        self.file.check()?;
        let steps = Steps { connection: &self.connection, holders: &self.holders };
        let execute = |sql: &str| self.connection.prepare_cached(sql)?.execute([]).map(|_| ());
        let done = execute("BEGIN IMMEDIATE").and_then(|()| work(&steps)).and_then(|()| execute("COMMIT"));
        done.map_err(|e| {
            if !self.connection.is_autocommit() {
                // After a failure that SQLite could not undo, the next BEGIN fails too and says so.
                let _ = execute("ROLLBACK");
            }
            trouble(self.file.path(), &e)
        })
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
