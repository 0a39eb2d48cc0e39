use super::card::CardNumber;
use super::id_tag::IdTag;
use super::shown::{Shown, unseen};
use crate::error::Error;
use crate::journal::BatchKey;
use jiff::Timestamp;
use std::fmt;
use std::str::FromStr;

/// The partner's identifier: five characters, an upper-case letter first, then lower-case letters or digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartnerId(Box<str>);

impl PartnerId {
    const LENGTH: usize = 5;

    /// # Errors
    /// Field `partner_id`: another length or other characters. Case matters.
    pub fn new(text: &str) -> Result<Self, Error> {
        let (first, rest) = text.as_bytes().split_first().unwrap_or((&0, &[]));
        let fits = first.is_ascii_uppercase()
            && text.len() == Self::LENGTH
            && rest.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if fits {
            return Ok(Self(text.into()));
        }
        let message = format!(
            "partner_id {:?} is not an upper-case letter and four lower-case letters or digits, such as \"Awssb\"{}; \
             take it as your account manager wrote it",
            Shown(text),
            unseen(text)
        );
        Err(Error::invalid("partner_id", message))
    }

    /// The five characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PartnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PartnerId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

/// An activationRequestId: names one sale for good, at most 40 characters, the partner id first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(Box<str>);

impl RequestId {
    /// Longest id the gateway takes, in characters.
    pub const MAX: usize = 40;
    /// Letters and digits after the partner id in a generated one.
    const LENGTH: usize = 30;
    /// Those that tell the time: 45 bits of milliseconds since 1970. The others are random: 105 bits.
    const TIME: usize = 9;

    /// A new id: the partner id, the time, and 21 letters and digits from the operating system's random source.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) if the operating system gives no randomness.
    pub fn generate(partner: &PartnerId) -> Result<Self, Error> {
        let mut random = [0; 21];
        getrandom::fill(&mut random).map_err(|e| {
            Error::configuration(
                "request_id",
                format!("the operating system gives no randomness for a request id: {e}"),
            )
        })?;
        Ok(Self::at(partner, Timestamp::now(), random))
    }

    /// The id that a time and 21 random bytes make, for callers with a clock and a generator of their own. Ids of
    /// later milliseconds are greater, so that a database adds them at the end of its index; what keeps them apart is
    /// the randomness alone.
    pub fn at(partner: &PartnerId, now: Timestamp, random: [u8; 21]) -> Self {
        let mut fives = [0; Self::LENGTH];
        let (time, rest) = fives.split_at_mut(Self::TIME);
        for (place, five) in time.iter_mut().rev().enumerate() {
            // Five bits of a number that is negative before 1970, which is as good a name.
            *five = (now.as_millisecond() >> (5 * place)) as u8;
        }
        rest.copy_from_slice(&random);
        Self::of(partner, fives)
    }

    fn of(partner: &PartnerId, fives: [u8; Self::LENGTH]) -> Self {
        // 36 does not divide 256: to draw evenly, five bits of each byte choose one of 32 characters.
        const CHARACTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut id = String::with_capacity(Self::MAX);
        id.push_str(partner.as_str());
        id.extend(fives.iter().map(|five| char::from(CHARACTERS[usize::from(five & 31)])));
        Self(id.into())
    }

    /// The id of the sale that `parts` name, such as the batch it belongs to, the card and the amount: the same key and
    /// parts make the same id at any time, and others another one (145 bits of HMAC-SHA256).
    pub fn derived(partner: &PartnerId, key: &BatchKey, parts: &[&str]) -> Self {
        let mut fives = [0; Self::LENGTH];
        // After a 0, so that none looks as if it had a tag, which begins with a letter.
        fives[1..].iter_mut().zip(key.digest(parts)).for_each(|(five, hashed)| *five = hashed);
        Self::of(partner, fives)
    }

    /// With the tag after the partner id.
    pub(crate) fn tagged(self, tag: &IdTag) -> Self {
        let (partner, rest) = self.0.split_at(PartnerId::LENGTH);
        Self([partner, tag.as_str(), rest].concat().into())
    }

    /// Whether the tag stands after the partner id.
    pub(crate) fn has_tag(&self, tag: &IdTag) -> bool {
        self.0.get(PartnerId::LENGTH..).is_some_and(|rest| rest.starts_with(tag.as_str()))
    }

