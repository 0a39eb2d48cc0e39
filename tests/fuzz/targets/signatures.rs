//! The sandbox's readers of signatures: whatever a request carries, it is refused, and nothing of a signature is told.

use crate::input::Input;
use posa_core::PartnerId;
use posa_sandbox::fuzzing::{Partner, Signed, verify};

const NAMES: [&str; 10] = [
    "authorization",
    "x-amz-date",
    "date",
    "host",
    "accept",
    "content-type",
    "x-amz-target",
    "content-length",
    "x",
    "y",
];

/// Path, query and body, one a line; then headers, one a line: a byte that names it, and its value.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (path, query, body) = (input.line(), input.line(), input.line());
    let mut headers = http::HeaderMap::new();
    for _ in 0..NAMES.len() {
        let (name, value) = (input.pick(&NAMES), input.line());
        if let Ok(value) = value.parse() {
            headers.append(name, value);
        }
    }
    let partner = Partner::new(PartnerId::new("Awssb").unwrap(), "SANDBOXACCESSKEY", "sandbox-secret-key").unwrap();
    let now = "2026-01-02T03:04:05Z".parse().unwrap();
    let request = Signed { path, query, headers: &headers, body: body.as_bytes() };
    // A signature that is right cannot be guessed.
    let shown = verify(&request, &partner, now).expect_err("nobody signed it");
    assert!(!shown.contains(&partner.secret_access_key), "{shown}");
    let signature = headers.get("authorization").and_then(|header| header.to_str().ok()?.rsplit_once("Signature="));
    let is_one = |text: &str| text.len() >= 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    // What stands in the rest of a request is told, and somebody may have put it there too.
    let all = String::from_utf8_lossy(bytes).to_lowercase();
    let once = |text: &str| all.matches(&text.to_lowercase()).count() == 1 && all.matches("signature=").count() == 1;
    if let Some((_, signature)) = signature.filter(|(_, signature)| is_one(signature) && once(signature)) {
        assert!(!shown.contains(signature), "{shown}");
    }
}
