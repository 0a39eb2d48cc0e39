//! What a client whose signature differs most likely did: the mistakes that are known are made once more, until
//! one of them gives the client's signature.

use super::{Authorization, Incoming, Scope};
use crate::server::Partner;
use posa_core::sign::canonical::{credential_scope, payload_hash, signing_key, string_to_sign};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A signature that differs from the one the gateway computed.
pub(super) struct Claim<'a> {
    pub(super) request: &'a Incoming<'a>,
    pub(super) authorization: &'a Authorization,
    pub(super) headers: &'a [(String, String)],
    pub(super) raw_date: &'a str,
    pub(super) scope: &'a Scope<'a>,
    pub(super) partner: &'a Partner,
    /// The gateway's canonical request.
    pub(super) expected: &'a str,
}

pub(super) struct Guess {
    pub(super) cause: String,
    /// The canonical request that gives the client's signature.
    pub(super) signed: Option<String>,
}

/// No client signs more headers. With more, each mistake that is tried would be a long request written once more.
const MOST_HEADERS: usize = 64;

pub(super) fn guess(claim: &Claim<'_>, partners: &[Partner]) -> Guess {
    if claim.headers.len() > MOST_HEADERS {
        let cause = format!("{} headers are signed; sign those that the service names", claim.headers.len());
        return Guess { cause, signed: None };
    }
    let secret = &claim.partner.secret_access_key;
    for (cause, canonical) in requests(claim) {
        if claim.signed(&canonical, secret, claim.scope.day, claim.scope.region) {
            return Guess { cause, signed: Some(canonical) };
        }
    }
    for (cause, secret, day, region) in keys(claim, partners) {
        if claim.signed(claim.expected, &secret, &day, &region) {
            return Guess { cause, signed: Some(claim.expected.to_owned()) };
        }
    }
    let absent = claim.headers.iter().find(|(name, _)| !claim.request.headers.contains_key(name));
    let cause = match absent {
        Some((name, _)) => format!("the request does not carry the signed header {name:?}, or a proxy took it out"),
        None => "most likely the secret access key differs".into(),
    };
    Guess { cause, signed: None }
}

impl Claim<'_> {
    fn signed(&self, canonical: &str, secret: &str, day: &str, region: &str) -> bool {
        let scope = credential_scope(self.scope.day, self.scope.region);
        let to_sign = string_to_sign(self.raw_date, &scope, canonical);
        signing_key(secret, day, region).is_some_and(|key| key.signature(&to_sign) == self.authorization.signature)
    }

    /// The gateway's canonical request with one line replaced.
    fn with_line(&self, old: &str, new: &str) -> String {
        let lines = self.expected.split('\n').map(|line| if line == old { new } else { line });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }
}

/// Cause and canonical request of each mistake that is made while the request is written down.
fn requests(claim: &Claim<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    if let Some(host) = claim.header("host") {
        all.extend(
            hosts(host)
                .into_iter()
                .map(|(signed, cause)| (cause, claim.with_line(&format!("host:{host}"), &format!("host:{signed}")))),
        );
    }
    for (hash, cause) in payloads(claim.request.body) {
        all.push((cause, claim.with_line(&payload_hash(claim.request.body), &hash)));
    }
    let path = claim.request.path;
    let bare = path.trim_start_matches('/');
    for signed in [format!("{path}/"), format!("/%2F{bare}"), format!("%2F{bare}"), bare.to_owned(), "/".to_owned()] {
        all.push((format!("the client signed the path {signed:?} and sent {path:?}"), claim.with_line(path, &signed)));
    }
    for (name, usual) in
        [("accept", ["application/json", "*/*"]), ("content-type", ["application/json", "charset=UTF-8"])]
    {
        let Some(value) = claim.header(name) else { continue };
        for signed in usual.into_iter().chain([""]).chain(value.split_once(';').map(|(bare, _)| bare)) {
            let cause = format!("the client signed {name} {signed:?} and sent {value:?}, often by its HTTP library");
            all.push((cause, claim.with_line(&format!("{name}:{value}"), &format!("{name}:{signed}"))));
        }
    }
    all.extend(layouts(claim));
    all
}

fn hosts(host: &str) -> Vec<(String, String)> {
    let port_at = host.rfind(':').filter(|&at| !host[at..].contains(']'));
    let (name, port) = port_at.map_or((host, ""), |at| host.split_at(at));
    let mut all = vec![];
    if !port.is_empty() {
        all.push((name.to_owned(), format!("the client signed host {name} without the port")));
    }
    for with in [format!("{name}:80"), format!("{name}:443")] {
        all.push((with.clone(), format!("the client signed host {with} and sent {host}")));
    }
    for other in ["localhost", "127.0.0.1"].into_iter().filter(|other| *other != name) {
        for signed in [format!("{other}{port}"), other.to_owned()] {
            all.push((signed.clone(), format!("the client signed host {signed} and sent {host}")));
        }
    }
    all
}

