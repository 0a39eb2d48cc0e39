//! Many sales at once: TypeScript feeds a batch from its source and reads the rows.

use crate::client::NativeClient;
use crate::convert::{Details, Given, Row};
use crate::error::Failure;
use crate::mailbox::Post;
use crate::message::Message;
use crate::runtime::begin;
use napi::bindgen_prelude::Either;
use napi_derive::napi;
use posa_core::batch::{Batch, BatchOptions, Entry};
use posa_core::{Error, PartnerId};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A batch under way.
#[napi]
pub struct NativeBatch {
    batch: Arc<Batch>,
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
    /// Begins a batch.
    #[napi]
    pub fn batch(&self, name: String, concurrency: u32) -> Either<NativeBatch, Failure> {
        let none = || Error::invalid("concurrency", "concurrency is 0, so nothing would be sold; give 1 or more");
        let made = NonZeroUsize::new(concurrency as usize).ok_or_else(none).and_then(|concurrency| {
            let batch = Arc::new(self.client()?.batch(&name, BatchOptions { concurrency, ..BatchOptions::default() }));
            Ok(NativeBatch { batch, partner: self.partner.clone(), post: Arc::clone(&self.post) })
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
                Ok(Message::default())
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
        let batch = Arc::clone(&self.batch);
        begin(
            &self.post,
            call,
            Ok(async move { Ok(Message { row: batch.next().await.map(Row::from), ..Message::default() }) }),
        );
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
