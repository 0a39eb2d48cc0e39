//! A journal's file as the steps see it: opened when it is first needed, and closed once.

use super::check;
use super::copy;
use super::holder::Holders;
use super::life::{self, Reader};
use super::place;
use super::recent::Recent;
use super::steps::{Steps, Stop};
use super::suspicion;
use super::trouble::{failed, trouble};
use super::writer::{Kind, Writer};
use crate::error::Error;
use crate::journal::Turn;
use crate::journal::rules::bound_elsewhere;
use crate::model::{Endpoint, PartnerId};
use jiff::Timestamp;
use std::cell::Cell;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

/// When a journal's file is open, and whose it is.
pub(super) struct Life {
    name: PathBuf,
    process: u32,
    owner: OnceLock<(PartnerId, Endpoint)>,
    state: Mutex<State>,
    /// One opens it, and the others wait for that.
    opening: tokio::sync::Mutex<()>,
    created: AtomicBool,
}

enum State {
    Unopened,
    Open(Arc<File>),
    Closed,
}

/// An open file.
pub(super) struct File {
    path: PathBuf,
    writer: Writer,
    reader: Reader,
    holders: Arc<Holders>,
    damage: OnceCell<Vec<String>>,
    process: u32,
}

impl Life {
    pub(super) fn new(name: PathBuf) -> Self {
        Self {
            name,
            process: std::process::id(),
            owner: OnceLock::new(),
            state: Mutex::new(State::Unopened),
            opening: tokio::sync::Mutex::new(()),
            created: AtomicBool::new(false),
        }
    }

    pub(super) fn name(&self) -> &Path {
        &self.name
    }

    /// Whether this is who created the file.
    pub(super) fn is_new(&self) -> bool {
        self.created.load(Ordering::Relaxed)
    }

    /// The file; `None` as long as there is none.
    pub(super) async fn opened(&self) -> Result<Option<Arc<File>>, Error> {
        match self.known()? {
            Some(file) => Ok(Some(file)),
            None => self.open(false).await,
        }
    }

    /// The file, which is created where it is missing.
    pub(super) async fn created(&self) -> Result<Arc<File>, Error> {
        if let Some(file) = self.known()? {
            return Ok(file);
        }
        self.open(true).await?.ok_or_else(|| failed(&self.name, "could not be created"))
    }

    /// Opens it without a runtime.
    pub(super) fn open_now(&self) -> Result<(), Error> {
        self.keep(life::open(&self.name, true)?).map(|_| ())
    }

    /// Ties it to its owner: now, or when it is created.
    pub(super) async fn bind(&self, partner: &PartnerId, endpoint: &Endpoint) -> Result<(), Error> {
        let wanted = (partner.clone(), endpoint.clone());
        let owner = self.owner.get_or_init(|| wanted.clone());
        if (&owner.0, owner.1.url()) != (partner, endpoint.url()) {
            return Err(bound_elsewhere(owner.0.as_str(), owner.1.url(), partner, endpoint));
        }
        match self.opened().await? {
            Some(file) => file.bind(wanted).await,
            None => Ok(()),
        }
    }

    /// Lets the steps that were asked for end, and closes the file.
    pub(super) async fn close(&self) {
        let before = std::mem::replace(&mut *self.state(), State::Closed);
        if let State::Open(file) = before
            && self.is_this_process()
        {
            let _ = spawn_blocking(move || file.writer.close()).await;
        }
    }

    /// # Errors
    /// It is closed, or this process was forked from the one that made it.
    fn known(&self) -> Result<Option<Arc<File>>, Error> {
        if !self.is_this_process() {
            return Err(failed(&self.name, "was opened before this process was forked; open it again here"));
        }
        match &*self.state() {
            State::Unopened => Ok(None),
            State::Open(file) => Ok(Some(Arc::clone(file))),
            State::Closed => Err(failed(&self.name, "is closed")),
        }
    }