/// Payload hashes that are not the body's.
fn payloads(body: &[u8]) -> Vec<(String, String)> {
    let mut all = vec![
        (payload_hash(b""), "the client hashed an empty body; hash the bytes that are sent".into()),
        ("UNSIGNED-PAYLOAD".into(), "the client left the body unsigned; hash the bytes that are sent".into()),
    ];
    let Ok(text) = std::str::from_utf8(body) else { return all };
    let sorted = sorted(text, 8).unwrap_or_default();
    let written = [
        (respaced(text, false), "without spaces"),
        (respaced(text, true), "with a space after each comma and colon"),
        (sorted.clone(), "with sorted members"),
        (respaced(&sorted, true), "with sorted members and a space after each comma and colon"),
        (text.trim().to_owned(), "without the space or line end around it"),
        (format!("{text}\n"), "with a line end"),
    ];
    for (other, how) in written {
        let cause = format!(
            "the body was written again after it was signed: the client signed it {how}; sign the bytes you send"
        );
        all.push((payload_hash(other.as_bytes()), cause));
    }
    all
}

/// JSON as another serialiser would space it.
fn respaced(json: &str, spaces: bool) -> String {
    let mut text = String::with_capacity(json.len() + 32);
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            text.push(c);
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else if !c.is_ascii_whitespace() {
            text.push(c);
            in_string = c == '"';
            if spaces && matches!(c, ',' | ':') {
                text.push(' ');
            }
        }
    }
    text
}

/// Compact JSON with the members of every object sorted; numbers keep their text.
fn sorted(json: &str, depth: u8) -> Option<String> {
    if !json.trim_start().starts_with('{') {
        return Some(respaced(json, false));
    }
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(json).ok()?;
    let mut parts = Vec::with_capacity(members.len());
    for (name, value) in members {
        parts.push(format!("{}:{}", serde_json::to_string(&name).ok()?, sorted(value.get(), depth.checked_sub(1)?)?));
    }
    Some(format!("{{{}}}", parts.join(",")))
}

/// Canonical requests whose lines are right and whose form is not.
fn layouts(claim: &Claim<'_>) -> Vec<(String, String)> {
    let expected = claim.expected;
    let mut all = vec![
        ("the canonical request ends in a line end that does not belong there".into(), format!("{expected}\n")),
        ("the empty line after the canonical headers is missing".into(), {
            let (head, tail) = expected.rsplit_once("\n\n").unwrap_or((expected, ""));
            format!("{head}\n{tail}")
        }),
    ];
    let (mut unfolded, mut spaced) = (expected.to_owned(), expected.to_owned());
    for (name, value) in claim.headers {
        let folded = value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let line = format!("\n{name}:{folded}\n");
        unfolded = unfolded.replace(&line, &format!("\n{name}:{value}\n"));
        spaced = spaced.replace(&line, &format!("\n{name}: {folded}\n"));
    }
    all.push(("the values of the signed headers were not folded: runs of spaces become one".into(), unfolded));
    all.push(("the canonical headers were written with a space after the colon".into(), spaced));
    let mut names: Vec<&str> = claim.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    let given = claim.authorization.signed_headers.join(";");
    all.push(("SignedHeaders is not sorted".into(), claim.with_line(&names.join(";"), &given)));
    all
}

/// Cause, secret, day and region of each mistake that is made while the key is derived.
fn keys(claim: &Claim<'_>, partners: &[Partner]) -> Vec<(String, String, String, String)> {
    let secret = &claim.partner.secret_access_key;
    let (day, region) = (claim.scope.day, claim.scope.region);
    let key = |cause: String, secret: String| (cause, secret, day.to_owned(), region.to_owned());
    let around = [(" ", ""), ("", " "), ("", "\n"), ("", "\r\n"), ("", "\r"), ("\"", "\"")];
    let mut all: Vec<_> = around
        .into_iter()
        .map(|(before, after)| {
            let cause = "the client's secret access key has a space, a quote or a line end around it".to_owned();
            key(cause, format!("{before}{secret}{after}"))
        })
        .collect();
    for other in partners.iter().filter(|other| other.access_key_id != claim.partner.access_key_id) {
        let cause = format!("the secret is that of another access key id, {}", other.access_key_id);
        all.push(key(cause, other.secret_access_key.clone()));
    }
    for other in ["us-east-1", "eu-west-1", "us-west-2", "us-west-1", "ap-northeast-1"] {
        let cause = format!("the key was derived for region {other} and the credential says {region}");
        all.push((cause, secret.clone(), day.to_owned(), other.to_owned()));
    }
    all
}
