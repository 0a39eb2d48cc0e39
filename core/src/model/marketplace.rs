use super::Amount;
use super::currency::Currency;
use super::endpoint::Region;
use super::shown::Shown;
use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// A country of issuance, with what the specification's table "Transaction Amount Limits" fixes for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // Countries, in the order of the specification's table.
pub enum Marketplace {
    Australia,
    Belgium,
    Canada,
    Egypt,
    France,
    Netherlands,
    Germany,
    Italy,
    Japan,
    SaudiArabia,
    Mexico,
    Poland,
    Spain,
    Singapore,
    SouthAfrica,
    Sweden,
    Turkey,
    UnitedArabEmirates,
    UnitedKingdom,
    UnitedStates,
}

struct Row {
    marketplace: Marketplace,
    code: &'static str,
    name: &'static str,
    currency: Currency,
    /// Minor units.
    min: u64,
    max: u64,
    expiry_years: Option<u8>,
    region: Region,
}

/// Smallest amount in hundredths, largest in whole units; JPY has no hundredths.
const fn row(
    marketplace: Marketplace,
    code: &'static str,
    name: &'static str,
    currency: Currency,
    range: (u64, u64),
    expiry_years: Option<u8>,
    region: Region,
) -> Row {
    let (min, max) = match currency {
        Currency::Jpy => (range.0 / 100, range.1),
        _ => (range.0, range.1 * 100),
    };
    Row { marketplace, code, name, currency, min, max, expiry_years, region }
}

const TABLE: [Row; 20] = {
    use Currency as C;
    use Marketplace::*;
    use Region::*;
    [
        row(Australia, "AU", "Australia", C::Aud, (1, 5000), Some(10), FarEast),
        row(Belgium, "BE", "Belgium", C::Eur, (100, 5000), Some(10), Europe),
        row(Canada, "CA", "Canada", C::Cad, (1, 5000), None, NorthAmerica),
        row(Egypt, "EG", "Egypt", C::Egp, (100, 6000), Some(10), Europe),
        row(France, "FR", "France", C::Eur, (15, 5000), Some(10), Europe),
        row(Netherlands, "NL", "Netherlands", C::Eur, (100, 5000), Some(10), Europe),
        row(Germany, "DE", "Germany", C::Eur, (15, 5000), Some(10), Europe),
        row(Italy, "IT", "Italy", C::Eur, (1, 5000), Some(10), Europe),
        row(Japan, "JP", "Japan", C::Jpy, (100, 500_000), Some(10), FarEast),
        row(SaudiArabia, "SA", "KSA", C::Sar, (100, 5000), Some(10), Europe),
        row(Mexico, "MX", "Mexico", C::Mxn, (500, 5000), Some(5), NorthAmerica),
        row(Poland, "PL", "Poland", C::Pln, (100, 21_000), Some(10), Europe),
        row(Spain, "ES", "Spain", C::Eur, (15, 5000), Some(10), Europe),
        row(Singapore, "SG", "Singapore", C::Sgd, (1, 500), Some(10), FarEast),
        row(SouthAfrica, "ZA", "South Africa", C::Zar, (100, 6000), Some(10), Europe),
        row(Sweden, "SE", "Sweden", C::Sek, (100, 10_000), Some(10), Europe),
        row(Turkey, "TR", "Turkey", C::Try, (100, 5000), Some(10), Europe),
        row(UnitedArabEmirates, "AE", "United Arab Emirates", C::Aed, (100, 6000), Some(10), Europe),
        row(UnitedKingdom, "GB", "United Kingdom", C::Gbp, (1, 5000), Some(10), Europe),
        row(UnitedStates, "US", "United States", C::Usd, (1, 2000), None, NorthAmerica),
    ]
};

impl Marketplace {
    /// Every marketplace, in the order of the specification's table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.marketplace)
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The ISO 3166 alpha-2 code.
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// The name that the specification uses.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The currency its cards are issued in.
    pub fn currency(self) -> Currency {
        self.row().currency
    }

    /// Smallest and largest amount of one activation.
    pub fn range(self) -> (Amount, Amount) {
        let row = self.row();
        let amount = |minor| Amount::from_minor(minor, row.currency);
        match (amount(row.min), amount(row.max)) {
            (Ok(min), Ok(max)) => (min, max),
            // The widest range is made of these very rows.
            _ => unreachable!("the table holds valid amounts"),
        }
    }

    /// Years until an activated card expires; `None` where cards do not.
    pub fn expiry_years(self) -> Option<u8> {
        self.row().expiry_years
    }

    /// The region whose gateway serves it.
    pub fn region(self) -> Region {
        self.row().region
    }

    /// Refuses an amount that this country does not issue.
    ///
    /// # Errors
    /// Field `currency` if the country uses another one; field `amount` if it is outside the country's range.
    pub fn check(self, amount: Amount) -> Result<(), Error> {
        let row = self.row();
        if amount.currency() != row.currency {
            let message = format!(
                "currency {} is not used by the {} marketplace; its cards are in {}",
                amount.currency(),
                row.code,
                row.currency
            );
            return Err(Error::invalid("currency", message));
        }
        amount.within(row.min, row.max, row.code)
    }

    /// The smallest and largest amount, in minor units, over every marketplace that uses the currency.
    pub(super) fn widest_range(currency: Currency) -> (u64, u64) {
        let rows = TABLE.iter().filter(|row| row.currency == currency);
        rows.fold((u64::MAX, 0), |(min, max), row| (min.min(row.min), max.max(row.max)))
    }
}

impl fmt::Display for Marketplace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Marketplace {
    type Err = Error;

    /// Takes the alpha-2 code in upper case, and the specification's own `UK`, `UAE` and `KSA`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let code = match text {
            "UK" => "GB",
            "UAE" => "AE",
            "KSA" => "SA",
            other => other,
        };
        TABLE.iter().find(|row| row.code == code).map(|row| row.marketplace).ok_or_else(|| {
            let known = TABLE.each_ref().map(|row| row.code).join(", ");
            Error::invalid("marketplace", format!("marketplace {:?} is unknown; use one of {known}", Shown(text)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_stands_at_its_own_place() {
        assert!(Marketplace::all().enumerate().all(|(at, marketplace)| at == marketplace as usize));
    }
}
