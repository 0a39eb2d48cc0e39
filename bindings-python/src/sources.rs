//! Where a sale happens, from the package's `TransactionSource`.

use crate::convert::{Count, Text, attribute};
use posa_core::model::{ShortForm, SourceDetails};
use posa_core::{Error, TransactionSource};
use pyo3::prelude::*;

/// A `TransactionSource` of the package; nothing in it is checked yet.
pub(crate) struct Source {
    form: Text,
    source_id: Text,
    institution_id: Text,
    details: Option<Details>,
    details_json: Option<Text>,
    upc: Option<Text>,
    two_members: bool,
}

struct Details {
    institution_name: Text,
    institution_parent_company: Option<Text>,
    address1: Option<Text>,
    address2: Option<Text>,
    city: Option<Text>,
    state: Option<Text>,
    zip: Option<Text>,
    phone_number: Option<Text>,
    upc: Option<Text>,
    max_characters: Option<Count>,
}

impl<'py> FromPyObject<'_, 'py> for Source {
    type Error = PyErr;

    fn extract(source: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self {
            form: attribute(&source, "form")?,
            source_id: attribute(&source, "source_id")?,
            institution_id: attribute(&source, "institution_id")?,
            details: attribute(&source, "details")?,
            details_json: attribute(&source, "details_json")?,
            upc: attribute(&source, "upc")?,
            two_members: source.getattr("two_members")?.is_truthy()?,
        })
    }
}

impl<'py> FromPyObject<'_, 'py> for Details {
    type Error = PyErr;

    fn extract(details: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self {
            institution_name: attribute(&details, "institution_name")?,
            institution_parent_company: attribute(&details, "institution_parent_company")?,
            address1: attribute(&details, "address1")?,
            address2: attribute(&details, "address2")?,
            city: attribute(&details, "city")?,
            state: attribute(&details, "state")?,
            zip: attribute(&details, "zip")?,
            phone_number: attribute(&details, "phone_number")?,
            upc: attribute(&details, "upc")?,
            max_characters: attribute(&details, "max_characters")?,
        })
    }
}

impl Source {
    pub(crate) fn build(&self) -> Result<TransactionSource, Error> {
        if &*self.form == "short" {
            let shape = if self.two_members { ShortForm::TwoMembers } else { ShortForm::IdText };
            return TransactionSource::short_with(&self.source_id, &self.institution_id, self.upc.as_deref(), shape);
        }
        let details = match (&self.details, &self.details_json) {
            (Some(details), _) => details.build()?,
            (None, Some(text)) => SourceDetails::from_json(text)?,
            (None, None) => {
                return Err(Error::invalid("source_details", "the long form needs details of the location"));
            }
        };
        TransactionSource::long(&self.source_id, &self.institution_id, details)
    }
}

impl Details {
    fn build(&self) -> Result<SourceDetails, Error> {
        let mut builder = SourceDetails::builder(&self.institution_name);
        if let Some(text) = &self.institution_parent_company {
            builder = builder.institution_parent_company(text);
        }
        if let Some(text) = &self.address1 {
            builder = builder.address1(text);
        }
        if let Some(text) = &self.address2 {
            builder = builder.address2(text);
        }
        if let Some(text) = &self.city {
            builder = builder.city(text);
        }
        if let Some(text) = &self.state {
            builder = builder.state(text);
        }
        if let Some(text) = &self.zip {
            builder = builder.zip(text);
        }
        if let Some(text) = &self.phone_number {
            builder = builder.phone_number(text);
        }
        if let Some(text) = &self.upc {
            builder = builder.upc(text);
        }
        if let Some(Count(max)) = self.max_characters {
            builder = builder.max_characters(max as usize);
        }
        builder.build()
    }
}
