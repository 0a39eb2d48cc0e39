//! The core's reader of requests and the sandbox's, of one body.

use posa_core::Amount;
use posa_core::sign::remote::Signs;
use posa_sandbox::fuzzing::Body;

/// What a server was told that it signs is what the gateway does with the body.
pub(crate) fn assert_same(signs: &Signs, partner: &str, body: &Body) {
    assert_eq!(body.request_id.as_deref(), Some(signs.request_id.as_str()));
    assert_eq!(body.partner_id.as_deref(), Some(partner));
    assert_eq!(body.card_number.as_deref(), Some(signs.card.digits()));
    let amount = signs.amount.map(|amount| (wire(amount), amount.currency().code().to_owned()));
    assert_eq!(body.amount.clone().zip(body.currency.clone()), amount);
}

/// An amount as the gateway prints it.
pub(crate) fn wire(amount: Amount) -> String {
    posa_sandbox::fuzzing::number(&amount.decimal()).expect("a decimal is a number")
}
