//! Many sales at once: TypeScript feeds a batch from its source and reads the rows.

use crate::client::NativeClient;
use crate::convert::{Details, Given, Row};
use crate::error::Failure;
use crate::hearing::{Counts, End, Unheard};
use crate::mailbox::Post;
use crate::message::Message;
use crate::runtime::{begin, runtime};
use napi::bindgen_prelude::Either;
use napi_derive::napi;
use posa_core::batch::{self as core, Batch, BatchOptions, Entry};
use posa_core::{Client, Error, PartnerId, RequestId};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// A batch under way.
#[napi]
pub struct NativeBatch {
    batch: Arc<Batch>,
    client: Client,
    counts: Counts,
    partner: PartnerId,
    post: Arc<Post>,
}

/// How far a batch has come.
#[napi(object, object_from_js = false)]
pub struct Progress {
    /// Entries taken.
    pub started: f64,
    /// Sales with a receipt.
    pub done: f64,
    /// Entries that are wrong, or were refused.
    pub rejected: f64,
    /// Sales of which nothing was sent, for no fault of their own.
    pub not_sent: f64,
    /// Sales whose outcome is not known.
    pub unknown: f64,
}

#[napi]
impl NativeClient {
    /// Begins a batch. Its patience is in milliseconds.
    #[napi]
    pub fn batch(&self, name: String, concurrency: u32, patience: Option<u32>) -> Either<NativeBatch, Failure> {
        let none = || Error::invalid("concurrency", "concurrency is 0, so nothing would be sold; give 1 or more");
        let made = NonZeroUsize::new(concurrency as usize).ok_or_else(none).and_then(|concurrency| {
            let mut options = BatchOptions { concurrency, ..BatchOptions::default() };
            if let Some(patience) = patience {
                options.patience = Duration::from_millis(patience.into());
            }
            let client = self.client()?;
            let batch = Arc::new(client.batch(&name, options));
            let (counts, partner, post) = (self.counts.clone(), self.partner.clone(), Arc::clone(&self.post));
            Ok(NativeBatch { batch, client, counts, partner, post })
        });
        made.map_or_else(|error| Either::B(error.into()), Either::A)
    }
}

#[napi]
impl NativeBatch {
    /// Takes a sale once a place is free.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "as for activate")]
    pub fn push(
        &self,
        call: u32,
        card_number: String,
        amount: String,
        minor: bool,
        currency: String,
        request_id: Option<String>,
        details: Option<Details>,
    ) {
        let (batch, partner) = (Arc::clone(&self.batch), self.partner.clone());
        let sale = Given { card_number, amount, minor, currency, request_id, details };
        begin(
            &self.post,
            call,
            Ok(async move {
                batch.push(Entry::from(sale.convert(&partner))).await?;
                Ok::<_, Error>(Message::default())
            }),
        );
    }

    /// Takes nothing more.
    #[napi]
    pub fn finish(&self) {
        self.batch.finish();
    }

    /// The next row; none after the last one of a finished batch.
    #[napi]
    pub fn next(&self, call: u32) {
        let (batch, client, counts) = (Arc::clone(&self.batch), self.client.clone(), self.counts.clone());
        let next = async move {
            let row = batch.next().await;
            let id = row.as_ref().and_then(core::Row::unheard).map(RequestId::as_str);
            let unheard = Unheard::new(id, client, counts.enter());
            End { told: Message { row: row.map(Row::from), ..Message::default() }.into(), unheard }
        };
        begin(&self.post, call, Ok(next));
    }

    /// Takes nothing more, and ends once what is under way has. What is not read by now, nobody hears.
    #[napi]
    pub fn leave(&self, call: u32) {
        let left = self.left();
        let left = async move {
            left.await;
            Ok::<_, Error>(Message::default())
        };
        begin(&self.post, call, Ok(left));
    }

    /// Counted, so that no `close` overtakes it.
    fn left(&self) -> impl Future<Output = ()> + Send + use<> {
        let (batch, counted) = (Arc::clone(&self.batch), self.counts.enter());
        async move {
            batch.leave().await;
            drop(counted);
        }
    }

    /// How far it has come.
    #[napi]
    pub fn progress(&self) -> Progress {
        let progress = self.batch.progress();
        // Exact up to 2 to the power of 53.
        let number = |count: u64| count as f64;
        Progress {
            started: number(progress.started),
            done: number(progress.done),
            rejected: number(progress.rejected),
            not_sent: number(progress.not_sent),
            unknown: number(progress.unknown),
        }
    }
}

impl Drop for NativeBatch {
    fn drop(&mut self) {
        // Nobody reads on: forgotten, or its thread has ended.
        if let Ok(runtime) = runtime() {
            runtime.spawn(self.left());
        }
    }
}
