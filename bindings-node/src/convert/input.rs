use super::source::SourceInput;
use crate::error::Failure;
use jiff::{SignedDuration, Timestamp};
use napi::bindgen_prelude::Either;
use napi_derive::napi;
use posa_core::journal::Filter;
use posa_core::recovery::Unfinished;
use posa_core::{Activate, Amount, CardNumber, Currency, Error, PartnerId, RequestId};

/// A card to activate.
pub(crate) struct Given {
    pub(crate) card_number: String,
    pub(crate) amount: String,
    /// The amount is a whole number of the currency's smallest unit, not a decimal.
    pub(crate) minor: bool,
    pub(crate) currency: String,
    pub(crate) request_id: Option<String>,
    pub(crate) details: Option<Details>,
}

/// The rarer members of a sale.
#[napi(object, object_to_js = false)]
pub struct Details {
    /// Where the sale happens.
    pub source: Option<SourceInput>,
    /// For resellers.
    pub program_id: Option<String>,
    /// For product vouchers.
    pub product_type: Option<String>,
    /// The caller's own tracking text.
    pub external_reference: Option<String>,
}

impl Given {
    pub(crate) fn convert(self, partner: &PartnerId) -> Result<Activate, Error> {
        let card = CardNumber::new(&self.card_number)?;
        let id = self.request_id.map(|id| RequestId::new(&id, partner)).transpose()?;
        let mut sale = Activate::new(card, amount(&self.amount, self.minor, self.currency.parse()?)?);
        if let Some(id) = id {
            sale = sale.request_id(id);
        }
        match self.details {
            Some(details) => details.add_to(sale),
            None => Ok(sale),
        }
    }
}

impl Details {
    fn add_to(self, mut sale: Activate) -> Result<Activate, Error> {
        if let Some(source) = self.source {
            sale = sale.source(source.convert()?);
        }
        if let Some(program_id) = &self.program_id {
            sale = sale.program_id(program_id)?;
        }
        if let Some(product_type) = &self.product_type {
            sale = sale.product_type(product_type)?;
        }
        if let Some(text) = &self.external_reference {
            sale = sale.external_reference(text)?;
        }
        Ok(sale)
    }
}

/// The decimal of an amount that a person typed.
#[napi]
pub fn typed_amount(text: String, separator: String, currency: String) -> Either<String, Failure> {
    let amount = currency.parse().and_then(|currency| Amount::typed(&text, &separator, currency));
    amount.map_or_else(|error| Either::B(error.into()), |amount| Either::A(amount.decimal()))
}

pub(super) fn amount(text: &str, minor: bool, currency: Currency) -> Result<Amount, Error> {
    match text.parse() {
        Ok(units) if minor => Amount::from_minor(units, currency),
        // A decimal; or minor units that are negative or of more digits than any amount: the core says so of the text.
        _ => Amount::new(text, currency),
    }
}

/// Which sales to list. Times are RFC 3339.
#[napi(object, object_to_js = false)]
pub struct FilterInput {
    /// Only those that still need an answer.
    pub open: bool,
    /// Only those with an outcome that nobody heard.
    pub untold: bool,
    /// Begun at this time or later.
    pub since: Option<String>,
    /// Begun before this time.
    pub until: Option<String>,
    /// After the sale begun at this time ...
    pub after_at: Option<String>,
    /// ... with this id.
    pub after_id: Option<String>,
    /// At most so many.
    pub limit: u32,
}

impl FilterInput {
    pub(crate) fn convert(self) -> Result<Filter, Error> {
        let moment = |field, text: Option<String>| text.map(|text| time(field, &text)).transpose();
        let after_id = self.after_id.map(|id| RequestId::recorded(&id)).transpose()?;
        Ok(Filter {
            open: self.open,
            untold: self.untold,
            from: moment("since", self.since)?,
            to: moment("until", self.until)?,
            after: moment("after", self.after_at)?.zip(after_id),
            limit: Some(self.limit as usize),
            ..Filter::default()
        })
    }
}

/// What a recovery does about sales whose activation has no outcome; ages are in milliseconds.
#[napi(object, object_to_js = false)]
pub struct Choice {
    /// Gives all of them up.
    pub void: bool,
    /// Gives those up that are older.
    pub void_older_than: Option<f64>,
    /// Leaves those that are older to a person.
    pub leave_older_than: Option<f64>,
}

impl Choice {
    pub(crate) fn convert(self) -> Result<Unfinished, Error> {
        // Whole numbers, and no greater than 2 to the power of 53.
        let age = |count: f64| SignedDuration::from_millis(count as i64);
        Unfinished::chosen(self.void, self.void_older_than.map(age), self.leave_older_than.map(age))
    }
}

pub(super) fn time(field: &'static str, text: &str) -> Result<Timestamp, Error> {
    text.parse().map_err(|_| Error::invalid(field, format!("{field} is no time that can be recorded")))
}
