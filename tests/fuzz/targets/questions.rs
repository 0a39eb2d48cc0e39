//! The questions that an app asks its server which signs, and the server's answers.

use crate::agree::assert_same;
use crate::input::Input;
use crate::leaks::{assert_hidden, assert_safe, printed, shown};
use posa_core::model::{Operation, Region};
use posa_core::sign::remote::{Signed, SigningRules, sign_json};
use posa_core::sign::{SignedHeaders, Signer, Unsigned};
use posa_core::wire::Format;
use posa_core::{BoxFuture, Endpoint, Error, PartnerId};
use posa_sandbox::fuzzing::read;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Signs at once, and the same for everybody: what is signed is looked at here, not how.
struct Stamp;

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/AGCODService/aws4_request, \
                             SignedHeaders=accept;host, Signature=0123456789abcdef0123456789abcdef";

impl Signer for Stamp {
    fn sign<'a>(&'a self, request: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        let headers = [("X-Amz-Date", "20260102T030405Z"), ("Authorization", AUTHORIZATION)];
        assert_eq!(request.format, Format::Json);
        Box::pin(async move { SignedHeaders::from_headers(headers) })
    }
}

/// First byte: whether it is a server's answer. The rest: the message.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    if input.flag() {
        return answer(input);
    }
    let message = input.rest();
    match sign(message) {
        Ok(Signed { headers, what }) => {
            assert_safe(&shown(&what.card));
            assert_hidden(AUTHORIZATION, &shown(&headers));
            // The body that was asked about, read as the gateway will.
            let question: serde_json::Value = serde_json::from_slice(message).expect("a question is JSON");
            let body = question["body"].as_str().expect("a question has a body").as_bytes();
            let read = read(what.operation, false, body).expect("the gateway reads what the signer reads");
            assert_same(&what, "Awssb", &read);
            ask(what.operation, &PartnerId::new("Awssb").unwrap(), body).expect("asked again, it is signed again");
        }
        Err(error) => assert_safe(&printed(&error)),
    }
}

/// Asks for a signature as an app does.
pub(super) fn ask(operation: Operation, partner: &PartnerId, body: &[u8]) -> Result<Signed, Error> {
    assert_eq!(partner.as_str(), "Awssb");
    let now = jiff::Timestamp::UNIX_EPOCH;
    sign(Unsigned { operation, format: Format::Json, host: "localhost", body, now }.to_json().as_bytes())
}

fn sign(message: &[u8]) -> Result<Signed, Error> {
    let endpoint = Endpoint::custom("http://localhost", Region::NorthAmerica)?;
    let rules = SigningRules::new(PartnerId::new("Awssb")?, endpoint);
    let signed = pin!(sign_json(&Stamp, &rules, message, jiff::Timestamp::UNIX_EPOCH));
    match signed.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(signed) => signed,
        Poll::Pending => panic!("nothing here has to be waited for"),
    }
}

/// Header names and values, one a line.
fn answer(mut input: Input<'_>) {
    let lines: Vec<&str> = (0..8).map(|_| input.line()).collect();
    let headers: Vec<(&str, &str)> = lines.chunks(2).map(|pair| (pair[0], pair[1])).collect();
    match SignedHeaders::from_headers(headers) {
        Ok(signed) => {
            let again = [("authorization", &*signed.authorization), ("x-amz-date", &*signed.amz_date)];
            assert_eq!(SignedHeaders::from_headers(again).unwrap(), signed);
            assert_hidden(&signed.authorization, &shown(&signed));
            // They become HTTP headers.
            assert!(signed.authorization.bytes().all(|b| b.is_ascii_graphic() || b == b' '));
        }
        Err(error) => assert_safe(&printed(&error)),
    }
}
