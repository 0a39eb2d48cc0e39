use crate::error::Error;
use crate::journal::{Filter, Journal, Transaction};
use std::vec::IntoIter;

/// Sales are read in pages of this size, so that memory does not grow with the journal.
pub(super) const PAGE: usize = 256;

/// The open sales of a journal, one after another, while those before them are worked on.
pub(super) struct Sales {
    filter: Filter,
    page: IntoIter<Transaction>,
    is_last: bool,
}

impl Sales {
    pub(super) fn open() -> Self {
        let filter = Filter { open: true, limit: Some(PAGE), ..Filter::default() };
        Self { filter, page: Vec::new().into_iter(), is_last: false }
    }

    pub(super) async fn next(&mut self, journal: &dyn Journal) -> Result<Option<Transaction>, Error> {
        if self.page.len() == 0 && !self.is_last {
            let page = journal.transactions(&self.filter).await?;
            self.filter.after = page.last().map(|last| (last.started_at, last.request_id.clone()));
            self.is_last = page.is_empty();
            self.page = page.into_iter();
        }
        Ok(self.page.next())
    }
}
