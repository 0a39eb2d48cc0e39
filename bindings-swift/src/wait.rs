use crate::failure::{CoreError, Failure};
use crate::runtime::runtime;
use posa_core::{CardNumber, Client, RequestId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Somebody who waits. A Swift task that is cancelled gives its waiting up; the operation goes on.
///
/// The outcome of a sale is handed over here, and taken up by [`heard`](Self::heard). Between the two the task may be
/// cancelled, or end: nobody heard it then, and the journal is told so.
#[derive(uniffi::Object)]
pub struct Wait {
    given_up: watch::Sender<bool>,
    handed: Mutex<Handed>,
}

#[derive(Default)]
enum Handed {
    #[default]
    Nothing,
    /// An outcome that nobody has taken up yet.
    Over(Unheard),
    /// It was handed over and given back.
    Back(Box<CoreError>),
}

#[uniffi::export]
impl Wait {
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { given_up: watch::Sender::new(false), handed: Mutex::default() })
    }

    pub fn give_up(&self) {
        let mut handed = self.handed();
        self.given_up.send_replace(true);
        if let Handed::Over(outcome) = &*handed {
            *handed = Handed::Back(Box::new(outcome.sale.abandoned()));
        }
    }

    /// The outcome has reached whoever waits; fails if he gave up first.
    pub fn heard(&self) -> Result<(), Failure> {
        match std::mem::take(&mut *self.handed()) {
            Handed::Nothing => Ok(()),
            Handed::Over(mut outcome) => {
                outcome.is_heard = true;
                Ok(())
            }
            Handed::Back(error) => Err(Failure::Core { error }),
        }
    }
}

impl Wait {
    pub(crate) fn is_given_up(&self) -> bool {
        *self.given_up.borrow()
    }

    pub(crate) async fn given_up(&self) {
        // Fails only when the sender is gone, which `self` holds.
        let _ = self.given_up.subscribe().wait_for(|given_up| *given_up).await;
    }

    /// Hands an outcome over; fails if nobody waits for it any more.
    pub(crate) fn hand(&self, outcome: Unheard) -> Result<(), Failure> {
        let mut handed = self.handed();
        if self.is_given_up() {
            return Err(outcome.sale.abandoned().into());
        }
        *handed = Handed::Over(outcome);
        Ok(())
    }

    fn handed(&self) -> MutexGuard<'_, Handed> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which sale an operation is about.
#[derive(Clone)]
pub(crate) struct Stake {
    pub(crate) id: RequestId,
    pub(crate) card: Option<CardNumber>,
}

impl Stake {
    /// Whoever waited for this sale has gone.
    pub(crate) fn abandoned(&self) -> CoreError {
        CoreError::abandoned(&self.id, self.card.as_ref())
    }
}

/// The outcome of a sale on its way to whoever waits. Dropped before it is heard, it is told to the journal as untold.
pub(crate) struct Unheard {
    sale: Stake,
    client: Client,
    is_heard: bool,
    /// Keeps the client from closing its journal until that is noted.
    running: watch::Receiver<()>,
}

impl Unheard {
    pub(crate) fn new(sale: Stake, client: Client, running: watch::Receiver<()>) -> Self {
        Self { sale, client, is_heard: false, running }
    }
}

impl Drop for Unheard {
    fn drop(&mut self) {
        if let (false, Ok(runtime)) = (self.is_heard, runtime()) {
            let (client, id, running) = (self.client.clone(), self.sale.id.clone(), self.running.clone());
            runtime.spawn(async move {
                // A journal that cannot be written lists one outcome too few; the sale itself is right.
                let _ = client.unheard(&id).await;
                drop(running);
            });
        }
    }
}
