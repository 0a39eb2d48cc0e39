//! One verb of the core after the other: take Swift's values, call, give the outcome back.

use crate::batch::Batch;
use crate::events::EventSink;
use crate::failure::Failure;
use crate::runtime::{detached, runtime};
use crate::sale::{Earlier, Sale};
use crate::settings::{Own, Settings, Shared};
use crate::signer::RemoteSigner;
use crate::values::{Confirmed, JournalRow, Recovery};
use crate::wait::Wait;
use jiff::Timestamp;
use posa_core::batch::BatchOptions;
use posa_core::journal::Filter;
use posa_core::recovery::{Recover, Unfinished};
use posa_core::{Client, Error, RequestId};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// A client as the Swift module holds it.
#[derive(uniffi::Object)]
pub struct Core {
    shared: Shared,
    client: Client,
    closed: AtomicBool,
    /// Each call holds a receiver for as long as it runs.
    calls: watch::Sender<()>,
}

/// Which sales to list. Times are nanoseconds since 1970.
#[derive(uniffi::Record)]
pub struct Which {
    pub open: bool,
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub after: Option<Place>,
    pub limit: u32,
}

/// Where a sale stands in the journal's order.
#[derive(uniffi::Record)]
pub struct Place {
    pub started_at: i64,
    pub request_id: String,
}

#[uniffi::export]
impl Core {
    /// Checks the settings and opens nothing.
    #[uniffi::constructor]
    pub fn open(settings: Settings, signer: Option<Arc<dyn RemoteSigner>>) -> Result<Arc<Self>, Failure> {
        Ok(runtime()?.block_on(Self::make(settings, signer))?)
    }

    pub async fn activate(&self, sale: Sale, own: Option<Own>, wait: Arc<Wait>) -> Result<Confirmed, Failure> {
        let sale = sale.build(&self.shared.partner)?;
        Ok(self.call(own, &wait, |client| async move { client.activate(sale).await }).await?.into())
    }

    pub async fn deactivate(&self, sale: Earlier, own: Option<Own>, wait: Arc<Wait>) -> Result<Confirmed, Failure> {
        let reversal = sale.reversal(&self.shared.partner)?;
        Ok(self.call(own, &wait, |client| async move { client.deactivate(reversal).await }).await?.into())
    }

    pub async fn status(&self, sale: Earlier, own: Option<Own>, wait: Arc<Wait>) -> Result<Confirmed, Failure> {
        let check = sale.check(&self.shared.partner)?;
        Ok(self.call(own, &wait, |client| async move { client.status(check).await }).await?.into())
    }

    pub async fn resolve(&self, request_id: String, wait: Arc<Wait>) -> Result<JournalRow, Failure> {
        let id = RequestId::recorded(&request_id)?;
        Ok(self.call(None, &wait, |client| async move { client.resolve(&id).await }).await?.into())
    }

    pub async fn void(&self, request_id: String, wait: Arc<Wait>) -> Result<JournalRow, Failure> {
        let id = RequestId::recorded(&request_id)?;
        Ok(self.call(None, &wait, |client| async move { client.void(&id).await }).await?.into())
    }

    pub async fn recover(&self, give_up: bool, concurrency: u32, wait: Arc<Wait>) -> Result<Recovery, Failure> {
        let unfinished = if give_up { Unfinished::Void } else { Unfinished::Complete };
        let how = Recover { unfinished, concurrency: many(concurrency)? };
        Ok(self.call(None, &wait, |client| async move { client.recover(how).await }).await?.into())
    }

    pub async fn transaction(&self, request_id: String, wait: Arc<Wait>) -> Result<Option<JournalRow>, Failure> {
        let id = RequestId::recorded(&request_id)?;
        let found = self.call(None, &wait, |client| async move { client.transaction(&id).await }).await?;
        Ok(found.map(Into::into))
    }

    pub async fn transactions(&self, which: Which, wait: Arc<Wait>) -> Result<Vec<JournalRow>, Failure> {
        let filter = which.filter()?;
        let rows = self.call(None, &wait, |client| async move { client.transactions(&filter).await }).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Begins a batch.
    pub fn batch(&self, name: &str, concurrency: u32) -> Result<Arc<Batch>, Failure> {
        let options = BatchOptions { concurrency: many(concurrency)?, ..BatchOptions::default() };
        self.check_open()?;
        let feed = Arc::new(self.client.batch(name, options));
        Ok(Arc::new(Batch { feed, partner: self.shared.partner.clone() }))
    }

    /// Events go to `sink` from here on.
    pub fn follow(&self, sink: Arc<dyn EventSink>) {
        self.shared.events.follow(sink);
    }

    /// Copies the journal to a new file.
    pub async fn backup(&self, path: String, wait: Arc<Wait>) -> Result<(), Failure> {
        self.call(None, &wait, |client| async move { client.backup(Path::new(&path)).await }).await
    }

    /// Takes no further calls, waits for those under way, and closes the journal that they share.
    pub async fn close(&self, wait: Arc<Wait>) -> Result<(), Failure> {
        self.closed.store(true, Ordering::SeqCst);
        let (client, calls) = (self.client.clone(), self.calls.clone());
        let ended = async move {
            client.retire().await;
            calls.closed().await;
            client.close().await;
            Ok(())
        };
        detached(&wait, ended).await
    }
}

/// As [`Core::open`], without blocking.
#[uniffi::export]
pub async fn open_core(
    settings: Settings,
    signer: Option<Arc<dyn RemoteSigner>>,
    wait: Arc<Wait>,
) -> Result<Arc<Core>, Failure> {
    detached(&wait, Core::make(settings, signer)).await
}

impl Core {
    async fn make(settings: Settings, signer: Option<Arc<dyn RemoteSigner>>) -> Result<Arc<Self>, Error> {
        let shared = Shared::open(settings, signer).await?;
        let client = shared.client(None)?;
        let (closed, calls) = (AtomicBool::new(false), watch::Sender::new(()));
        Ok(Arc::new(Self { shared, client, closed, calls }))
    }

    /// Calls the client, or one with times of the call's own.
    async fn call<T, F>(&self, own: Option<Own>, wait: &Wait, verb: impl FnOnce(Client) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let running = self.calls.subscribe();
        self.check_open()?;
        let client = match own {
            None => self.client.clone(),
            own => self.shared.client(own)?,
        };
        let operation = verb(client);
        let counted = async move {
            let outcome = operation.await;
            drop(running);
            outcome
        };
        detached(wait, counted).await
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::configuration("client", "the client is closed; make another"));
        }
        Ok(())
    }
}

impl Which {
    fn filter(&self) -> Result<Filter, Error> {
        let after =
            self.after.as_ref().map(|place| Ok((time(place.started_at), RequestId::recorded(&place.request_id)?)));
        Ok(Filter {
            open: self.open,
            from: self.since.map(time),
            to: self.until.map(time),
            after: after.transpose()?,
            limit: Some(self.limit as usize),
            ..Filter::default()
        })
    }
}

fn many(concurrency: u32) -> Result<NonZeroUsize, Error> {
    let none = || Error::invalid("concurrency", "concurrency is 0, so nothing would be done; give 1 or more");
    NonZeroUsize::new(concurrency as usize).ok_or_else(none)
}

/// 64 bits of nanoseconds are years that a time always has.
fn time(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or(Timestamp::UNIX_EPOCH)
}
