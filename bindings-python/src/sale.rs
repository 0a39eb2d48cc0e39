//! A sale as the package hands it over.

use crate::convert::{Text, named};
use crate::sources::Source;
use posa_core::{Activate, Amount, CardNumber, Error, PartnerId, RequestId};
use pyo3::prelude::*;

/// source, program_id, product_type, external_reference
pub(crate) type Details<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>);

/// Values of the right types; nothing in them is checked yet.
pub(crate) struct Sale {
    card_number: Text,
    amount: Text,
    currency: Text,
    request_id: Option<Text>,
    source: Option<Source>,
    program_id: Option<Text>,
    product_type: Option<Text>,
    external_reference: Option<Text>,
}

/// A sale whose values are valid.
pub(crate) struct Valid {
    pub(crate) sale: Activate,
    pub(crate) id: Option<RequestId>,
    pub(crate) card: CardNumber,
}

impl Sale {
    pub(crate) fn extract<'py>(
        card_number: &Bound<'py, PyAny>,
        amount: Text,
        currency: &Bound<'py, PyAny>,
        request_id: &Bound<'py, PyAny>,
        details: Option<Details<'py>>,
    ) -> PyResult<Self> {
        let mut sale = Self {
            card_number: named("card_number", card_number)?,
            amount,
            currency: named("currency", currency)?,
            request_id: named("request_id", request_id)?,
            source: None,
            program_id: None,
            product_type: None,
            external_reference: None,
        };
        if let Some((source, program_id, product_type, external_reference)) = details {
            sale.source = named("source", &source)?;
            sale.program_id = named("program_id", &program_id)?;
            sale.product_type = named("product_type", &product_type)?;
            sale.external_reference = named("external_reference", &external_reference)?;
        }
        Ok(sale)
    }

    pub(crate) fn build(&self, partner: &PartnerId) -> Result<Valid, Error> {
        let amount = Amount::new(&self.amount, self.currency.parse()?);
        let card = CardNumber::new(&self.card_number)?;
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
        Ok(Valid { sale, id, card })
    }
}
