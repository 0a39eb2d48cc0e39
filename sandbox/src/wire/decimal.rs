use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// A number as the wire carries it, exact: `digits` times ten to the power of `exponent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// No zeros at either end; empty for zero.
    digits: String,
    exponent: i64,
}

/// Why a number is no count of a currency's smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    Fractional,
    TooLarge,
}

impl Decimal {
    /// Reads what a Java `Double` reads, apart from `NaN`, `Infinity` and hexadecimal: `10`, `10.50`, `.5`, `-1E3`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = sign(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let kept = all.trim_end_matches('0');
        let exponent = exponent - length(fraction) + length(&all) - length(kept);
        let digits = kept.trim_start_matches('0').to_owned();
        Some(Self { negative, exponent: if digits.is_empty() { 0 } else { exponent }, digits })
    }

    /// From a count of the smallest unit of a currency with `scale` fraction digits.
    pub(crate) fn from_minor(minor: i64, scale: u32) -> Self {
        let all = minor.unsigned_abs().to_string();
        let digits = all.trim_end_matches('0').to_owned();
        let exponent = if minor == 0 { 0 } else { length(&all) - length(&digits) - i64::from(scale) };
        Self { negative: minor < 0, digits, exponent }
    }

    pub(crate) fn is_positive(&self) -> bool {
        !self.negative && !self.digits.is_empty()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.negative && !self.digits.is_empty()
    }

    /// The size in the smallest unit of a currency with `scale` fraction digits; the sign does not count.
    pub(crate) fn minor_units(&self, scale: u32) -> Result<i64, Misfit> {
        let shift = usize::try_from(self.exponent + i64::from(scale)).map_err(|_| Misfit::Fractional)?;
        if self.digits.is_empty() {
            return Ok(0);
        }
        if self.digits.len() + shift > 18 {
            return Err(Misfit::TooLarge);
        }
        format!("{}{:0<shift$}", self.digits, "").parse().map_err(|_| Misfit::TooLarge)
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// An exponent beyond any use is as good as a billion, and cannot overflow.
fn parse_exponent(text: &str) -> Option<i64> {
    const LIMIT: i64 = 1_000_000_000;
    let (negative, digits) = sign(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(LIMIT).min(LIMIT);
    Some(if negative { -size } else { size })
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX / 4)
}

/// As Java prints a `Double`, which is what the live gateway sends: `10.0`, `25.5`, `1.0E7`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0.0");
        }
        if self.negative {
            f.write_str("-")?;
        }
        let point = length(&self.digits) + self.exponent;
        let (whole, fraction, power) = match point {
            -2..=0 => ("0".into(), format!("{}{}", "0".repeat(point.unsigned_abs() as usize), self.digits), None),
            1..=7 => {
                let at = point as usize;
                let (whole, fraction) = self.digits.split_at(at.min(self.digits.len()));
                (format!("{whole:0<at$}"), fraction.to_owned(), None)
            }
            _ => {
                let (first, rest) = self.digits.split_at(1);
                (first.to_owned(), rest.to_owned(), Some(point - 1))
            }
        };
        write!(f, "{whole}.{}", if fraction.is_empty() { "0" } else { &fraction })?;
        power.map_or(Ok(()), |power| write!(f, "E{power}"))
    }
}

/// A JSON number of exactly these digits.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn prints_as_a_java_double() {
        let cases = [
            ("10", "10.0"),
            ("10.00", "10.0"),
            ("25.50", "25.5"),
            ("0.01", "0.01"),
            ("0.001", "0.001"),
            ("0.0001", "1.0E-4"),
            ("1e1", "10.0"),
            ("500000", "500000.0"),
            ("9999999.99", "9999999.99"),
            ("10000000", "1.0E7"),
            ("-1", "-1.0"),
            ("000", "0.0"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("1e-999999999999999999999", "1.0E-1000000000"),
        ];
        for (text, printed) in cases {
            assert_eq!(read(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn counts_the_smallest_unit_exactly() {
        assert_eq!(read("2000.00").minor_units(2), Ok(200_000));
        assert_eq!(read("0.07").minor_units(2), Ok(7));
        assert_eq!(read("1.5E2").minor_units(2), Ok(15_000));
        assert_eq!(read("0.005").minor_units(2), Err(Misfit::Fractional));
        assert_eq!(read("0.5").minor_units(0), Err(Misfit::Fractional));
        assert_eq!(read("1e999999999999999999999").minor_units(2), Err(Misfit::TooLarge));
        assert_eq!(read(&"9".repeat(5000)).minor_units(2), Err(Misfit::TooLarge));
        assert_eq!(read("0").minor_units(2), Ok(0));
    }

    #[test]
    fn minor_units_round_trip() {
        for (minor, scale, printed) in
            [(1, 2, "0.01"), (1050, 2, "10.5"), (1000, 2, "10.0"), (500_000, 0, "500000.0"), (0, 2, "0.0")]
        {
            let decimal = Decimal::from_minor(minor, scale);
            assert_eq!(decimal.to_string(), printed);
            assert_eq!(decimal.minor_units(scale), Ok(minor));
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", ".", "-", "NaN", "Infinity", "0x10", "1,5", "1 0", "1e", "1e+", "--1", "1.2.3", "ten"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
