use super::shown::no_digit;
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

    /// Reads a number as it is typed: spaces, dashes and line ends are left out.
    ///
    /// # Errors
    /// Field `card_number`: anything but digits, or not 16 or 19 of them.
    pub fn new(text: &str) -> Result<Self, Error> {
        let wrong = |what: String| Err(Error::invalid("card_number", what));
        let mut digits = String::with_capacity(Self::WITH_CHECKSUM);
        let mut count = 0usize;
        for (c, position) in text.chars().zip(1u32..) {
            match c {
                '0'..='9' => {
                    count += 1;
                    if count <= Self::WITH_CHECKSUM {
                        digits.push(c);
                    }
                }
                ' ' | '-' | '\r' | '\n' | '\t' => {}
                c => {
                    let what = no_digit(c, position);
                    return wrong(format!(
                        "card_number has a character that is not a digit: {what}; send 16 or 19 digits"
                    ));
                }
            }
        }
        if count != Self::NUMBER && count != Self::WITH_CHECKSUM {
            return wrong(format!("card_number has {count} digits; it needs 16, or 19 with its checksum"));
        }
        Ok(Self(digits.into()))
    }

    /// Reads what a barcode scanner gives: as [`CardNumber::new`], and without what scanners may be set to send along: a
    /// byte order mark, STX and ETX or other control characters around the code, the symbology identifier in front
    /// (`]C1`), and group separators.
    ///
    /// The code has to be that of the card, and of nothing else. A package's own code is refused, also where its last
    /// digits are the card's, and so are GS1 codes with application identifiers: how a code divides is not published.
    ///
    /// # Errors
    /// As [`CardNumber::new`].
    pub fn scanned(payload: &str) -> Result<Self, Error> {
        const GROUP_SEPARATOR: char = '\u{1d}';
        let payload = payload.trim_matches(|c: char| c.is_control() || c.is_whitespace() || c == '\u{FEFF}');
        let identifier = payload.as_bytes().first_chunk().filter(|[bracket, symbology, modifier]| {
            *bracket == b']' && symbology.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric()
        });
        let code = if identifier.is_some() { &payload[3..] } else { payload };
        let is_gs1 = matches!(identifier, Some(b"]C1" | b"]d2" | b"]Q3" | b"]J1" | [b']', b'e', _]));
        let digits = code.replace(GROUP_SEPARATOR, "");
        let wrong = |what: &str| Err(Error::invalid("card_number", format!("card_number {what}")));
        // As long as a card's number, `01` and the number of a package are none.
        if digits.starts_with("(01)") || is_gs1 && digits.starts_with("01") && digits.len() == 2 + 14 {
            return wrong("is the GS1 code of a package; scan the code of the card itself, or type its digits");
        }
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            match digits.len() {
                8 | 12..=14 => {
                    return wrong(
                        "is a product's code (UPC, EAN); scan the code of the card itself, or type its digits",
                    );
                }
                30 => {
                    return wrong(
                        "has 30 digits, as a package's code has that ends in the card's; such codes are not read: scan \
                         the code of the card itself, or type its digits",
                    );
                }
                _ => {}
            }
        }
        Self::new(&digits)
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
            "\u{FEFF}1400000005567585358\r",
            "\u{2}]C01400000005567585358\u{3}",
            "\u{2}1400 0000\t0556-7585-358\u{3}\r\n",
        ] {
            assert_eq!(CardNumber::scanned(payload).unwrap().digits(), number);
        }
        for payload in ["", "]", "]C1", "]C", "012345678905", "]C1]C11400000005567585358", "]é1400000005567585358"] {
            assert_eq!(CardNumber::scanned(payload).unwrap_err().field(), Some("card_number"));
        }
    }
    #[test]
    fn a_code_that_is_not_the_cards_own_says_whose_it_is() {
        let cases = [
            ("012345678905", "UPC"),
            ("]E04006381333931", "EAN"),
            ("07675011203", "11 digits"),
            ("012345678901400000005567585358", "30 digits"),
            ("]C10104006381333931", "GS1"),
            ("]e00104006381333931", "GS1"),
            ("(01)04006381333931(21)140000", "GS1"),
            ("14000000O5567585", "position 9"),
            ("14 \u{200B}00000005567585", "position 4 is U+200B, which is invisible"),
            ("１400000005567585", "position 1"),
        ];
        for (payload, says) in cases {
            let error = CardNumber::scanned(payload).unwrap_err();
            assert!(error.field() == Some("card_number") && error.message().contains(says), "{payload}: {error}");
            assert!(!error.message().contains("55675"), "{error}");
        }
        // Not known to be GS1, so that nothing tells it from a card.
        assert!(CardNumber::scanned("0104006381333931").is_ok());
    }
}