    /// A caller's own id, or one of the gateway's mock ids (`F` and four digits), which only a sandbox takes.
    ///
    /// # Errors
    /// Field `request_id`: another partner's prefix, nothing after the prefix, more than 40 characters, or a
    /// character that is not an ASCII letter or digit, `-` or `_`. The specification names letters and digits alone;
    /// clients that make ids with the other two sell with them ([`is_plain`](Self::is_plain)).
    pub fn new(text: &str, partner: &PartnerId) -> Result<Self, Error> {
        let id = Self(text.into());
        if id.is_mock() {
            return Ok(id);
        }
        let wrong = |what: String| Err(Error::invalid("request_id", what));
        let Some(rest) = text.strip_prefix(partner.as_str()) else {
            return wrong(format!(
                "request_id {:?} does not begin with the partner id {partner}{}",
                Shown(text),
                unseen(text)
            ));
        };
        if rest.is_empty() {
            return wrong(format!("request_id is the bare partner id {partner}; add what makes it unique"));
        }
        if text.chars().count() > Self::MAX {
            return wrong(format!("request_id has {} characters; at most 40 are taken", text.chars().count()));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return wrong(format!(
                "request_id {:?} has a character that is not a letter or digit, - or _{}",
                Shown(text),
                unseen(text)
            ));
        }
        Ok(id)
    }

    /// An id that was recorded earlier: from a journal, or from the system that made the sale.
    ///
    /// # Errors
    /// Field `request_id`: empty, more than 40 characters, a character outside printable ASCII, or a card's number, which
    /// is no id and would be shown as one.
    pub fn recorded(text: &str) -> Result<Self, Error> {
        if CardNumber::new(text).is_ok() {
            return Err(Error::invalid(
                "request_id",
                "request_id is a card number; give the id of the sale, not its card",
            ));
        }
        if text.is_empty() || text.len() > Self::MAX || !text.bytes().all(|b| b.is_ascii_graphic()) {
            let message = format!("request_id {:?} is not 1 to 40 printable ASCII characters", Shown(text));
            return Err(Error::invalid("request_id", message));
        }
        Ok(Self(text.into()))
    }

    /// Whether it has letters and digits alone, as the specification says.
    pub fn is_plain(&self) -> bool {
        self.0.bytes().all(|b| b.is_ascii_alphanumeric())
    }

    /// Whether it asks a sandbox for a fixed answer: `F0000`, `F2005` and the like.
    pub fn is_mock(&self) -> bool {
        matches!(self.0.as_bytes(), [b'F', digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit))
    }

    /// The id as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn key() -> BatchKey {
        BatchKey::new([7; 32])
    }

    #[test]
    fn a_derived_id_is_fixed_for_good() {
        let partner = PartnerId::new("Awssb").unwrap();
        let id = RequestId::derived(&partner, &key(), &["batch", "november", "1400000005567585", "2500", "USD"]);
        // Computed apart from this code; a change would sell every resumed batch under other ids.
        assert_eq!(id.as_str(), "Awssb0X38GVCWDB4YZN6SCSGC1NFVNP5G05");
        assert_eq!(RequestId::new(id.as_str(), &partner).unwrap(), id);
    }

    #[test]
    fn other_parts_or_another_key_make_another_id() {
        let partner = PartnerId::new("Awssb").unwrap();
        let id = |parts: &[&str]| RequestId::derived(&partner, &key(), parts);
        let lists: [&[&str]; 6] = [&["ab", "c"], &["a", "bc"], &["abc"], &["ab", "c", ""], &[""], &[]];
        let ids: std::collections::HashSet<_> = lists.iter().map(|parts| id(parts)).collect();
        assert_eq!(ids.len(), lists.len());
        assert_ne!(RequestId::derived(&PartnerId::new("Other").unwrap(), &key(), &["ab", "c"]), id(&["ab", "c"]));
        assert_ne!(RequestId::derived(&partner, &BatchKey::new([8; 32]), &["ab", "c"]), id(&["ab", "c"]));
    }

    #[test]
    fn a_card_number_is_no_recorded_id_and_is_not_shown() {
        for digits in ["1400000005567585", "1400000005567585358", "1400-0000-0556-7585"] {
            let error = RequestId::recorded(digits).unwrap_err();
            assert_eq!(error.field(), Some("request_id"));
            assert!(!format!("{error:?}").contains(&digits[..9]), "{error:?}");
        }
        assert!(RequestId::recorded("Awssb1400000005567585").is_ok());
    }

    #[test]
    fn an_id_without_a_tag_never_looks_as_if_it_had_one() {
        let partner = PartnerId::new("Awssb").unwrap();
        let made = [RequestId::generate(&partner).unwrap(), RequestId::derived(&partner, &key(), &["x"])];
        for id in made {
            let first = char::from(id.as_str().as_bytes()[PartnerId::LENGTH]);
            assert!(IdTag::new(&format!("{first}042")).is_err(), "{id}");
            let tagged = id.clone().tagged(&IdTag::new("S042").unwrap());
            assert!(tagged.has_tag(&IdTag::new("S042").unwrap()) && !tagged.has_tag(&IdTag::new("S043").unwrap()));
            assert!(tagged.as_str().len() < RequestId::MAX && RequestId::new(tagged.as_str(), &partner).is_ok());
            assert_eq!(tagged.as_str().replacen("S042", "", 1), id.as_str());
        }
    }
}
