//! Which sales are worked on, by their ids. One operation at a time works on an id: whoever asks for the very same takes
//! its outcome, and whoever asks for another comes after it.

use super::hearing::Hearers;
use super::inner::Shared;
use crate::error::Error;
use crate::model::{Activate, Deactivate, Receipt, RequestId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

#[derive(Default)]
pub(crate) struct UnderWay(Mutex<HashMap<RequestId, Entry>>);

/// What is done about a sale.
pub(crate) enum Work {
    Activate(Activate),
    Deactivate(Deactivate),
    /// What comes of it stands in the journal.
    Settle,
}

struct Entry {
    work: Work,
    outcome: watch::Receiver<Told>,
    hearers: Arc<Hearers>,
}

/// `None` until it is over.
type Told = Option<Result<Receipt, Error>>;

pub(crate) enum Entered {
    /// Nobody works on it but the holder of this.
    Mine(Place),
    /// Somebody does the very same.
    Same(Joined),
    /// Somebody does something else.
    Other(Ended),
}

impl Work {
    fn is_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Activate(one), Self::Activate(other)) => one.differences(other).next().is_none(),
            (Self::Deactivate(one), Self::Deactivate(other)) => {
                one.card == other.card && one.external_reference == other.external_reference
            }
            _ => false,
        }
    }
}

/// The right to work on a sale, for as long as it lives.
pub(crate) struct Place {
    shared: Arc<Shared>,
    id: RequestId,
    outcome: watch::Sender<Told>,
    pub(super) hearers: Arc<Hearers>,
    /// Whether others find it: mock ids are no sales.
    is_entered: bool,
}

impl Place {
    /// It is over.
    pub(super) fn end(mut self, outcome: impl FnOnce() -> Told) {
        self.leave();
        if self.outcome.receiver_count() > 0 {
            self.outcome.send_replace(outcome());
        }
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.is_entered) {
            self.shared.under_way.entries().remove(&self.id);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

/// One who asked for what is under way already.
pub(crate) struct Joined {
    outcome: watch::Receiver<Told>,
    pub(super) hearers: Arc<Hearers>,
}

impl Joined {
    /// What came of it; `None` if it was stopped.
    pub(super) async fn outcome(&mut self) -> Told {
        self.outcome.wait_for(Option::is_some).await.ok()?.clone()
    }
}

/// The end of something else.
pub(crate) struct Ended(watch::Receiver<Told>);

impl Ended {
    pub(super) async fn wait(mut self) {
        // Whoever worked on it tells what came of it, or was stopped: it is over in both cases.
        let _ = self.0.wait_for(Option::is_some).await;
    }
}

impl UnderWay {
    pub(crate) fn enter(shared: &Arc<Shared>, id: &RequestId, work: Work) -> Entered {
        let mut entries = shared.under_way.entries();
        if let Some(known) = entries.get(id) {
            let outcome = known.outcome.clone();
            return match known.work.is_the_same(&work) {
                true => Entered::Same(Joined { outcome, hearers: Arc::clone(&known.hearers) }),
                false => Entered::Other(Ended(outcome)),
            };
        }
        let (sender, outcome) = watch::channel(None);
        let hearers = Arc::<Hearers>::default();
        let is_entered = !id.is_mock();
        if is_entered {
            entries.insert(id.clone(), Entry { work, outcome, hearers: Arc::clone(&hearers) });
        }
        Entered::Mine(Place { shared: Arc::clone(shared), id: id.clone(), outcome: sender, hearers, is_entered })
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<RequestId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
