//! What the databases keep of a sale beside its columns, so that a repeated request has the same bytes.

use crate::error::{Cause, Delivery, Error, ErrorKind};
use crate::model::{Activate, Amount, CardNumber, Form, RequestId, ShortForm, TransactionSource};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The optional parts of an [`Activate`]. Names and meanings are for good: rows of any age are read with them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Details {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    source: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    program_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    product_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    external_reference: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Source {
    source_id: String,
    institution_id: String,
    #[serde(flatten)]
    form: SourceForm,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
enum SourceForm {
    Long { details: String },
    ShortIdText { upc: Option<String> },
    ShortTwoMembers,
}

/// The optional parts of a sale as JSON; `None` if it has none.
pub(super) fn details(sale: &Activate) -> Option<String> {
    let Activate { card: _, amount: _, request_id: _, source, program_id, product_type, external_reference } = sale;
    if source.is_none() && program_id.is_none() && product_type.is_none() && external_reference.is_none() {
        return None;
    }
    let details = Details {
        source: source.clone().map(Source::from),
        program_id: program_id.clone(),
        product_type: product_type.clone(),
        external_reference: external_reference.clone(),
    };
    // Strings always have a JSON text.
    serde_json::to_string(&details).ok()
}

/// What `sale` changes of one that was refused, and what that was, for the history; `None` if nothing.
pub(super) fn changes(known: &Activate, sale: &Activate) -> Option<String> {
    let changed: Vec<_> = known.differences(sale).collect();
    if changed.is_empty() {
        return None;
    }
    let checksum = known.card.checksum().unwrap_or("none");
    let was = details(known).unwrap_or_else(|| "{}".into());
    Some(format!("changed: {}; it was refused with checksum {checksum} and {was}", changed.join(", ")))
}

/// What [`details`] has in it for this external reference, and for no other.
///
/// Inside a text JSON has no quote without a backslash before it, so this is found nowhere but in its own member.
pub(super) fn reference_in_details(text: &str) -> String {
    format!("\"external_reference\":{}", serde_json::Value::from(text))
}

/// The sale that was stored under `id`.
///
/// # Errors
/// [`Journal`](ErrorKind::Journal) if somebody else wrote the row.
pub(super) fn sale(
    id: &RequestId,
    card: &str,
    minor_units: i64,
    currency: &str,
    details: Option<&str>,
) -> Result<Activate, Error> {
    let card = CardNumber::new(card).map_err(|e| damaged(id, e.message()))?;
    let currency = currency.parse().map_err(|e: Error| damaged(id, e.message()))?;
    let minor_units = u64::try_from(minor_units).map_err(|_| damaged(id, "amount is negative"))?;
    let amount = Amount::recorded(minor_units, currency);
    let mut sale = Activate::new(card, amount).request_id(id.clone());
    if let Some(details) = details {
        let details: Details = serde_json::from_str(details).map_err(|_| damaged(id, "details cannot be read"))?;
        sale.source = details.source.map(TransactionSource::from);
        sale.program_id = details.program_id;
        sale.product_type = details.product_type;
        sale.external_reference = details.external_reference;
    }
    Ok(sale)
}

/// A row that this library did not write.
pub(super) fn damaged(id: impl fmt::Display, what: &str) -> Error {
    let message = format!("the journal's row of request id {id} was changed by somebody else: {what}");
    Error::new(ErrorKind::Journal, Delivery::NotSent, message).because(Cause::DamagedJournal)
}

impl From<TransactionSource> for Source {
    fn from(source: TransactionSource) -> Self {
        let form = match source.form {
            Form::Long { details } => SourceForm::Long { details },
            Form::Short { upc, shape: ShortForm::IdText } => SourceForm::ShortIdText { upc },
            Form::Short { shape: ShortForm::TwoMembers, .. } => SourceForm::ShortTwoMembers,
        };
        Self { source_id: source.source_id, institution_id: source.institution_id, form }
    }
}

impl From<Source> for TransactionSource {
    fn from(source: Source) -> Self {
        let form = match source.form {
            SourceForm::Long { details } => Form::Long { details },
            SourceForm::ShortIdText { upc } => Form::Short { upc, shape: ShortForm::IdText },
            SourceForm::ShortTwoMembers => Form::Short { upc: None, shape: ShortForm::TwoMembers },
        };
        Self { source_id: source.source_id, institution_id: source.institution_id, form }
    }
}
