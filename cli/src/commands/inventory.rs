use super::{card, inventory as read};
use crate::exit;
use crate::output::{BAD, GOOD, Output};
use posa_core::{Currency, Error, inventory};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Read the list of cards that the account manager sent
///
/// Reads the list and prints how many cards it holds, in which ranges and denominations.
///
/// Card numbers are shown by their last four digits; claim codes are not even read.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// CSV with the columns Card Number, Checksum and Amount
    file: PathBuf,
    /// The currency of the amounts
    #[arg(long, value_name = "CODE")]
    currency: String,
    /// Look for this card and check its checksum, where given; - reads it from standard input; exit code 1 if not there
    #[arg(long, value_name = "CARD")]
    check: Option<String>,
}

#[derive(Serialize)]
struct Report {
    cards: usize,
    currency: &'static str,
    denominations: Vec<Denomination>,
    ranges: Vec<Range>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<Check>,
}

#[derive(Serialize)]
struct Denomination {
    denomination: Option<String>,
    cards: usize,
}

#[derive(Serialize)]
struct Range {
    first: String,
    last: String,
    cards: usize,
    denomination: Option<String>,
}

#[derive(Serialize)]
struct Check {
    card: String,
    found: bool,
    denomination: Option<String>,
    message: String,
}

pub(super) fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let currency: Currency = args.currency.parse()?;
    let asked = args.check.as_deref().map(card).transpose()?;
    let inventory = read(&args.file, currency)?;
    let check = asked.map(|card| match inventory.check(&card) {
        Ok(wac) => {
            let checksum = card.checksum().map_or("its checksum was not given", |_| "its checksum is right");
            let denomination = wac.denomination().map(|amount| amount.decimal());
            Check { card: card.to_string(), found: true, denomination, message: format!("in the list; {checksum}") }
        }
        Err(e) => Check { card: card.to_string(), found: false, denomination: None, message: e.message().to_owned() },
    });
    let code = if check.as_ref().is_none_or(|check| check.found) { exit::DONE } else { exit::REJECTED };
    let mut denominations = BTreeMap::new();
    for wac in &inventory {
        let amount = wac.denomination();
        let entry = denominations.entry(amount.map(|amount| amount.minor_units()));
        entry
            .or_insert_with(|| Denomination { denomination: amount.map(|amount| amount.decimal()), cards: 0 })
            .cards += 1;
    }
    output.show(&Report {
        cards: inventory.len(),
        currency: currency.code(),
        denominations: denominations.into_values().collect(),
        ranges: inventory.ranges().iter().map(Range::from).collect(),
        check,
    });
    Ok(code)
}

impl From<&inventory::Range> for Range {
    fn from(range: &inventory::Range) -> Self {
        Self {
            first: range.first.to_string(),
            last: range.last.to_string(),
            cards: range.count,
            denomination: range.denomination.map(|amount| amount.decimal()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worth = |denomination: &Option<String>| match denomination {
            Some(decimal) => format!("{decimal} {}", self.currency),
            None => format!("any amount in {}", self.currency),
        };
        write!(f, "{} cards", self.cards)?;
        for Denomination { denomination, cards } in &self.denominations {
            write!(f, "\n  {cards:>9}  {}", worth(denomination))?;
        }
        write!(f, "\n{} ranges of consecutive numbers", self.ranges.len())?;
        for Range { first, last, cards, denomination } in &self.ranges {
            write!(f, "\n  {cards:>9}  {first} to {last}, {}", worth(denomination))?;
        }
        match &self.check {
            Some(Check { card, found: true, denomination, message }) => {
                write!(f, "\n{GOOD}found{GOOD:#} {card}: {message}; {}", worth(denomination))
            }
            Some(Check { message, .. }) => write!(f, "\n{BAD}not found{BAD:#} {message}"),
            None => Ok(()),
        }
    }
}
