use super::shown::Shown;
use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// Whose sale a request id names: four characters that follow the partner id, such as `S042`, the same in every id of a
/// shop's tills and in no other.
///
/// A server that signs for tills signs nothing but ids with its tag, so that a till can neither sell under anybody
/// else's ids nor take back what they sold. Ids that are made without a tag never look as if they had one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdTag(Box<str>);

impl IdTag {
    /// # Errors
    /// Field `id_tag`: not an upper-case letter and three upper-case letters or digits.
    pub fn new(text: &str) -> Result<Self, Error> {
        let fits = text.len() == 4
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && text.starts_with(|first: char| first.is_ascii_uppercase());
        if fits {
            return Ok(Self(text.into()));
        }
        let message = format!(
            "id_tag {:?} is not an upper-case letter and three upper-case letters or digits, such as \"S042\"; give the \
             tills of each shop one, and their signer the same",
            Shown(text)
        );
        Err(Error::configuration("id_tag", message))
    }

    /// The four characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IdTag {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}
