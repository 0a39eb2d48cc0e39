//! The sales of a register, for `reconcile`.

use super::table::{Drops, assert_quiet};
use crate::input::Input;
use crate::leaks::{assert_safe, shown};
use jiff::tz::offset;
use posa_core::Currency;
use posa_core::recovery::{RegisterSale, read_register};
use std::fmt::Write;

/// First byte: whether there are a currency and an offset for lines that name none. The rest: the file.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (currency, zone) =
        input.pick(&[(None, None), (Some(Currency::Eur), Some(offset(1))), (Some(Currency::Jpy), None)]);
    let file = input.rest();
    let read = read_register(file, currency, zone);
    let pieces = read_register(Drops::of(file), currency, zone);
    let text = |error: &posa_core::Error| format!("{error:?}");
    assert_eq!(read.as_ref().map_err(text), pieces.as_ref().map_err(text), "read piece by piece");
    match read {
        Ok(sales) => {
            assert_safe(&sales.iter().map(|sale| shown(&sale.card_number)).collect::<String>());
            let again = read_register(written(&sales).as_bytes(), None, None).unwrap();
            let what = |sales: &[RegisterSale]| -> Vec<_> {
                let digits = |sale: &RegisterSale| sale.card_number.digits().to_owned();
                sales.iter().map(|sale| (digits(sale), sale.amount, sale.request_id.clone(), sale.sold_at)).collect()
            };
            assert_eq!(what(&again), what(&sales));
            assert!(sales.is_sorted_by(|a, b| a.line < b.line));
        }
        Err(error) => assert_quiet(&error, file),
    }
}

fn written(sales: &[RegisterSale]) -> String {
    let mut file = "card_number\tamount\tcurrency\trequest_id\tsold_at\n".to_owned();
    for sale in sales {
        let (card, amount, currency) = (sale.card_number.digits(), sale.amount.decimal(), sale.amount.currency());
        // The apostrophe keeps it a text, whatever it begins with.
        let id = sale.request_id.as_ref().map_or(String::new(), |id| format!("'{id}").replace('"', "\"\""));
        let sold_at = sale.sold_at.map(|at| at.to_string()).unwrap_or_default();
        writeln!(file, "{card}\t{amount}\t{currency}\t\"{id}\"\t{sold_at}").unwrap();
    }
    file
}
