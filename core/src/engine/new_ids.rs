use crate::model::RequestId;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// So many are remembered. One that is forgotten counts as any other of the caller's.
const MOST: usize = 1024;

/// Ids that were made for callers, and that no sale was begun with yet: nothing was ever sent under them.
#[derive(Debug, Default)]
pub(crate) struct NewIds(Mutex<VecDeque<RequestId>>);

impl NewIds {
    pub(super) fn note(&self, id: &RequestId) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.len() == MOST {
            ids.pop_front();
        }
        ids.push_back(id.clone());
    }

    /// Whether it is the first time that somebody asks for a sale with this id.
    pub(super) fn take(&self, id: &RequestId) -> bool {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = ids.iter().rposition(|known| known == id);
        place.and_then(|place| ids.remove(place)).is_some()
    }
}
