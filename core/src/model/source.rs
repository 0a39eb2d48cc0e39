use super::request::limited;
use crate::error::Error;
use serde::Serialize;

const IDENTIFIER: usize = 20;
const DETAILS: usize = 200;

/// Where a sale happens (specification, "Additional requirements at Brick and Mortar locations").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionSource {
    pub(crate) source_id: String,
    pub(crate) institution_id: String,
    pub(crate) form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    Long { details: String },
    Short { upc: Option<String>, shape: ShortForm },
}

/// How the short form is written; the specification's text and its sample disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShortForm {
    /// One member `id` that holds a JSON text, as in the specification's sample.
    #[default]
    IdText,
    /// Two members, `sourceId` and `institutionId`, as in the specification's text.
    TwoMembers,
}

impl TransactionSource {
    /// Long form: the location is described in each request.
    ///
    /// `source_id` names the store and `institution_id` its parent; without a parent, give the store again.
    ///
    /// # Errors
    /// Fields `source_id`, `institution_id`: empty or over 20 characters.
    pub fn long(source_id: &str, institution_id: &str, details: SourceDetails) -> Result<Self, Error> {
        Self::build(source_id, institution_id, Form::Long { details: details.text })
    }

    /// Short form: the identifiers only; a location mapping file is sent to Amazon beforehand.
    ///
    /// # Errors
    /// Fields `source_id`, `institution_id`: empty or over 20 characters.
    pub fn short(source_id: &str, institution_id: &str) -> Result<Self, Error> {
        Self::build(source_id, institution_id, Form::Short { upc: None, shape: ShortForm::IdText })
    }

    /// Short form with the product's UPC, as in the specification's sample, or in another shape.
    ///
    /// # Errors
    /// Fields `source_id`, `institution_id`: empty or over 20 characters. Field `upc`: over 20 characters, or given
    /// with [`ShortForm::TwoMembers`], which has no place for it.
    pub fn short_with(
        source_id: &str,
        institution_id: &str,
        upc: Option<&str>,
        shape: ShortForm,
    ) -> Result<Self, Error> {
        if upc.is_some() && shape == ShortForm::TwoMembers {
            return Err(Error::invalid("upc", "upc has no place in the two-member short form; leave it out"));
        }
        let upc = upc.map(|upc| limited("upc", upc, IDENTIFIER)).transpose()?;
        Self::build(source_id, institution_id, Form::Short { upc, shape })
    }

    /// The store.
    pub fn source_id(&self) -> &str {
        &self.source_id
    }

    /// The store's parent.
    pub fn institution_id(&self) -> &str {
        &self.institution_id
    }

    /// The long form's description of the location, a JSON text.
    pub fn details(&self) -> Option<&str> {
        match &self.form {
            Form::Long { details } => Some(details),
            Form::Short { .. } => None,
        }
    }

    /// The short form's UPC.
    pub fn upc(&self) -> Option<&str> {
        match &self.form {
            Form::Short { upc, .. } => upc.as_deref(),
            Form::Long { .. } => None,
        }
    }

    fn build(source_id: &str, institution_id: &str, form: Form) -> Result<Self, Error> {
        let source_id = identifier("source_id", source_id)?;
        let institution_id = identifier("institution_id", institution_id)?;
        Ok(Self { source_id, institution_id, form })
    }

    /// The JSON text of the short form's `id` member.
    pub(crate) fn id_text(&self, upc: Option<&str>) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Id<'a> {
            institution_id: &'a str,
            source_id: &'a str,
            #[serde(rename = "UPC", skip_serializing_if = "Option::is_none")]
            upc: Option<&'a str>,
        }
        to_json(&Id { institution_id: &self.institution_id, source_id: &self.source_id, upc })
    }
}

fn identifier(field: &'static str, text: &str) -> Result<String, Error> {
    if text.is_empty() {
        return Err(Error::invalid(
            field,
            format!("{field} is empty; name the store, or copy source_id where it has no parent"),
        ));
    }
    limited(field, text, IDENTIFIER)
}

/// The JSON text that describes a location: at most 200 characters, `institutionName` always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDetails {
    text: String,
}

/// What [`SourceDetails`] can hold; every field but the name may stay empty.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    institution_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_parent_company: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    #[serde(rename = "UPC", skip_serializing_if = "Option::is_none")]
    upc: Option<&'a str>,
}

/// Puts [`SourceDetails`] together, field by field.
#[derive(Debug, Clone)]
pub struct SourceDetailsBuilder<'a> {
    details: Details<'a>,
    max: usize,
}

impl SourceDetails {
    /// Begins with the name of the merchant, which the specification requires.
    pub fn builder(institution_name: &str) -> SourceDetailsBuilder<'_> {
        SourceDetailsBuilder { details: Details { institution_name, ..Details::default() }, max: DETAILS }
    }

    /// Takes a JSON text that was made elsewhere.
    ///
    /// # Errors
    /// Field `source_details`: not a JSON object, no `institutionName`, or over 200 characters.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        // Written again, so that line ends and spaces between members do not count.
        Ok(Self { text: limited("source_details", &to_json(&object(text)?), DETAILS)? })
    }

    /// As they stand in a request, letter for letter.
    ///
    /// # Errors
    /// As [`SourceDetails::from_json`].
    pub(crate) fn written(text: &str) -> Result<Self, Error> {
        object(text)?;
        Ok(Self { text: limited("source_details", text, DETAILS)? })
    }
}

/// The JSON object of a location, which has the merchant's name.
fn object(text: &str) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
    let wrong = |what| Error::invalid("source_details", what);
    let value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)
        .map_err(|_| wrong("source_details is not a JSON object; write one such as {\"institutionName\":\"...\"}"))?;
    match value.get("institutionName") {
        Some(serde_json::Value::String(name)) if !name.trim().is_empty() => Ok(value),
        _ => Err(wrong("source_details has no institutionName; add the merchant's name")),
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident),*) => {
        impl<'a> SourceDetailsBuilder<'a> {
            $($(#[$doc])*
            pub fn $name(mut self, text: &'a str) -> Self {
                self.details.$name = Some(text);
                self
            })*
        }
    };
}

setters!(
    /// The company the merchant belongs to.
    institution_parent_company,
    /// Street and number.
    address1,
    /// Second line of the address.
    address2,
    /// City.
    city,
    /// State or province.
    state,
    /// Postal code.
    zip,
    /// Telephone number of the location.
    phone_number,
    /// The product's UPC.
    upc
);

impl SourceDetailsBuilder<'_> {
    /// Takes up to `max` characters instead of 200: the specification's own sample is longer than its limit.
    pub fn max_characters(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// # Errors
    /// Field `source_details`: an empty name, or more than 200 characters in all.
    pub fn build(self) -> Result<SourceDetails, Error> {
        if self.details.institution_name.trim().is_empty() {
            return Err(Error::invalid(
                "source_details",
                "source_details has no institutionName; add the merchant's name",
            ));
        }
        Ok(SourceDetails { text: limited("source_details", &to_json(&self.details), self.max)? })
    }
}

/// Maps and structs of strings always have a JSON text.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
