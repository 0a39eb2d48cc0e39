use super::shown::{Shown, unseen};
use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// A currency in which gift cards are issued (specification, "Transaction Amount Limits").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The ISO 4217 codes say it.
pub enum Currency {
    Aed,
    Aud,
    Cad,
    Egp,
    Eur,
    Gbp,
    Jpy,
    Mxn,
    Pln,
    Sar,
    Sek,
    Sgd,
    Try,
    Usd,
    Zar,
}

impl Currency {
    /// Every currency, by code.
    pub const ALL: [Self; 15] = [
        Self::Aed,
        Self::Aud,
        Self::Cad,
        Self::Egp,
        Self::Eur,
        Self::Gbp,
        Self::Jpy,
        Self::Mxn,
        Self::Pln,
        Self::Sar,
        Self::Sek,
        Self::Sgd,
        Self::Try,
        Self::Usd,
        Self::Zar,
    ];

    /// The ISO 4217 code, upper case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Aed => "AED",
            Self::Aud => "AUD",
            Self::Cad => "CAD",
            Self::Egp => "EGP",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Jpy => "JPY",
            Self::Mxn => "MXN",
            Self::Pln => "PLN",
            Self::Sar => "SAR",
            Self::Sek => "SEK",
            Self::Sgd => "SGD",
            Self::Try => "TRY",
            Self::Usd => "USD",
            Self::Zar => "ZAR",
        }
    }

    /// How many fraction digits an amount may have: 0 for JPY, 2 for all others.
    pub fn scale(self) -> u32 {
        if self == Self::Jpy { 0 } else { 2 }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|c| c.code() == text).ok_or_else(|| {
            let upper = text.to_ascii_uppercase();
            let message = if Self::ALL.iter().any(|c| c.code() == upper) {
                format!("currency {text:?} is not in upper case; write {upper:?}")
            } else {
                let known = Self::ALL.map(Self::code).join(", ");
                format!(
                    "currency {:?} is not one that gift cards are issued in{}; use one of {known}",
                    Shown(text),
                    unseen(text)
                )
            };
            Error::invalid("currency", message)
        })
    }
}
