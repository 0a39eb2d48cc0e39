//! How bytes travel. Knows no operations: what an answer means is decided elsewhere.

mod http;
pub mod probe;
mod scripted;
pub(crate) mod tls;

pub use http::{HttpOptions, HttpTransport};
pub use scripted::{Played, Scripted};

use crate::BoxFuture;
use crate::error::{Cause, Delivery};
use ::http::header::{HeaderName, HeaderValue};
use bytes::Bytes;
use std::fmt;
use std::time::Duration;

/// A POST, ready to send.
#[derive(Clone)]
pub struct HttpRequest {
    /// The path, such as `/ActivateGiftCard`.
    pub path: &'static str,
    /// Every header but `content-length`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The exact bytes that were signed.
    pub body: Bytes,
    /// How long to wait for the whole answer.
    pub timeout: Duration,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest").field("path", &self.path).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// An answer with its whole body.
#[derive(Clone, Default)]
pub struct HttpResponse {
    /// The HTTP status code.
    pub status: u16,
    /// The `date` header.
    pub date: Option<String>,
    /// The answer came, or may have come, from a cache: it has an `age` header.
    pub cached: bool,
    /// The `x-posa-cause` header, in which posa's sandbox says why it refused a signature.
    pub cause: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// No whole answer came.
#[derive(Debug, Clone)]
pub struct TransportError {
    /// [`Delivery::NotSent`] only where it is proven that no byte left: name resolution, connecting, TLS.
    pub delivery: Delivery,
    /// What happened, without any header or body.
    pub message: String,
    /// What exactly stands in the way, where that is known.
    pub cause: Option<Cause>,
}

impl TransportError {
    /// Nothing more is known than `message` says.
    pub fn new(delivery: Delivery, message: impl Into<String>) -> Self {
        Self { delivery, message: message.into(), cause: None }
    }
}

/// Carries one request and its answer. No redirects, no retries: those who call decide.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends one request and waits for the whole answer.
    ///
    /// # Errors
    /// See [`TransportError::delivery`].
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>>;
}