    async fn open(&self, create: bool) -> Result<Option<Arc<File>>, Error> {
        let _turn = self.opening.lock().await;
        if let Some(file) = self.known()? {
            return Ok(Some(file));
        }
        let name = self.name.clone();
        let open = move || match create || name.exists() {
            true => life::open(&name, create).map(Some),
            false => place::check(&name).and_then(|_| suspicion::of_a_missing(&name)).map(|()| None),
        };
        let opened = spawn_blocking(open).await.map_err(|_| failed(&self.name, "was being closed"))??;
        let Some(opened) = opened else { return Ok(None) };
        let file = self.keep(opened)?;
        if let Some(owner) = self.owner.get() {
            file.bind(owner.clone()).await?;
        }
        Ok(Some(file))
    }

    fn keep(&self, opened: life::Opened) -> Result<Arc<File>, Error> {
        let created = opened.created;
        let file = Arc::new(File::new(opened)?);
        let mut state = self.state();
        if matches!(*state, State::Closed) {
            // Closed meanwhile; what was opened is closed with the last that has it.
            return Err(failed(&self.name, "is closed"));
        }
        *state = State::Open(Arc::clone(&file));
        self.created.store(created, Ordering::Relaxed);
        Ok(file)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_this_process(&self) -> bool {
        std::process::id() == self.process
    }
}

impl File {
    fn new(opened: life::Opened) -> Result<Self, Error> {
        let (path, reader, holders) = (opened.path.clone(), Arc::clone(&opened.reader), Arc::clone(&opened.holders));
        let writer = Writer::start(opened)?;
        Ok(Self { path, writer, reader, holders, damage: OnceCell::new(), process: std::process::id() })
    }

    /// Takes a step, which is durable when this returns.
    pub(super) async fn step<T, F>(&self, kind: Kind, step: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Steps<'_, '_>) -> Result<T, Stop> + Send + 'static,
    {
        self.writer.step(&self.path, kind, step).await
    }

    async fn bind(&self, (partner, endpoint): (PartnerId, Endpoint)) -> Result<(), Error> {
        self.step(Kind::Records, move |steps| steps.bind(&partner, &endpoint)).await
    }

    pub(super) async fn turn(&self, per_second: NonZeroU32, within: Duration) -> Result<Turn, Error> {
        let now = || Timestamp::now().as_microsecond();
        self.step(Kind::Passes, move |steps| steps.turn(per_second, within, now())).await
    }

    /// Reads beside the writer, however long it takes.
    pub(super) async fn read<T, F>(&self, read: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Steps<'_, '_>) -> Result<T, Stop> + Send + 'static,
    {
        let (path, reader, holders) = (self.path.clone(), Arc::clone(&self.reader), Arc::clone(&self.holders));
        self.aside(move || {
            let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = reader.as_ref().ok_or_else(|| failed(&path, "is closed"))?;
            let (recent, added) = (Recent::default(), Cell::new(0));
            let steps = Steps { connection, holders: &holders, recent: &recent, prepared: None, added: &added };
            read(&steps).map_err(|stop| match stop {
                Stop::Refused(error) => error,
                Stop::Failed(error) => trouble(&path, &error),
            })
        })
        .await
    }

    /// What is wrong with the entries; looked at once for each opening.
    pub(super) async fn check(&self) -> Result<Vec<String>, Error> {
        let look = || {
            let path = self.path.clone();
            self.aside(move || check::damage(&path, &super::schema::reader(&path)?))
        };
        self.damage.get_or_try_init(look).await.cloned()
    }

    pub(super) async fn backup(&self, to: &Path) -> Result<(), Error> {
        let (path, to) = (self.path.clone(), to.to_owned());
        self.aside(move || copy::backup(&path, &to)).await
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        spawn_blocking(work).await.map_err(|_| failed(&self.path, "was being closed"))?
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if std::process::id() == self.process {
            self.writer.close();
        } else if let Ok(mut reader) = self.reader.try_lock() {
            // The parent's, of which nothing may be touched.
            std::mem::forget(reader.take());
        }
    }
}
