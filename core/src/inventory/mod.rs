//! The cards that the account manager delivered: is a number ours, is its checksum right, what is it worth.
//!
//! The delivered list carries the claim codes too. They are the money itself, nothing here needs them, and they
//! are passed over while reading: no value of this module ever holds one.

mod list;
mod locations;

pub use locations::{Store, read_stores, write_locations};

use crate::error::Error;
use crate::model::{Amount, CardNumber, Currency};
use std::fmt;
use std::io::Read;

/// The cards of one delivered list, all in one currency. A million of them take 32 MB.
#[derive(Clone)]
pub struct Inventory {
    currency: Currency,
    /// Sorted by number, each number once.
    cards: Box<[Wac]>,
}

/// One Web Activated Card of the list; prints its last four digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Wac {
    number: u64,
    checksum: u16,
    denomination: Option<Amount>,
}

/// Cards with consecutive numbers and the same denomination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The lowest number, with its checksum.
    pub first: CardNumber,
    /// The highest number, with its checksum.
    pub last: CardNumber,
    /// How many cards, both ends included.
    pub count: usize,
    /// What each is worth, or `None` for cards whose amount is set by the activation.
    pub denomination: Option<Amount>,
}

impl Inventory {
    /// Reads the list (specification, "Web Activation Card Number") as a spreadsheet exports it: the columns Card
    /// Number, Checksum and Amount in any order under a header line, with comma, semicolon or tab between them.
    /// Other columns, Sequence and Claim Code among them, are passed over. An amount of `$0` is a card without a
    /// denomination. A row that is there twice counts once.
    ///
    /// # Errors
    /// Fields `card_number`, `checksum`, `amount`, or `inventory` for the file as a whole. The message names the line
    /// and never shows what stands in a cell.
    pub fn read(reader: impl Read, currency: Currency) -> Result<Self, Error> {
        Ok(Self { currency, cards: list::read(reader, currency)?.into() })
    }

    /// The currency of every card.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// How many cards.
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether the list had a header and no card.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The cards, by number.
    pub fn iter(&self) -> std::slice::Iter<'_, Wac> {
        self.cards.iter()
    }

    /// Whether the list has the card; its checksum is not looked at.
    pub fn contains(&self, card: &CardNumber) -> bool {
        self.find(card).is_some()
    }

    /// The card of that number. Where the checksum is given (19 digits) it must be right: this is the check on a
    /// number that was typed or read out.
    ///
    /// # Errors
    /// Field `card_number`: not in the list, or with another checksum.
    pub fn check(&self, card: &CardNumber) -> Result<&Wac, Error> {
        let Some(wac) = self.find(card) else {
            let message = format!("card_number {card} is not in the inventory; compare the digits with the card");
            return Err(Error::invalid("card_number", message));
        };
        if card.checksum().is_some_and(|given| given != wac.checksum()) {
            let message = format!("card_number {card} does not fit its checksum; read all 19 digits again");
            return Err(Error::invalid("card_number", message));
        }
        Ok(wac)
    }

    /// Whether the card may be sold for that amount: in the list, its checksum right, and a denominated card for
    /// exactly its denomination.
    ///
    /// # Errors
    /// Field `card_number` as for [`check`](Self::check); field `currency` if the list is in another one; field
    /// `amount` if the card's denomination differs.
    pub fn check_sale(&self, card: &CardNumber, amount: Amount) -> Result<(), Error> {
        let wac = self.check(card)?;
        if amount.currency() != self.currency {
            let message =
                format!("currency {} is not that of card {card}; sell it in {}", amount.currency(), self.currency);
            return Err(Error::invalid("currency", message));
        }
        match wac.denomination {
            Some(denomination) if denomination != amount => {
                let message = format!("amount {amount} is not what card {card} is worth; sell it for {denomination}");
                Err(Error::invalid("amount", message))
            }
            _ => Ok(()),
        }
    }

    /// The list as runs of consecutive numbers, lowest first.
    pub fn ranges(&self) -> Vec<Range> {
        let joined = |a: &Wac, b: &Wac| a.number + 1 == b.number && a.denomination == b.denomination;
        let runs = self.cards.chunk_by(joined).filter_map(|run| {
            let (first, last) = (run.first()?, run.last()?);
            let (denomination, count) = (first.denomination, run.len());
            Some(Range { first: first.card_number(), last: last.card_number(), count, denomination })
        });
        runs.collect()
    }

    fn find(&self, card: &CardNumber) -> Option<&Wac> {
        let number: u64 = card.number().parse().ok()?;
        let at = self.cards.binary_search_by_key(&number, |wac| wac.number).ok()?;
        self.cards.get(at)
    }
}

