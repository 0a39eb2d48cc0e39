//! The sales of a batch.

use super::table::{Drops, assert_quiet};
use crate::input::Input;
use posa_core::batch::{Entry, read_sales};
use posa_core::wire::{Format, Request, encode};
use posa_core::{Activate, Currency, Error, PartnerId, RequestId};
use std::io::Read;

/// First byte: whether there is a currency for lines that name none. The rest: the file.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let currency = input.pick(&[None, Some(Currency::Eur), Some(Currency::Jpy)]);
    let file = input.rest();
    let read = entries(file, currency);
    assert_eq!(read, entries(Drops::of(file), currency), "read piece by piece");
    // The first lines: each error is compared with the whole file.
    for entry in read_sales(file, currency).into_iter().flatten().take(8) {
        if let Err(error) = entry.sale {
            assert_quiet(&error, file);
        }
    }
    if let Err(error) = read_sales(file, currency) {
        assert_quiet(&error, file);
    }
}

/// A line and the request that would be sent for it, or what is wrong with it.
type Line = (Option<u64>, Result<String, String>);

fn entries(file: impl Read, currency: Option<Currency>) -> Result<Vec<Line>, String> {
    let text = |error: Error| format!("{error:?}");
    let entry = |entry: Entry| (entry.line, entry.sale.map(|sale| body(&sale)).map_err(text));
    read_sales(file, currency).map(|sales| sales.map(entry).collect()).map_err(text)
}

fn body(sale: &Activate) -> String {
    let partner = PartnerId::new("Awssb").unwrap();
    let id = RequestId::new("Awssb1", &partner).unwrap();
    String::from_utf8(encode(Request::Activate(sale, &id), &partner, Format::Json)).unwrap()
}
