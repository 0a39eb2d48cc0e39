//! Values that Swift checks when it makes them.

use crate::failure::Failure;
use crate::values::{Card, Money};
use posa_core::{Amount, CardNumber, Currency, Marketplace};

#[uniffi::export]
pub fn check_amount(decimal: &str, currency: &str) -> Result<Money, Failure> {
    Ok(Amount::new(decimal, currency.parse()?)?.into())
}

#[uniffi::export]
pub fn check_typed_amount(text: &str, separator: &str, currency: &str) -> Result<Money, Failure> {
    Ok(Amount::typed(text, separator, currency.parse()?)?.into())
}

#[uniffi::export]
pub fn check_card_number(text: &str) -> Result<Card, Failure> {
    Ok((&CardNumber::new(text)?).into())
}

#[uniffi::export]
pub fn check_scanned_card_number(text: &str) -> Result<Card, Failure> {
    Ok((&CardNumber::scanned(text)?).into())
}

#[uniffi::export]
pub fn check_currency(code: &str) -> Result<(), Failure> {
    code.parse::<Currency>()?;
    Ok(())
}

/// The code of the country.
#[uniffi::export]
pub fn check_marketplace(name: &str) -> Result<String, Failure> {
    Ok(name.parse::<Marketplace>()?.code().to_owned())
}
