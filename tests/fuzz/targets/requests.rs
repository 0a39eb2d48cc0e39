//! The sandbox's readers of bodies, and the core's reader of what its signer signs.

use crate::agree::assert_same;
use crate::input::Input;
use crate::leaks::{assert_safe, printed};
use posa_core::model::{Operation, Region};
use posa_core::sign::Unsigned;
use posa_core::sign::remote::{SigningRequest, SigningRules};
use posa_core::wire::Format;
use posa_core::{Endpoint, PartnerId};
use posa_sandbox::fuzzing::read;

/// First byte: the operation. The rest: the body.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let operation = input.operation();
    let body = input.rest();
    for xml in [false, true] {
        match read(operation, xml, body) {
            Ok(request) => drop(format!("{request:?}")),
            Err(shown) => assert_safe(&shown),
        }
    }
    signed(operation, body);
}

/// Of whatever a server would sign, the gateway reads just what the server's rules looked at.
fn signed(operation: Operation, body: &[u8]) {
    let partner = PartnerId::new("Awssb").unwrap();
    let endpoint = Endpoint::custom("http://localhost", Region::NorthAmerica).unwrap();
    let headers =
        Unsigned { operation, format: Format::Json, host: endpoint.host(), body, now: jiff::Timestamp::UNIX_EPOCH };
    let request = SigningRequest {
        method: "POST",
        path: operation.path(),
        headers: &headers.headers(),
        payload_hash: None,
        body,
    };
    match SigningRules::new(partner.clone(), endpoint.clone()).check(&request) {
        Ok(signs) => {
            let read = read(operation, false, body);
            assert_same(&signs, partner.as_str(), &read.expect("the gateway reads what the signer reads"));
        }
        Err(error) => assert_safe(&printed(&error)),
    }
}
