use super::Sales;
use crate::error::Error;
use crate::model::{Activate, CardNumber, Currency, decimal};
use std::collections::BTreeMap;
use std::io::Read;

/// What a file of sales holds, looked at before anything is sent.
#[derive(Debug, Clone, Default)]
pub struct Check {
    /// Lines with anything in them.
    pub lines: u64,
    /// What can be sold, one for each currency, by its code.
    pub sums: Vec<Sum>,
    /// What is wrong, or looks so, in the order of the lines. Each message names its line.
    pub findings: Vec<Finding>,
    /// Why the file as a whole must not be sold: its card numbers look as if a spreadsheet had rounded them, so that they
    /// name other cards. Field `card_number`.
    pub rounded: Option<Error>,
}

/// What is wrong with a line, or looks so.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The line, from 1.
    pub line: u64,
    /// What it is, and what to do.
    pub error: Error,
}

/// The sales in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// The currency.
    pub currency: Currency,
    /// How many sales.
    pub sales: u64,
    /// Their amounts together, in the currency's smallest unit.
    pub minor_units: u64,
}

impl Sum {
    /// The decimal with all of the currency's fraction digits.
    pub fn decimal(self) -> String {
        decimal(self.minor_units, self.currency.scale())
    }
}

/// So many numbers that end like rounded ones are no chance: one of a thousand files with 16 digits has them.
const NO_CHANCE: u64 = 3;

impl<R: Read> Sales<R> {
    /// Reads all lines, as [`activate_many`](crate::Client::activate_many) would, and sends nothing. The findings are the
    /// lines that it would refuse, and numbers of 19 digits that end in four zeros, unless the inventory has them: every
    /// ten-thousandth card has such a number, and every card that a spreadsheet has rounded.
    pub fn check(mut self) -> Check {
        let (mut check, mut sums) = (Check::default(), BTreeMap::new());
        let (mut read, mut rounded) = (0, 0);
        while let Some(sale) = self.read() {
            let line = self.line();
            check.lines += 1;
            let looks = sale.as_ref().is_ok_and(|sale| looks_rounded(&sale.card));
            (read, rounded) = (read + u64::from(sale.is_ok()), rounded + u64::from(looks));
            match sale.and_then(|sale| self.compare(&sale).map(|()| sale)) {
                Ok(sale) => {
                    add(&mut sums, &sale);
                    if looks && sale.card.checksum().is_some() {
                        if self.has_inventory() {
                            // The list has that checksum for it.
                            rounded -= 1;
                        } else {
                            check.findings.push(Finding { line, error: ends_in_zeros(line) });
                        }
                    }
                }
                Err(error) => check.findings.push(Finding { line, error }),
            }
        }
        let repeated = read > self.cards() as u64;
        if rounded > 0 && rounded == read && (repeated || read >= NO_CHANCE) {
            check.rounded = Some(all_rounded());
        }
        check.sums = sums.into_values().collect();
        check
    }
}

fn add(sums: &mut BTreeMap<Currency, Sum>, sale: &Activate) {
    let currency = sale.amount.currency();
    let sum = sums.entry(currency).or_insert(Sum { currency, sales: 0, minor_units: 0 });
    sum.sales += 1;
    sum.minor_units = sum.minor_units.saturating_add(sale.amount.minor_units());
}

/// A spreadsheet keeps 15 digits of a number and writes zeros for the others.
fn looks_rounded(card: &CardNumber) -> bool {
    card.digits().bytes().skip(15).all(|digit| digit == b'0')
}

fn ends_in_zeros(line: u64) -> Error {
    let message = format!(
        "line {line}: card_number ends in 0000, as a spreadsheet rounds 19 digits; compare it with the card, or give the \
         inventory"
    );
    Error::invalid("card_number", message)
}

fn all_rounded() -> Error {
    let message = "every card_number has zeros from its sixteenth digit on, as a spreadsheet rounds numbers, and so names \
                   another card; format the column as text and export from the source again, or give 19 digits and the \
                   inventory";
    Error::invalid("card_number", message)
}
