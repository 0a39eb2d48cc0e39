//! Names and addresses in settings: journals, gateways, countries, formats, expiry dates.

use crate::input::Input;
use crate::leaks::{assert_hidden, assert_safe, printed};
use posa_core::journal::Name;
use posa_core::model::{Expiration, Region, SourceDetails};
use posa_core::sign::Credentials;
use posa_core::wire::Format;
use posa_core::{Currency, Endpoint, Environment, Error, Marketplace};
use std::str::FromStr;

pub(crate) fn run(bytes: &[u8]) {
    let text = Input::new(bytes).text();
    journal(text);
    endpoint(text);
    word::<Currency>(text, |currency| currency.code().to_owned());
    word::<Environment>(text, |environment| environment.to_string());
    word::<Region>(text, |region| region.name().to_owned());
    word::<Marketplace>(text, |marketplace| marketplace.code().to_owned());
    if let Err(error) = Format::from_str(text) {
        assert_safe(&printed(&error));
    }
    assert_eq!(Expiration::new(text).raw(), text);
    if let Ok(credentials) = Credentials::new("AKIDEXAMPLE", text)
        && text.len() > 20
    {
        assert_hidden(text, &format!("{credentials:?} {credentials:#?}"));
    }
    details(text);
}

fn journal(text: &str) {
    match Name::new(text) {
        Ok(Name::File(path)) => assert_eq!(path.to_str(), Some(text)),
        Ok(Name::Postgres(url)) => assert_eq!(url, text),
        Ok(Name::None | Name::Memory) => {}
        // It may hold a password, so no word of it is shown that is longer than those of the message itself.
        Err(error) => {
            let printed = printed(&error);
            let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 20);
            words.for_each(|word| assert_hidden(word, &printed));
        }
    }
}

fn endpoint(text: &str) {
    match Endpoint::custom(text, Region::Europe) {
        Ok(endpoint) => {
            assert_eq!(Endpoint::custom(endpoint.url(), Region::Europe).unwrap(), endpoint);
            assert_eq!(endpoint.environment(), Environment::Sandbox);
            assert!(endpoint.url().ends_with(endpoint.host()));
        }
        Err(error) => assert_safe(&printed(&error)),
    }
}

fn word<T: FromStr<Err = Error> + Copy + PartialEq + std::fmt::Debug>(text: &str, name: impl Fn(T) -> String) {
    match text.parse::<T>() {
        Ok(value) => assert_eq!(name(value).parse::<T>().unwrap(), value),
        Err(error) => assert_safe(&printed(&error)),
    }
}

fn details(text: &str) {
    match SourceDetails::from_json(text) {
        Ok(details) => {
            let source = posa_core::TransactionSource::long("1", "1", details.clone()).unwrap();
            let written = source.details().expect("the long form has details");
            assert_eq!(SourceDetails::from_json(written).unwrap(), details);
        }
        Err(error) => assert_safe(&printed(&error)),
    }
}
