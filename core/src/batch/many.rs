use super::{Batch, Entry, Progress, Row};
use std::fmt;

/// The rows of [`Client::activate_many`](crate::Client::activate_many).
///
/// Dropping it starts nothing more. Requests under way end on their own, and the journal keeps what comes of them.
pub struct Rows<I> {
    batch: Batch,
    /// `None` after its last item.
    sales: Option<I>,
}

impl<I: Iterator<Item: Into<Entry>>> Rows<I> {
    pub(super) fn new(batch: Batch, sales: I) -> Self {
        Self { batch, sales: Some(sales) }
    }

    /// Reads on in the iterator while there are free places, then waits for the next row, in the order in which they
    /// end; `None` after the last. Dropping the future loses neither a sale nor a row.
    pub async fn next(&mut self) -> Option<Row> {
        while let Some(sales) = &mut self.sales
            && let Some(place) = self.batch.place()
        {
            let begun = sales.next().map(|sale| self.batch.start(place, sale.into()));
            if !matches!(begun, Some(Ok(_))) {
                self.sales = None;
                self.batch.finish();
            }
        }
        self.batch.next().await
    }

    /// Reads no further, and lets no row wait for the gateway any longer. What is under way ends by itself.
    pub fn stop(&mut self) {
        self.sales = None;
        self.batch.stop();
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.batch.progress()
    }
}

impl<I> fmt::Debug for Rows<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("batch", &self.batch).finish_non_exhaustive()
    }
}
