use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// The number of a Web Activated Card: 16 digits, with or without the 3 digits of its checksum
/// (specification, "Web Activation Card Number").
///
/// Printing shows the last four digits only. Two numbers are equal when they name the same card, with or without
/// the checksum.
#[derive(Clone)]
pub struct CardNumber(Box<str>);

impl CardNumber {
    const NUMBER: usize = 16;
    const WITH_CHECKSUM: usize = 19;

    /// Reads a number as it is typed or scanned: spaces, dashes and line ends are left out.
    ///
    /// # Errors
    /// Field `card_number`: anything but digits, or not 16 or 19 of them.
    pub fn new(text: &str) -> Result<Self, Error> {
        let wrong = |what: String| Err(Error::invalid("card_number", what));
        let mut digits = String::with_capacity(Self::WITH_CHECKSUM);
        let mut count = 0usize;
        for c in text.chars() {
            match c {
                '0'..='9' => {
                    count += 1;
                    if count <= Self::WITH_CHECKSUM {
                        digits.push(c);
                    }
                }
                ' ' | '-' | '\r' | '\n' | '\t' => {}
                _ => return wrong("card_number has a character that is not a digit; send the 16 or 19 digits".into()),
            }
        }
        if count != Self::NUMBER && count != Self::WITH_CHECKSUM {
            return wrong(format!("card_number has {count} digits; it needs 16, or 19 with its checksum"));
        }
        Ok(Self(digits.into()))
    }

    /// Reads what a barcode scanner gives: as [`CardNumber::new`], and without the symbology identifier (`]C1`) that some
    /// scanners put in front and the group separators that others leave in.
    ///
    /// # Errors
    /// As [`CardNumber::new`].
    pub fn scanned(payload: &str) -> Result<Self, Error> {
        const GROUP_SEPARATOR: char = '\u{1d}';
        let payload = payload.trim_start_matches(GROUP_SEPARATOR);
        let identified = payload.as_bytes().first_chunk().filter(|[bracket, symbology, modifier]| {
            *bracket == b']' && symbology.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric()
        });
        let digits = if identified.is_some() { &payload[3..] } else { payload };
        Self::new(&digits.replace(GROUP_SEPARATOR, ""))
    }

    /// All digits as given: 16 or 19. Not for logs.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The 16 digits that name the card. Not for logs.
    pub fn number(&self) -> &str {
        &self.0[..Self::NUMBER]
    }

    /// The 3 digits of the checksum, where they were given.
    pub fn checksum(&self) -> Option<&str> {
        (self.0.len() == Self::WITH_CHECKSUM).then(|| &self.0[Self::NUMBER..])
    }

    /// The last four of the 16 digits, for receipts and logs: the same whether the checksum was given or not.
    pub fn last_four(&self) -> LastFour<'_> {
        LastFour(self.number())
    }
}

impl PartialEq for CardNumber {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Eq for CardNumber {}

impl std::hash::Hash for CardNumber {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.number().hash(state);
    }
}

impl FromStr for CardNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.last_four().fmt(f)
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardNumber({self})")
    }
}

/// A card's 16 digits, of which only the last four are ever shown: `...7585`.
#[derive(Clone, Copy)]
pub struct LastFour<'a>(&'a str);

impl fmt::Display for LastFour<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "...{}", &self.0[self.0.len() - 4..])
    }
}

impl fmt::Debug for LastFour<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanners_add_what_is_no_digit() {
        let number = "1400000005567585358";
        for payload in [
            number,
            "]C01400000005567585358\r\n",
            "]C1\u{1d}1400000005567585358\u{1d}",
            "\u{1d}1400 0000 0556 7585 358",
        ] {
            assert_eq!(CardNumber::scanned(payload).unwrap().digits(), number);
        }
        for payload in ["", "]", "]C1", "]C", "012345678905", "]C1]C11400000005567585358", "]é1400000005567585358"] {
            assert_eq!(CardNumber::scanned(payload).unwrap_err().field(), Some("card_number"));
        }
    }
}
