//! Signature Version 4 for the three operations, and what a mismatch means.

pub mod canonical;
mod credentials;
mod explain;
mod providers;
pub mod remote;
mod shape;
mod sigv4;

pub use credentials::Credentials;
pub use explain::{Difference, Part, explain};
pub use providers::{CredentialsProvider, EnvironmentCredentials, FileCredentials, credentials_from};
pub use shape::{Remark, remarks};
pub use sigv4::SigV4;

use crate::BoxFuture;
use crate::error::Error;
use crate::model::Operation;
use crate::wire::Format;
use jiff::Timestamp;
use tokio::time::Instant;

/// A request that needs a signature. It holds no secret, so it may be sent to a signer elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Unsigned<'a> {
    /// The operation; gives method `POST`, the path and `x-amz-target`.
    pub operation: Operation,
    /// The body's format; gives `accept` and `content-type`.
    pub format: Format,
    /// The `host` header.
    pub host: &'a str,
    /// The exact bytes that will be sent.
    pub body: &'a [u8],
    /// The time to sign for, corrected for the skew of this machine's clock.
    pub now: Timestamp,
}

impl Unsigned<'_> {
    /// The names of the headers that must be signed.
    pub const SIGNED_HEADERS: &'static str = "accept;content-type;host;x-amz-date;x-amz-target";

    /// The headers that are signed beside `x-amz-date`.
    pub fn headers(&self) -> [(&'static str, &str); 4] {
        [
            ("accept", self.format.accept()),
            ("content-type", self.format.content_type()),
            ("host", self.host),
            ("x-amz-target", self.operation.target()),
        ]
    }

    /// The canonical request for one `x-amz-date` (Signature Version 4, task 1).
    pub fn canonical_request(&self, amz_date: &str) -> String {
        let [accept, content_type, host, target] = self.headers();
        canonical::canonical_request(
            "POST",
            self.operation.path(),
            "",
            &[accept, content_type, host, ("x-amz-date", amz_date), target],
            &canonical::payload_hash(self.body),
        )
    }
}

/// The two headers that a signer adds.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedHeaders {
    /// `x-amz-date`, such as `20260102T030405Z`.
    pub amz_date: String,
    /// `authorization`.
    pub authorization: String,
}

impl std::fmt::Debug for SignedHeaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedHeaders").field("amz_date", &self.amz_date).field("authorization", &"***").finish()
    }
}

/// Whoever holds the key: this process ([`SigV4`]) or, for an app that must not hold it, a server of its own.
pub trait Signer: Send + Sync {
    /// Signs one request.
    ///
    /// # Errors
    /// Nothing is sent then. Kind [`Unreachable`](crate::ErrorKind::Unreachable) has the same asked again, until the
    /// deadline; any other ends the operation.
    fn sign<'a>(&'a self, request: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>>;

    /// Called after the gateway refused the key or the signature of a request that was signed at that time; true if the next
    /// signature may differ, also because another request has had the key read again since.
    ///
    /// # Errors
    /// The key could not be read again.
    fn renew(&self, signed_at: Instant) -> BoxFuture<'_, Result<bool, Error>> {
        let _ = signed_at;
        Box::pin(async { Ok(false) })
    }
}
