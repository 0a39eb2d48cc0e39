//! Signing for somebody else: an app asks its own server, which holds the key and decides what it signs.
//!
//! The app's side is a [`Signer`] that sends a [`SigningRequest`] away and reads the headers that come
//! back with [`SignedHeaders::from_headers`](super::SignedHeaders::from_headers). The server's side is
//! [`sign_request`], with [`SigningRules`] that say what it may sign; [`sign_json`] takes the question as it travels.

mod answer;
mod body;
mod message;
mod rules;

pub use answer::{signer_failed, signer_unreachable};
pub use message::sign_json;
pub use rules::{SigningRules, Signs};

use super::canonical::payload_hash;
use super::{SignedHeaders, Signer, Unsigned};
use crate::error::Error;
use jiff::Timestamp;

/// A request as an app hands it to its server. It holds a whole card number, but no secret.
#[derive(Clone, Copy)]
pub struct SigningRequest<'a> {
    /// `POST`.
    pub method: &'a str,
    /// The path, such as `/ActivateGiftCard`.
    pub path: &'a str,
    /// Name and value of the headers to sign; `x-amz-date` may be left out, for the server's clock gives it.
    pub headers: &'a [(&'a str, &'a str)],
    /// SHA-256 of the body in lower-case hex, if the app sends it along.
    pub payload_hash: Option<&'a str>,
    /// The exact bytes that the app will send.
    pub body: &'a [u8],
}

/// What [`sign_request`] signed: for the answer to the app, and for the server's own record.
#[derive(Debug, Clone)]
pub struct Signed {
    /// To be sent back to the app.
    pub headers: SignedHeaders,
    /// What they are good for.
    pub what: Signs,
}

/// Signs a request of an app if the rules allow it. Nothing is taken on trust: the operation is read from the path and
/// must be that of the headers, and partner, id, amount and store are read from the very bytes that are signed.
///
/// The signature is made for `now`, the server's time: an app's clock is often wrong. Whether the app may ask at all,
/// its user's log-in, is for the caller to check before.
///
/// # Errors
/// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) with the field at fault: `method`, `path`, `headers`,
/// `payload_hash`, `body`, `operation`, `partner_id`, `request_id`, `card_number`, or a member of the
/// request; kind [`Configuration`](crate::ErrorKind::Configuration), field `environment`: the key is real, and the rules'
/// endpoint does not say whether its money is.
/// Any error of the signer's.
pub async fn sign_request(
    signer: &dyn Signer,
    rules: &SigningRules,
    request: &SigningRequest<'_>,
    now: Timestamp,
) -> Result<Signed, Error> {
    if request.payload_hash.is_some_and(|hash| hash != payload_hash(request.body)) {
        let message = "payload_hash is not the hash of the body; hash the bytes that are sent";
        return Err(Error::invalid("payload_hash", message));
    }
    let what = rules.check(request)?;
    let unsigned = Unsigned {
        operation: what.operation,
        format: crate::wire::Format::Json,
        host: rules.endpoint().host(),
        body: request.body,
        now,
    };
    let headers = signer.sign(unsigned).await?;
    rules.endpoint().check_key(&headers.authorization)?;
    Ok(Signed { headers, what })
}
