//! What travels between an app and the server that signs for it.

use super::{Signed, SigningRequest, SigningRules, sign_request};
use crate::error::Error;
use crate::sign::canonical::payload_hash;
use crate::sign::{SignedHeaders, Signer, Unsigned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

type Headers<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

/// The app's question.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow)]
    headers: Headers<'a>,
    #[serde(borrow, default)]
    payload_hash: Option<Cow<'a, str>>,
    #[serde(borrow)]
    body: Cow<'a, str>,
}

/// The server's answer.
#[derive(Serialize)]
struct Answer<'a> {
    headers: BTreeMap<&'a str, &'a str>,
}

impl Unsigned<'_> {
    /// The question for a server that signs: a JSON object with `method`, `path`, `headers`, `payloadHash` and `body`.
    /// It holds a whole card number, but no secret.
    pub fn to_json(&self) -> String {
        let headers = self.headers().map(|(name, value)| (name.into(), value.into()));
        json(&Question {
            method: "POST".into(),
            path: self.operation.path().into(),
            headers: headers.into(),
            payload_hash: Some(payload_hash(self.body).into()),
            body: String::from_utf8_lossy(self.body),
        })
    }
}

impl SignedHeaders {
    /// The server's answer: a JSON object with the two `headers`.
    pub fn to_json(&self) -> String {
        json(&Answer { headers: [("x-amz-date", &*self.amz_date), ("authorization", &*self.authorization)].into() })
    }
}

/// Signs what [`Unsigned::to_json`] asks for, if the rules allow it; see [`sign_request`].
///
/// # Errors
/// As [`sign_request`]; field `message` if it is no such JSON object.
pub async fn sign_json(
    signer: &dyn Signer,
    rules: &SigningRules,
    message: &[u8],
    now: Timestamp,
) -> Result<Signed, Error> {
    let question: Question<'_> = serde_json::from_slice(message).map_err(|e| {
        // The position only: serde's own words may quote a card number.
        let what = "message is no JSON object of method, path, headers, payloadHash and body, all text";
        Error::invalid("message", format!("{what} (line {}, column {})", e.line(), e.column()))
    })?;
    let headers: Vec<_> = question.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let request = SigningRequest {
        method: &question.method,
        path: &question.path,
        headers: &headers,
        payload_hash: question.payload_hash.as_deref(),
        body: question.body.as_bytes(),
    };
    sign_request(signer, rules, &request, now).await
}

fn json(value: &impl Serialize) -> String {
    // Text and maps of text always become JSON.
    serde_json::to_string(value).unwrap_or_default()
}
