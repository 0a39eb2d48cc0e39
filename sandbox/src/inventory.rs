//! The cards a fresh sandbox has: 200 of them, always the same.

use posa_core::Marketplace;

/// First of the numbers; the specification's own two cards lead the range.
const FIRST: u64 = 1_400_000_005_567_585;
/// The specification prints these with its two cards. How Amazon computes them is not public.
const PRINTED: [&str; 2] = ["358", "149"];

const US_VARIABLE: usize = 20;
/// Smallest units. The cards of a series take them in turn.
const US_DENOMINATIONS: [i64; 4] = [2500, 5000, 10_000, 20_000];
const US_DENOMINATED: usize = 28;
/// 10, 25, 50 and 100; for JPY, 1000 to 10,000.
const OTHER_DENOMINATIONS: [i64; 4] = [1000, 2500, 5000, 10_000];
const OTHER_OF_EACH: usize = 4;

/// One line of the list that an account manager would send, without the claim code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wac {
    /// 16 digits.
    pub(crate) number: String,
    /// 3 digits.
    pub(crate) checksum: String,
    /// Smallest units; `None` if the activation sets the amount.
    pub(crate) denomination: Option<i64>,
    pub(crate) marketplace: Marketplace,
}

/// 20 US cards of variable amount, 28 denominated ones, then four of each kind for every other marketplace.
pub(crate) fn default_inventory() -> Vec<Wac> {
    use Marketplace::UnitedStates;
    let mut series = vec![(UnitedStates, None); US_VARIABLE];
    series.extend(US_DENOMINATIONS.iter().cycle().take(US_DENOMINATED).map(|amount| (UnitedStates, Some(*amount))));
    for marketplace in Marketplace::all().filter(|marketplace| *marketplace != UnitedStates) {
        series.extend([(marketplace, None); OTHER_OF_EACH]);
        series
            .extend(OTHER_DENOMINATIONS.iter().cycle().take(OTHER_OF_EACH).map(|amount| (marketplace, Some(*amount))));
    }
    let numbers = (FIRST..).map(|number| number.to_string());
    let cards = numbers.zip(series).enumerate().map(|(at, (number, (marketplace, denomination)))| Wac {
        checksum: PRINTED.get(at).map_or_else(|| checksum(&number), |printed| (*printed).to_owned()),
        number,
        denomination,
        marketplace,
    });
    cards.collect()
}

/// The sandbox's own checksum of a card number, not Amazon's: the number times 619, modulo 997, as three digits.
///
/// 997 is a prime over ten, so that every single wrong digit and every swap of two neighbouring digits changes it;
/// the factor keeps the checksums of neighbouring cards apart.
pub(crate) fn checksum(number: &str) -> String {
    let remainder = number.bytes().fold(0u32, |remainder, digit| (remainder * 10 + u32::from(digit & 0xf)) % 997);
    format!("{:03}", remainder * 619 % 997)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use posa_core::{Amount, Currency};
    use std::collections::BTreeSet;

    #[test]
    fn the_default_inventory_is_as_documented() {
        let cards = default_inventory();
        assert_eq!(cards.len(), 200);
        assert_eq!(cards, default_inventory());
        assert_eq!((cards[0].number.as_str(), cards[0].checksum.as_str()), ("1400000005567585", "358"));
        assert_eq!((cards[1].number.as_str(), cards[1].checksum.as_str()), ("1400000005567586", "149"));
        assert!(cards[..20].iter().all(|c| c.marketplace == Marketplace::UnitedStates && c.denomination.is_none()));
        assert_eq!(cards.iter().map(|c| &c.number).collect::<BTreeSet<_>>().len(), 200);
        assert!(cards.iter().all(|c| c.number.len() == 16 && c.checksum.len() == 3));
    }

    #[test]
    fn every_marketplace_has_both_kinds_and_every_denomination_is_within_its_limits() {
        let cards = default_inventory();
        for marketplace in Marketplace::all() {
            let own: Vec<_> = cards.iter().filter(|c| c.marketplace == marketplace).collect();
            assert!(own.iter().any(|c| c.denomination.is_none()), "{marketplace}");
            assert!(own.iter().any(|c| c.denomination.is_some()), "{marketplace}");
            for minor in own.iter().filter_map(|c| c.denomination) {
                let amount = Amount::from_minor(minor.unsigned_abs(), marketplace.currency()).unwrap();
                marketplace.check(amount).unwrap();
            }
        }
        let currencies: BTreeSet<_> = cards.iter().map(|c| c.marketplace.currency()).collect();
        assert_eq!(currencies, Currency::ALL.into_iter().collect());
    }

    #[test]
    fn the_checksum_sees_every_wrong_digit_and_every_swap() {
        let number = "1400000005567593";
        let own = checksum(number);
        for at in 0..number.len() {
            for digit in '0'..='9' {
                let mut other = number.to_owned();
                other.replace_range(at..=at, &digit.to_string());
                assert_eq!(checksum(&other) == own, other == number, "{other}");
            }
            if at > 0 {
                let mut other = number.as_bytes().to_vec();
                other.swap(at - 1, at);
                let other = String::from_utf8(other).unwrap();
                assert_eq!(checksum(&other) == own, other == number, "{other}");
            }
        }
    }
}
