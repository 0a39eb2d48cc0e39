use napi_derive::napi;
use posa_core::model::{ShortForm, SourceDetails};
use posa_core::{Error, TransactionSource};

/// Where a sale happens. With details, or their finished JSON text, it is the long form.
#[napi(object, object_to_js = false)]
pub struct SourceInput {
    /// Names the store.
    pub source_id: String,
    /// Names its parent.
    pub institution_id: String,
    /// The location.
    pub details: Option<DetailsInput>,
    /// The location as JSON text.
    pub details_json: Option<String>,
    /// The product's UPC, in the short form.
    pub upc: Option<String>,
    /// The short form with two members instead of a text.
    pub two_members: Option<bool>,
}

/// A location.
#[napi(object, object_to_js = false)]
pub struct DetailsInput {
    /// The merchant.
    pub institution_name: String,
    /// The company the merchant belongs to.
    pub institution_parent_company: Option<String>,
    /// Street and number.
    pub address1: Option<String>,
    /// Second line.
    pub address2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// Telephone number.
    pub phone_number: Option<String>,
    /// The product's UPC.
    pub upc: Option<String>,
    /// Takes more than the 200 characters of the specification.
    pub max_characters: Option<u32>,
}

impl SourceInput {
    pub(crate) fn convert(self) -> Result<TransactionSource, Error> {
        let (source, institution) = (&self.source_id, &self.institution_id);
        let details = match (&self.details, &self.details_json) {
            (Some(details), _) => details.convert()?,
            (None, Some(text)) => SourceDetails::from_json(text)?,
            (None, None) => {
                let two = self.two_members.unwrap_or_default();
                let shape = if two { ShortForm::TwoMembers } else { ShortForm::IdText };
                return TransactionSource::short_with(source, institution, self.upc.as_deref(), shape);
            }
        };
        TransactionSource::long(source, institution, details)
    }
}

impl DetailsInput {
    fn convert(&self) -> Result<SourceDetails, Error> {
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
        if let Some(max) = self.max_characters {
            builder = builder.max_characters(max as usize);
        }
        builder.build()
    }
}
