//! A client as Swift holds it, and how each of its calls runs. The calls are in `sales` and `records`.

use crate::batch::Batch;
use crate::events::EventSink;
use crate::failure::Failure;
use crate::runtime::{attached, detached, runtime};
use crate::settings::{Opened, Own, Settings};
use crate::signer::RemoteSigner;
use crate::wait::{Stake, Unheard, Wait};
use posa_core::batch::BatchOptions;
use posa_core::{Client, Error};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// A client as the Swift module holds it.
#[derive(uniffi::Object)]
pub struct Core {
    pub(crate) opened: Opened,
    closed: AtomicBool,
    /// Each call holds a receiver for as long as it runs, and until its outcome is heard.
    calls: watch::Sender<()>,
}

#[uniffi::export]
impl Core {
    /// Checks the settings and opens nothing.
    #[uniffi::constructor]
    pub fn open(settings: Settings, signer: Option<Arc<dyn RemoteSigner>>) -> Result<Arc<Self>, Failure> {
        Ok(runtime()?.block_on(Self::make(settings, signer))?)
    }

    /// Begins a batch; `patience` in milliseconds.
    pub fn batch(&self, name: &str, concurrency: u32, patience: u64) -> Result<Arc<Batch>, Failure> {
        let options = BatchOptions { concurrency: many(concurrency)?, patience: Duration::from_millis(patience) };
        self.check_open()?;
        let feed = Arc::new(self.opened.client.batch(name, options));
        Ok(Arc::new(Batch { feed, partner: self.opened.partner.clone() }))
    }

    /// Events go to `sink` from here on.
    pub fn follow(&self, sink: Arc<dyn EventSink>) {
        self.opened.events.follow(sink);
    }

    /// Takes no further calls, waits for those under way, and closes the journal that they share.
    pub async fn close(&self, wait: Arc<Wait>) -> Result<(), Failure> {
        self.closed.store(true, Ordering::SeqCst);
        let (client, calls) = (self.opened.client.clone(), self.calls.clone());
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
        let opened = Opened::new(settings, signer).await?;
        Ok(Arc::new(Self { opened, closed: AtomicBool::new(false), calls: watch::Sender::new(()) }))
    }

    /// Calls the client about no sale, or about many: whoever stops waiting stops the waiting alone.
    pub(crate) async fn call<T, F>(
        &self,
        own: Option<Own>,
        wait: &Wait,
        verb: impl FnOnce(Client) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let (client, running) = self.enter(own)?;
        let operation = verb(client);
        let counted = async move {
            let outcome = operation.await;
            drop(running);
            outcome
        };
        detached(wait, counted).await
    }

    /// Calls the client about one sale. If the waiting is given up, the core's future is dropped, by which the core
    /// knows that nobody hears the outcome; one that was there by then is given back.
    pub(crate) async fn settle<T, F>(
        &self,
        sale: Stake,
        own: Option<Own>,
        wait: &Wait,
        verb: impl FnOnce(Client) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
        T: Send + 'static,
    {
        let (client, running) = self.enter(own)?;
        if wait.is_given_up() {
            return Err(Failure::Cancelled);
        }
        let outcome = match attached(wait, verb(client.clone())).await {
            Err(Failure::Cancelled) => return Err(sale.abandoned().into()),
            outcome => outcome,
        };
        wait.hand(Unheard::new(sale, client, running))?;
        outcome
    }

    /// The client, or with times of the call's own, and the call's place among those that are under way.
    fn enter(&self, own: Option<Own>) -> Result<(Client, watch::Receiver<()>), Error> {
        let running = self.calls.subscribe();
        self.check_open()?;
        let client = match own {
            None => self.opened.client.clone(),
            Some(own) => self.opened.client.with_times(own.into())?,
        };
        Ok((client, running))
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::configuration("client", "the client is closed; make another"));
        }
        Ok(())
    }
}

pub(crate) fn many(concurrency: u32) -> Result<NonZeroUsize, Error> {
    let none = || Error::invalid("concurrency", "concurrency is 0, so nothing would be done; give 1 or more");
    NonZeroUsize::new(concurrency as usize).ok_or_else(none)
}
