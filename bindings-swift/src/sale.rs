//! What a call names, as Swift hands it over.

use crate::source::Source;
use crate::wait::Stake;
use posa_core::{Activate, Amount, CardNumber, Deactivate, Error, PartnerId, RequestId, StatusCheck};

/// A card to activate; nothing in it is checked yet.
#[derive(uniffi::Record)]
pub struct Sale {
    pub card: String,
    pub amount: String,
    pub currency: String,
    pub request_id: Option<String>,
    pub source: Option<Source>,
    pub program_id: Option<String>,
    pub product_type: Option<String>,
    pub external_reference: Option<String>,
}

impl Sale {
    /// The sale, its card, and its id if it has one.
    pub(crate) fn build(&self, partner: &PartnerId) -> Result<(Activate, CardNumber, Option<RequestId>), Error> {
        let amount = Amount::new(&self.amount, self.currency.parse()?);
        let card = CardNumber::new(&self.card)?;
        let mut sale = Activate::new(card.clone(), amount?);
        let id = self.request_id.as_ref().map(|id| RequestId::new(id, partner)).transpose()?;
        if let Some(id) = &id {
            sale = sale.request_id(id.clone());
        }
        if let Some(source) = &self.source {
            sale = sale.source(source.build()?);
        }
        if let Some(program) = &self.program_id {
            sale = sale.program_id(program)?;
        }
        if let Some(product) = &self.product_type {
            sale = sale.product_type(product)?;
        }
        if let Some(reference) = &self.external_reference {
            sale = sale.external_reference(reference)?;
        }
        Ok((sale, card, id))
    }
}

/// A sale that was begun before.
#[derive(uniffi::Record)]
pub struct Earlier {
    pub card: String,
    pub request_id: String,
    pub external_reference: Option<String>,
}

impl Earlier {
    pub(crate) fn stake(&self, partner: &PartnerId) -> Result<Stake, Error> {
        let card = CardNumber::new(&self.card)?;
        Ok(Stake { id: RequestId::new(&self.request_id, partner)?, card: Some(card) })
    }

    pub(crate) fn reversal(&self, partner: &PartnerId) -> Result<Deactivate, Error> {
        let card = CardNumber::new(&self.card)?;
        let reversal = Deactivate::new(RequestId::new(&self.request_id, partner)?, card);
        match &self.external_reference {
            Some(text) => reversal.external_reference(text),
            None => Ok(reversal),
        }
    }

    pub(crate) fn check(&self, partner: &PartnerId) -> Result<StatusCheck, Error> {
        let card = CardNumber::new(&self.card)?;
        let check = StatusCheck::new(RequestId::new(&self.request_id, partner)?, card);
        match &self.external_reference {
            Some(text) => check.external_reference(text),
            None => Ok(check),
        }
    }
}
