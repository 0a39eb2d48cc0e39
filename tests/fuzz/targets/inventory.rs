//! The list of cards that the account manager delivers.

use super::table::{Drops, assert_quiet};
use crate::input::Input;
use crate::leaks::{assert_safe, shown};
use posa_core::inventory::{Inventory, Wac};
use posa_core::{Currency, Error};
use std::fmt::Write;

/// First byte: the currency. The rest: the file.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let currency = input.pick(&[Currency::Usd, Currency::Eur, Currency::Jpy, Currency::Sek]);
    let file = input.rest();
    let read = Inventory::read(file, currency);
    assert_eq!(outcome(&read), outcome(&Inventory::read(Drops::of(file), currency)), "read piece by piece");
    match read {
        Ok(inventory) => {
            let mut written = "Card Number,Checksum,Amount\n".to_owned();
            for wac in &inventory {
                let (card, checksum) = (wac.card_number(), wac.checksum());
                let amount = wac.denomination().map_or("0".to_owned(), posa_core::Amount::decimal);
                writeln!(written, "{},{checksum},{amount}", card.number()).unwrap();
                assert_eq!(inventory.check(&card).unwrap(), wac);
            }
            let again = Inventory::read(written.as_bytes(), currency).unwrap();
            assert!(again.iter().eq(inventory.iter()), "{written}");
            let counted: usize = inventory.ranges().iter().map(|range| range.count).sum();
            assert_eq!(counted, inventory.len());
            assert!(inventory.iter().map(Wac::card_number).is_sorted_by(|a, b| a.number() < b.number()));
            assert_safe(&format!("{}{}", shown(&inventory), shown(&inventory.ranges())));
        }
        Err(error) => assert_quiet(&error, file),
    }
}

fn outcome(read: &Result<Inventory, Error>) -> Result<Vec<Wac>, String> {
    read.as_ref().map(|inventory| inventory.iter().copied().collect()).map_err(|error| format!("{error:?}"))
}
