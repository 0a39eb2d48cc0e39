use super::{Amount, CardNumber, RequestId, TransactionSource};
use crate::error::Error;

/// A card to activate (specification, "ActivateGiftCard").
#[derive(Debug, Clone)]
pub struct Activate {
    pub(crate) card: CardNumber,
    pub(crate) amount: Amount,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) source: Option<TransactionSource>,
    pub(crate) program_id: Option<String>,
    pub(crate) product_type: Option<String>,
    pub(crate) external_reference: Option<String>,
}

impl Activate {
    /// For a denominated card, `amount` must be the amount printed on it.
    pub fn new(card: CardNumber, amount: Amount) -> Self {
        Self {
            card,
            amount,
            request_id: None,
            source: None,
            program_id: None,
            product_type: None,
            external_reference: None,
        }
    }

    /// The names of what is sent, the id apart, that `other` has another value of.
    pub(crate) fn differences(&self, other: &Self) -> impl Iterator<Item = &'static str> {
        let Self { card, amount, request_id: _, source, program_id, product_type, external_reference } = self;
        let differ = [
            ("card_number", card.number() != other.card.number()),
            ("checksum", card.checksum() != other.card.checksum()),
            ("amount", *amount != other.amount),
            ("source", *source != other.source),
            ("program_id", *program_id != other.program_id),
            ("product_type", *product_type != other.product_type),
            ("external_reference", *external_reference != other.external_reference),
        ];
        differ.into_iter().filter_map(|(name, differs)| differs.then_some(name))
    }

    /// With an id of the caller's own. Without one, the client chooses one before the first send.
    pub fn request_id(mut self, id: RequestId) -> Self {
        self.request_id = Some(id);
        self
    }

    /// With where the sale happens; required at brick-and-mortar locations.
    pub fn source(mut self, source: TransactionSource) -> Self {
        self.source = Some(source);
        self
    }

    /// With the program id that Amazon approved; resellers only.
    ///
    /// # Errors
    /// Field `program_id`: not 1 to 100 letters and digits.
    pub fn program_id(mut self, id: &str) -> Result<Self, Error> {
        self.program_id = Some(alphanumeric("program_id", id, 100)?);
        Ok(self)
    }

    /// With the type of an Amazon Product Voucher.
    ///
    /// # Errors
    /// Field `product_type`: not 1 to 50 letters and digits.
    pub fn product_type(mut self, name: &str) -> Result<Self, Error> {
        self.product_type = Some(alphanumeric("product_type", name, 50)?);
        Ok(self)
    }

    /// With a text for the caller's own tracking.
    ///
    /// # Errors
    /// Field `external_reference`: over 100 characters, or a control character.
    pub fn external_reference(mut self, text: &str) -> Result<Self, Error> {
        self.external_reference = Some(external_reference(text)?);
        Ok(self)
    }
}

/// A card to put back into the inactive state (specification, "DeactivateGiftCard").
#[derive(Debug, Clone)]
pub struct Deactivate {
    pub(crate) request_id: RequestId,
    pub(crate) card: CardNumber,
    pub(crate) external_reference: Option<String>,
}

impl Deactivate {
    /// `request_id` is the one the card was activated with.
    pub fn new(request_id: RequestId, card: CardNumber) -> Self {
        Self { request_id, card, external_reference: None }
    }

    /// With a text for the caller's own tracking.
    ///
    /// # Errors
    /// Field `external_reference`: over 100 characters, or a control character.
    pub fn external_reference(mut self, text: &str) -> Result<Self, Error> {
        self.external_reference = Some(external_reference(text)?);
        Ok(self)
    }
}

/// A card whose state is asked for (specification, "ActivationStatusCheck").
#[derive(Debug, Clone)]
pub struct StatusCheck {
    pub(crate) request_id: RequestId,
    pub(crate) card: CardNumber,
    pub(crate) external_reference: Option<String>,
}

impl StatusCheck {
    /// `request_id` is the one the activation was sent with.
    pub fn new(request_id: RequestId, card: CardNumber) -> Self {
        Self { request_id, card, external_reference: None }
    }

    /// With a text for the caller's own tracking.
    ///
    /// # Errors
    /// Field `external_reference`: over 100 characters, or a control character.
    pub fn external_reference(mut self, text: &str) -> Result<Self, Error> {
        self.external_reference = Some(external_reference(text)?);
        Ok(self)
    }
}

fn external_reference(text: &str) -> Result<String, Error> {
    limited("external_reference", text, 100)
}

/// Text of at most `max` characters that survives both JSON and XML.
pub(super) fn limited(field: &'static str, text: &str, max: usize) -> Result<String, Error> {
    let length = text.chars().take(max + 1).count();
    if length > max {
        let length = text.chars().count();
        return Err(Error::invalid(field, format!("{field} has {length} characters; at most {max} are taken")));
    }
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}')) {
        return Err(Error::invalid(field, format!("{field} has a control character; leave it out")));
    }
    Ok(text.to_owned())
}

fn alphanumeric(field: &'static str, text: &str, max: usize) -> Result<String, Error> {
    if text.is_empty() || text.len() > max || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Error::invalid(field, format!("{field} is not 1 to {max} letters and digits")));
    }
    Ok(text.to_owned())
}
