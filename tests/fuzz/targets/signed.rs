//! What the core signs, the sandbox takes; and not a bit of it may change.

use crate::input::Input;
use posa_core::PartnerId;
use posa_core::model::{Operation, Region};
use posa_core::sign::{Credentials, SigV4, Signer, Unsigned};
use posa_core::wire::Format;
use posa_sandbox::fuzzing::{Partner, Signed, verify};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Bytes that choose the request and what changes on its way, the host and the secret, then the body.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (operation, format) = (input.operation(), input.pick(&[Format::Json, Format::Xml]));
    let (what, at, bit) = (input.byte(), usize::from(input.byte()), 1 << (input.byte() % 8));
    let (host, secret) = (input.line(), input.line());
    let id = PartnerId::new("Awssb").unwrap();
    let (Ok(partner), Ok(credentials)) =
        (Partner::new(id, "SANDBOXACCESSKEY", secret), Credentials::new("SANDBOXACCESSKEY", secret))
    else {
        return;
    };
    let mut body = input.rest().to_vec();
    let now: jiff::Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let signer = SigV4::new(Region::NorthAmerica, credentials);
    let unsigned = Unsigned { operation, format, host, body: &body, now };
    let signed = match pin!(signer.sign(unsigned)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(signed) => signed.unwrap(),
        Poll::Pending => panic!("the key is here"),
    };
    let mut headers = http::HeaderMap::new();
    let own = [("x-amz-date", &*signed.amz_date), ("authorization", &*signed.authorization)];
    for (name, value) in unsigned.headers().into_iter().chain(own) {
        let Ok(value) = value.parse() else { return };
        headers.insert(name, value);
    }
    let mut path = operation.path();
    let asked = |path, headers: &_, body: &[u8]| verify(&Signed { path, query: "", headers, body }, &partner, now);
    asked(path, &headers, &body).expect("the core's own signature is right");
    // One thing changes on the way.
    match what % 4 {
        0 if body.is_empty() => body.push(b' '),
        0 => {
            let at = at % body.len();
            body[at] ^= bit;
        }
        1 => path = Operation::ALL.into_iter().find(|other| *other != operation).unwrap().path(),
        2 => {
            let signature = signed.authorization.len() - 64 + at % 64;
            let mut text = signed.authorization.clone();
            let other = if text.as_bytes()[signature] == b'0' { "1" } else { "0" };
            text.replace_range(signature..=signature, other);
            headers.insert("authorization", text.parse().unwrap());
        }
        _ => drop(headers.insert("x-amz-target", "com.amazonaws.agcod.AGCODService.CreateGiftCard".parse().unwrap())),
    }
    asked(path, &headers, &body).expect_err("something changed after it was signed");
}
