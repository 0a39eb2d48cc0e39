//! Outcomes on their way to JavaScript, where whoever asked may have gone.

use crate::message::Told;
use crate::runtime::runtime;
use posa_core::journal::Transaction;
use posa_core::{Client, Error, Receipt, RequestId};
use tokio::sync::watch;

/// How a call ended.
pub(crate) struct End {
    pub(crate) told: Told,
    pub(crate) unheard: Option<Unheard>,
}

impl<T: Into<Told>> From<Result<T, Error>> for End {
    fn from(outcome: Result<T, Error>) -> Self {
        Self { told: outcome.map_or_else(Told::from, Into::into), unheard: None }
    }
}

/// What is told of one sale, by its id.
pub(crate) trait OfSale: Into<Told> {
    fn id(&self) -> &str;
}

impl OfSale for Receipt {
    fn id(&self) -> &str {
        self.request_id.as_str()
    }
}

impl OfSale for Transaction {
    fn id(&self) -> &str {
        self.request_id.as_str()
    }
}

impl End {
    /// The outcome of a sale, which somebody has to hear.
    pub(crate) fn of_sale(outcome: Result<impl OfSale, Error>, client: Client, counted: Counted) -> Self {
        let id = outcome.as_ref().map_or_else(Error::request_id, |told| Some(told.id()));
        let unheard = Unheard::new(id, client, counted);
        Self { unheard, ..Self::from(outcome) }
    }
}

/// An outcome that JavaScript has not taken yet. Dropped before that, nobody heard it, and the journal notes so.
pub(crate) struct Unheard {
    /// `None` once it was heard.
    of: Option<(Client, RequestId)>,
    /// A `close` waits for it until it is taken, and no longer: whoever took it may be slow.
    counted: Option<Counted>,
}

impl Unheard {
    /// Without an id, there is no sale.
    pub(crate) fn new(id: Option<&str>, client: Client, counted: Counted) -> Option<Self> {
        let id = RequestId::recorded(id?).ok()?;
        Some(Self { of: Some((client, id)), counted: Some(counted) })
    }

    pub(crate) fn taken(self) -> Self {
        let mut taken = self;
        taken.counted = None;
        taken
    }

    pub(crate) fn heard(mut self) {
        self.of = None;
    }
}

impl Drop for Unheard {
    fn drop(&mut self) {
        let counted = self.counted.take();
        if let (Some((client, id)), Ok(runtime)) = (self.of.take(), runtime()) {
            runtime.spawn(async move {
                // A journal that fails here lists one outcome too few, which changes nothing of the sale.
                let _ = client.unheard(&id).await;
                drop(counted);
            });
        }
    }
}

/// The calls of one client, from before they run until nobody waits for them: a `close` right after one must not overtake
/// it.
#[derive(Clone, Default)]
pub(crate) struct Counts(watch::Sender<usize>);

impl Counts {
    pub(crate) fn enter(&self) -> Counted {
        self.0.send_modify(|count| *count += 1);
        Counted(self.clone())
    }

    /// Waits until there is none.
    pub(crate) async fn none(&self) {
        // It fails once all senders are gone, of which this is one.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// One of them.
pub(crate) struct Counted(Counts);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}
