use super::currency::Currency;
use super::marketplace::Marketplace;
use super::shown::{Shown, unseen};
use crate::error::Error;
use std::fmt;

/// Minor units that no marketplace comes near: its largest amount has seven digits before the point.
const FAR_OVER: u64 = 10_000_000_000;

/// An exact amount of money: a whole number of the currency's smallest unit.
///
/// Always more than zero and within the widest range the specification allows for the currency; whether it suits
/// one country is checked by [`Marketplace::check`]. No binary floating point is involved anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    minor: u64,
    currency: Currency,
}

impl Amount {
    /// Reads a decimal such as `"25.00"`, `"25"` or `"0.5"`.
    ///
    /// # Errors
    /// Field `amount`: no digits, a sign, an exponent, a thousands separator, more fraction digits than the
    /// currency has (2; JPY 0), zero, or outside the range of every marketplace that uses the currency.
    pub fn new(decimal: &str, currency: Currency) -> Result<Self, Error> {
        let minor = parse(decimal, currency)?;
        Self::from_minor(minor, currency)
    }

    /// From a count of the currency's smallest unit: cents for USD, yen for JPY.
    ///
    /// # Errors
    /// Field `amount`: zero, or outside the range of every marketplace that uses the currency.
    pub fn from_minor(minor: u64, currency: Currency) -> Result<Self, Error> {
        let amount = Self { minor, currency };
        if minor == 0 {
            return Err(Error::invalid("amount", "amount must be more than 0"));
        }
        if minor > FAR_OVER {
            return Err(far_over());
        }
        let (min, max) = Marketplace::widest_range(currency);
        amount.within(min, max, currency.code())?;
        Ok(amount)
    }

    /// One that was valid when it was recorded; the limits may have changed since.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn recorded(minor: u64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The count of the currency's smallest unit.
    pub fn minor_units(self) -> u64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The decimal with all of the currency's fraction digits, such as `25.00` or, in JPY, `500`.
    pub fn decimal(self) -> String {
        decimal(self.minor, self.currency.scale())
    }

    pub(super) fn within(self, min: u64, max: u64, whose: &str) -> Result<(), Error> {
        let scale = self.currency.scale();
        let (relation, limit, bound) = if self.minor < min {
            ("under", "minimum", min)
        } else if self.minor > max {
            ("over", "limit", max)
        } else {
            return Ok(());
        };
        Err(Error::invalid(
            "amount",
            format!("amount {self} is {relation} the {whose} {limit} of {}", decimal(bound, scale)),
        ))
    }

    /// What a gateway sent, or `None` if it is no amount of this currency: `10`, `10.0`, `10.000` and `1.0E7` are
    /// all met on the wire.
    pub(crate) fn from_wire(number: &str, currency: Currency) -> Option<Self> {
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.strip_prefix('+').unwrap_or(e).parse::<u32>().ok().filter(|e| *e <= 12)?),
            None => (number, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let scale = (currency.scale() + exponent) as usize;
        if whole.is_empty() || fraction.len() > 32 || !fraction.bytes().skip(scale).all(|b| b == b'0') {
            return None;
        }
        let kept = &fraction[..fraction.len().min(scale)];
        if !(whole.bytes().chain(kept.bytes())).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits: u64 = format!("{whole}{kept}").parse().ok()?;
        let missing = u32::try_from(scale - kept.len()).ok()?;
        let minor = digits.checked_mul(10u64.checked_pow(missing)?)?;
        (minor > 0).then_some(Self { minor, currency })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

pub(crate) fn decimal(minor: u64, scale: u32) -> String {
    match scale {
        0 => minor.to_string(),
        _ => format!("{}.{:02}", minor / 100, minor % 100),
    }
}

fn parse(text: &str, currency: Currency) -> Result<u64, Error> {
    let wrong = |what: String| Err(Error::invalid("amount", what));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if text.is_empty() {
        return wrong("amount is empty; write a decimal such as \"25.00\"".into());
    }
    if text.starts_with('-') {
        return wrong(format!("amount {:?} is negative; it must be more than 0", Shown(text)));
    }
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return wrong(format!(
            "amount {:?} is not a plain decimal{}; write digits with at most one point, such as \"25.00\"",
            Shown(text),
            unseen(text)
        ));
    }
    let scale = currency.scale() as usize;
    let significant = fraction.trim_end_matches('0');
    if significant.len() > scale || (fraction.len() > 2 && scale > 0) {
        return wrong(match scale {
            0 => format!("amount {:?} has a fraction; {currency} amounts are whole", Shown(text)),
            _ => format!("amount {:?} has more than {scale} decimals", Shown(text)),
        });
    }
    let minor = format!("{whole}{significant:0<scale$}").parse();
    minor.map_err(|_| far_over())
}

/// Not shown: a card number is typed into the wrong field sooner than such a sum.
fn far_over() -> Error {
    Error::invalid("amount", "amount is far over every limit; it is the amount of money, not the card number")
}
