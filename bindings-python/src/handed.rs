//! Outcomes of sales between the core, which has handed them over, and whoever waited.

use posa_core::RequestId;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long is waited for outcomes to be taken. They are there already: only a loop that has stopped takes longer.
const TAKING: Duration = Duration::from_secs(1);

/// The sales whose outcomes nobody took yet.
#[derive(Clone, Default)]
pub(crate) struct Handed(watch::Sender<Vec<RequestId>>);

/// One of them, for as long as it lives.
pub(crate) struct InHand {
    handed: Handed,
    pub(crate) id: RequestId,
}

impl Handed {
    pub(crate) fn enter(&self, id: RequestId) -> InHand {
        self.0.send_modify(|ids| ids.push(id.clone()));
        InHand { handed: self.clone(), id }
    }

    /// The sales whose outcomes nobody takes any more.
    pub(crate) async fn left(&self) -> Vec<RequestId> {
        let mut ids = self.0.subscribe();
        match timeout(TAKING, ids.wait_for(Vec::is_empty)).await {
            Ok(_) => Vec::new(),
            Err(_) => self.0.borrow().clone(),
        }
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.handed.0.send_modify(|ids| {
            if let Some(place) = ids.iter().position(|id| *id == self.id) {
                ids.swap_remove(place);
            }
        });
    }
}
