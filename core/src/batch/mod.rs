//! Many sales at once, a bounded number at a time, each charged once however often the batch is run.
//!
//! A sale without a request id gets one from the journal's key, the batch's name, its card and its amount. The same
//! batch, run twice or resumed after a crash, comes to the same ids: what the journal has as activated is answered
//! without a request, what has no outcome is repeated with its id. `docs/batch.md` has it on a page.

mod check;
mod feed;
mod line;
mod many;
mod one;
mod sales;

pub use check::{Check, Finding, Sum};
pub use feed::Batch;
pub use many::Rows;
pub use sales::{Sales, read_sales};

use crate::engine::{Client, Inner};
use crate::error::{Error, ErrorKind};
use crate::journal::BatchKey;
use crate::model::{Activate, Amount, CardNumber, Receipt, RequestId};
use std::num::NonZeroUsize;
use std::time::Duration;

/// How a batch runs.
#[derive(Debug, Clone, Copy)]
pub struct BatchOptions {
    /// How many sales are under way or wait to be read by [`Batch::next`]; 16 by default. The rate limit holds for all
    /// together: far more than the gateway takes in the client's deadline (300 at the default 10 a second and 30 s)
    /// would wait for each other.
    pub concurrency: NonZeroUsize,
    /// How long the batch waits for a gateway that cannot be reached, answers nothing or throttles; 10 minutes by
    /// default. After that the sales that are left end as not sent, without a try.
    pub patience: Duration,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self { concurrency: NonZeroUsize::new(16).unwrap_or(NonZeroUsize::MIN), patience: Duration::from_secs(600) }
    }
}

/// What a batch is fed with: a sale, or why there is none, which becomes a row with that error.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The line of the file it was read from, from 1.
    pub line: Option<u64>,
    /// The sale. Without a request id it gets the batch's own; see [`Client::batch_id`].
    pub sale: Result<Activate, Error>,
}

impl From<Result<Activate, Error>> for Entry {
    fn from(sale: Result<Activate, Error>) -> Self {
        Self { line: None, sale }
    }
}

impl From<Activate> for Entry {
    fn from(sale: Activate) -> Self {
        Ok(sale).into()
    }
}

/// What came of one entry.
#[derive(Debug, Clone)]
pub struct Row {
    /// The entry's place in the batch, from 0.
    pub index: u64,
    /// The line of the file it was read from, from 1.
    pub line: Option<u64>,
    /// The id of the sale; `None` only if the entry could not be begun.
    pub request_id: Option<RequestId>,
    /// The card; prints its last four digits. `None` only if the entry could not be begun.
    pub card: Option<CardNumber>,
    /// The amount; `None` only if the entry could not be begun.
    pub amount: Option<Amount>,
    /// The receipt, with 0 attempts if the journal knew it; or why there is none. Kind
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) is settled by running the batch again, or by `recover`.
    pub outcome: Result<Receipt, Error>,
}

impl Row {
    /// The sale of which nobody hears if this row is dropped unread, for [`Client::unheard`]; `None` if there is none, or if
    /// the journal knew its outcome before, which was heard then.
    pub fn unheard(&self) -> Option<&RequestId> {
        let is_news = match &self.outcome {
            Ok(receipt) => receipt.attempts > 0,
            Err(error) => error.kind() != ErrorKind::Conflict,
        };
        self.request_id.as_ref().filter(|_| is_news)
    }
}

/// How far a batch has come. What was started and is none of the others is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Entries taken, those that were errors included.
    pub started: u64,
    /// Sales with a receipt.
    pub done: u64,
    /// Entries that are wrong, or were refused.
    pub rejected: u64,
    /// Sales of which nothing was sent, or that the gateway did not take for its rate, for no fault of their own: run
    /// the batch again.
    pub not_sent: u64,
    /// Sales whose outcome is not known.
    pub unknown: u64,
}

impl Client {
    /// A batch to be fed by hand, from whatever source the sales come, asynchronous ones among them.
    ///
    /// `name` names the batch for good: see [`Client::batch_id`]. A batch that is run again must have the same name,
    /// and another batch another one.
    ///
    /// ```
    /// # use posa_core::{Activate, Client, Error, batch::{BatchOptions, Row}};
    /// # trait Source { async fn sale(&mut self) -> Option<Activate>; }
    /// # async fn sell(client: &Client, mut source: impl Source, keep: impl Fn(Row)) -> Result<(), Error> {
    /// let batch = client.batch("2026-11-orders", BatchOptions::default());
    /// let feed = async {
    ///     while let Some(sale) = source.sale().await {
    ///         batch.push(sale).await?; // waits until a place is free
    ///     }
    ///     batch.finish();
    ///     Ok::<_, Error>(())
    /// };
    /// let read = async {
    ///     while let Some(row) = batch.next().await {
    ///         keep(row);
    ///     }
    ///     Ok(())
    /// };
    /// tokio::try_join!(feed, read)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch(&self, name: &str, options: BatchOptions) -> Batch {
        Batch::new(self.clone(), name, options)
    }

    /// Activates the sales of an iterator, which is read one entry at a time, as a place comes free.
    ///
    /// Items are [`Activate`], `Result<Activate, Error>` or [`Entry`]. `name` is as for [`Client::batch`]. Nothing runs
    /// before the first [`Rows::next`].
    ///
    /// ```no_run
    /// # use posa_core::{Client, Currency, Error, batch::{BatchOptions, read_sales}};
    /// # async fn sell(client: &Client, file: std::fs::File) -> Result<(), Error> {
    /// let sales = read_sales(file, Some(Currency::Usd))?;
    /// let mut rows = client.activate_many("2026-11-orders", sales, BatchOptions::default());
    /// while let Some(row) = rows.next().await {
    ///     match row.outcome {
    ///         Ok(receipt) => println!("{} {}", receipt.card_number, receipt.request_id),
    ///         Err(error) => println!("entry {}: {error}", row.index),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn activate_many<I>(&self, name: &str, sales: I, options: BatchOptions) -> Rows<I::IntoIter>
    where
        I: IntoIterator<Item: Into<Entry>>,
    {
        Rows::new(self.batch(name, options), sales.into_iter())
    }

    /// The id that a sale without one gets in the batch of that name: from the journal's own key, the name, the card's 16
    /// digits, the amount in minor units and the currency. A card that is in one batch twice for the same amount is one
    /// sale. Without the journal nobody comes to the same id.
    ///
    /// # Errors
    /// As [`Journal::batch_key`](crate::journal::Journal::batch_key).
    pub async fn batch_id(&self, name: &str, sale: &Activate) -> Result<RequestId, Error> {
        let key = self.inner.batch_key().await?;
        let minor = sale.amount.minor_units().to_string();
        let parts = ["batch", name, sale.card.number(), &minor, sale.amount.currency().code()];
        Ok(self.inner.own(RequestId::derived(&self.inner.partner, key, &parts)))
    }
}

impl Inner {
    /// The journal's key, asked for once.
    async fn batch_key(&self) -> Result<&BatchKey, Error> {
        let ask = || async {
            self.bind().await?;
            let mut random = [0; 32];
            self.entropy.fill(&mut random)?;
            self.journal.batch_key(&BatchKey::new(random)).await
        };
        self.shared.batch_key.get_or_try_init(ask).await
    }
}
