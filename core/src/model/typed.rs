use super::amount::Amount;
use super::currency::Currency;
use crate::error::Error;

impl Amount {
    /// Reads what a person typed where `separator` stands before the decimals: `","` in Germany, `"."` in the United
    /// States, as the locale's settings have it. Digits of the place are read as well as those from 0 to 9.
    ///
    /// Nothing is guessed: thousands are typed without a separator, and the other country's separator is an error, since
    /// `1.000` is a thousand in one country and one in the other.
    ///
    /// ```
    /// # use posa_core::{Amount, Currency};
    /// # fn main() -> Result<(), posa_core::Error> {
    /// assert_eq!(Amount::typed("25,10", ",", Currency::Eur)?, Amount::new("25.10", Currency::Eur)?);
    /// assert!(Amount::typed("25.10", ",", Currency::Eur).is_err());
    /// assert!(Amount::typed("1.000", ".", Currency::Eur).is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Field `decimal_separator`: not a point, a comma or the Arabic `"\u{66b}"`. Field `amount`: any other character
    /// than digits and one separator between them, and as for [`Amount::new`].
    pub fn typed(text: &str, separator: &str, currency: Currency) -> Result<Self, Error> {
        if !matches!(separator, "." | "," | "\u{66b}") {
            let message = "decimal_separator is not one that a place has; give \".\", \",\" or the locale's own";
            return Err(Error::invalid("decimal_separator", message));
        }
        let wrong = |what: String| Err(Error::invalid("amount", format!("amount {what}")));
        let text = text.trim();
        if let Some(other) = text.chars().find(|c| SEPARATORS.contains(c) && !separator.starts_with(*c)) {
            return wrong(format!(
                "has {other:?} in it, where {separator:?} stands before decimals and nothing between thousands; type it \
                 again"
            ));
        }
        let scale = currency.scale() as usize;
        match text.split_once(separator).map(|(_, decimals)| decimals.chars().count()) {
            Some(_) if scale == 0 => wrong(format!("has {separator:?} in it; amounts in {currency} are whole")),
            Some(decimals) if decimals > scale => wrong(format!(
                "has {decimals} characters after {separator:?}, where {scale} decimals stand at the most; type thousands \
                 without a separator"
            )),
            _ => Self::new(&text.replace(separator, ".").chars().map(western).collect::<String>(), currency),
        }
    }
}

/// What stands before decimals or between thousands somewhere.
const SEPARATORS: [char; 9] = ['.', ',', '\u{66b}', '\u{66c}', '\'', '\u{2019}', ' ', '\u{a0}', '\u{202f}'];

/// The digit from 0 to 9 that a digit of Arabic, Persian or full-width writing is.
fn western(c: char) -> char {
    let zero = match c {
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{ff10}'..='\u{ff19}' => 0xff10,
        _ => return c,
    };
    char::from_digit(u32::from(c) - zero, 10).unwrap_or(c)
}