impl Wac {
    /// The number with its checksum: the 19 digits to send.
    pub fn card_number(&self) -> CardNumber {
        match CardNumber::new(&format!("{:016}{:03}", self.number, self.checksum)) {
            Ok(card) => card,
            // Both were read from that many digits.
            Err(_) => unreachable!("16 and 3 digits are a card number"),
        }
    }

    /// The 3 digits of the checksum.
    pub fn checksum(&self) -> String {
        format!("{:03}", self.checksum)
    }

    /// What the card is worth, or `None` where the activation sets it.
    pub fn denomination(&self) -> Option<Amount> {
        self.denomination
    }
}

impl<'a> IntoIterator for &'a Inventory {
    type Item = &'a Wac;
    type IntoIter = std::slice::Iter<'a, Wac>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inventory({} cards in {})", self.len(), self.currency)
    }
}

impl fmt::Debug for Wac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wac({}, ", self.card_number())?;
        match self.denomination {
            Some(amount) => write!(f, "{amount})"),
            None => f.write_str("any amount)"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn inventory() -> Inventory {
        let list = "Card Number,Checksum,Amount,Claim Code\n\
            1400000005567586,149,$0,WAS3-C8PP8R-MZMMD\n\
            1400000005567585,358,$0,WA2W-A3CYCB-RDAMZ\n\
            1400000005567587,007,$25.00,WAAA-AAAAAA-AAAAA\n\
            1400000005567600,999,$25.00,WAAA-AAAAAA-AAAAB\n";
        Inventory::read(list.as_bytes(), Currency::Usd).unwrap()
    }

    fn card(digits: &str) -> CardNumber {
        CardNumber::new(digits).unwrap()
    }

    fn usd(decimal: &str) -> Amount {
        Amount::new(decimal, Currency::Usd).unwrap()
    }

    #[test]
    fn a_card_is_ours_by_its_sixteen_digits() {
        let inventory = inventory();
        assert!(inventory.contains(&card("1400000005567585")));
        assert!(inventory.contains(&card("1400000005567585999")));
        assert!(!inventory.contains(&card("1400000005567584")));
        assert_eq!(inventory.iter().map(Wac::checksum).collect::<Vec<_>>(), ["358", "149", "007", "999"]);
    }

    #[test]
    fn the_checksum_is_compared_where_it_is_given() {
        let inventory = inventory();
        assert!(inventory.check(&card("1400000005567585")).is_ok());
        assert!(inventory.check(&card("1400000005567585358")).is_ok());
        let wrong = inventory.check(&card("1400000005567585149")).unwrap_err();
        assert_eq!(wrong.field(), Some("card_number"));
        assert!(wrong.message().contains("checksum"), "{wrong}");
        let unknown = inventory.check(&card("1400000005567584358")).unwrap_err();
        assert!(unknown.message().contains("not in the inventory"), "{unknown}");
        assert!(!format!("{wrong:?}{unknown:?}").contains("55675"));
    }

    #[test]
    fn a_denominated_card_is_sold_for_its_denomination_alone() {
        let inventory = inventory();
        assert!(inventory.check_sale(&card("1400000005567585358"), usd("13.37")).is_ok());
        assert!(inventory.check_sale(&card("1400000005567587007"), usd("25")).is_ok());
        let other = inventory.check_sale(&card("1400000005567587007"), usd("25.01")).unwrap_err();
        assert_eq!(other.field(), Some("amount"));
        assert!(other.message().contains("25.00 USD"), "{other}");
        let euros = Amount::new("25", Currency::Eur).unwrap();
        assert_eq!(inventory.check_sale(&card("1400000005567587"), euros).unwrap_err().field(), Some("currency"));
    }

    #[test]
    fn ranges_are_runs_of_one_denomination() {
        let ranges = inventory().ranges();
        let runs: Vec<_> = ranges.iter().map(|r| (r.first.number(), r.count, r.denomination)).collect();
        let expected = [
            ("1400000005567585", 2, None),
            ("1400000005567587", 1, Some(usd("25"))),
            ("1400000005567600", 1, Some(usd("25"))),
        ];
        assert_eq!(runs, expected);
        assert_eq!(ranges.first().unwrap().last.digits(), "1400000005567586149");
    }

    #[test]
    fn nothing_prints_more_than_four_digits() {
        let inventory = inventory();
        let shown = format!("{inventory:?} {:?} {:?}", inventory.iter().collect::<Vec<_>>(), inventory.ranges());
        assert!(shown.contains("...7585") && !shown.contains("55675") && !shown.contains("WA2W"), "{shown}");
    }
}
