use super::skew::Moment;
use crate::model::RequestId;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// So many are remembered; a till has a few, and of those that are forgotten the gateway's time tells.
const MOST: usize = 1024;

/// When callers of this process last asked for the activations that have no outcome yet. By two clocks, so that the age
/// of a sale is known whatever becomes of the machine's.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    last: Mutex<HashMap<RequestId, Moment>>,
}

impl Asked {
    pub(super) fn note(&self, id: &RequestId, wall: Timestamp) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() < MOST || last.contains_key(id) {
            last.insert(id.clone(), Moment::now(wall));
        }
    }

    pub(super) fn forget(&self, id: &RequestId) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Whether somebody surely asked for it less than `age` ago.
    pub(crate) fn lately(&self, id: &RequestId, age: SignedDuration, wall: Timestamp) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied();
        last.and_then(|moment| moment.ago(wall)).is_some_and(|ago| ago < age)
    }
}
