//! Amounts as callers write them.

use crate::agree::wire;
use crate::input::Input;
use crate::leaks::{assert_safe, printed};
use posa_core::{Amount, Currency, Marketplace};

/// First byte: the currency. The rest: the decimal.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let currency = input.pick(&Currency::ALL);
    let text = input.text();
    let amount = match Amount::new(text, currency) {
        Ok(amount) => amount,
        Err(error) => {
            assert_eq!(error.field(), Some("amount"));
            return assert_safe(&printed(&error));
        }
    };
    assert_eq!(Amount::new(&amount.decimal(), currency).unwrap(), amount);
    assert_eq!(Amount::from_minor(amount.minor_units(), currency).unwrap(), amount);
    assert_eq!(amount.to_string(), format!("{} {currency}", amount.decimal()));
    // The sandbox counts the same money, from the caller's own text and from what is written of it.
    assert_eq!(posa_sandbox::fuzzing::number(text), Some(wire(amount)), "{text:?}");
    for marketplace in Marketplace::all().filter(|marketplace| marketplace.currency() == currency) {
        let (min, max) = marketplace.range();
        let within = (min.minor_units()..=max.minor_units()).contains(&amount.minor_units());
        assert_eq!(marketplace.check(amount).is_ok(), within);
    }
}
