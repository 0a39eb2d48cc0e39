//! What others wrote and the client calls in the midst of a sale. If it panics, the sale goes on as if it had not.

use super::seams::{Event, Observer};
use crate::BoxFuture;
use crate::error::{Delivery, Error, ErrorKind};
use crate::sign::{SignedHeaders, Signer, Unsigned};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use tokio::time::Instant;

/// An observer whose panics end with it.
#[derive(Clone)]
pub(super) struct GuardedObserver(pub(super) Arc<dyn Observer>);

impl GuardedObserver {
    pub(super) fn on_event(&self, event: &Event<'_>) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.0.on_event(event)));
    }
}

/// A signer, with the source of its credentials, whose panics are errors.
#[derive(Clone)]
pub(super) struct GuardedSigner(pub(super) Arc<dyn Signer>);

impl GuardedSigner {
    pub(super) async fn sign(&self, request: Unsigned<'_>) -> Result<SignedHeaders, Error> {
        guarded(|| self.0.sign(request)).await
    }

    pub(super) async fn renew(&self, signed_at: Instant) -> Result<bool, Error> {
        guarded(|| self.0.renew(signed_at)).await
    }
}

async fn guarded<'a, T>(ask: impl FnOnce() -> BoxFuture<'a, Result<T, Error>>) -> Result<T, Error> {
    let mut answer = catch_unwind(AssertUnwindSafe(ask)).map_err(|_| panicked())?;
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(panicked())))
    })
    .await
}

fn panicked() -> Error {
    let message = "the signer, or the source of its credentials, panicked; its own message says why";
    Error::new(ErrorKind::Authentication, Delivery::NotSent, message)
}
