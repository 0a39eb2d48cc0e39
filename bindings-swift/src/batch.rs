//! Many sales at once: Swift feeds a batch from its sequence and reads the rows.

use crate::failure::Failure;
use crate::runtime::attached;
use crate::sale::Sale;
use crate::values::{BatchRow, Counts};
use crate::wait::Wait;
use posa_core::PartnerId;
use posa_core::batch::{Batch as Feed, Entry};
use std::sync::Arc;

/// A batch under way.
#[derive(uniffi::Object)]
pub struct Batch {
    pub(crate) feed: Arc<Feed>,
    pub(crate) partner: PartnerId,
}

#[uniffi::export]
impl Batch {
    /// Takes a sale once a place is free.
    pub async fn push(&self, sale: Sale, wait: Arc<Wait>) -> Result<(), Failure> {
        let (feed, entry) = (Arc::clone(&self.feed), Entry::from(sale.build(&self.partner).map(|(sale, ..)| sale)));
        attached(&wait, async move { feed.push(entry).await.map(drop) }).await
    }

    /// Takes nothing more.
    pub fn finish(&self) {
        self.feed.finish();
    }

    /// The next row; `None` after the last one of a finished batch.
    pub async fn next(&self, wait: Arc<Wait>) -> Result<Option<BatchRow>, Failure> {
        let feed = Arc::clone(&self.feed);
        Ok(attached(&wait, async move { Ok(feed.next().await) }).await?.map(Into::into))
    }

    pub fn progress(&self) -> Counts {
        self.feed.progress().into()
    }
}
