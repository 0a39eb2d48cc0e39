//! The claimed rows as this writer wrote them last: to settle one, it need not be read again.
//!
//! What is kept here is only ever believed if the row in the file has the same checksum.

use super::row::Known;
use crate::model::RequestId;
use std::cell::RefCell;
use std::collections::HashMap;

/// Claims that are never settled stay, so there is an end to them.
const MOST: usize = 1024;

#[derive(Default)]
pub(super) struct Recent(RefCell<HashMap<RequestId, Known>>);

impl Recent {
    pub(super) fn keep(&self, known: Known) {
        let mut rows = self.0.borrow_mut();
        if rows.len() >= MOST {
            rows.clear();
        }
        rows.insert(known.row.request_id.clone(), known);
    }

    pub(super) fn take(&self, id: &RequestId) -> Option<Known> {
        self.0.borrow_mut().remove(id)
    }
}
