//! Where a sale happens.

use posa_core::model::{ShortForm, SourceDetails};
use posa_core::{Error, TransactionSource};

/// Nothing in it is checked yet.
#[derive(uniffi::Enum)]
pub enum Source {
    Long {
        source_id: String,
        institution_id: String,
        details: Location,
    },
    /// With the finished JSON text.
    LongJson {
        source_id: String,
        institution_id: String,
        json: String,
    },
    Short {
        source_id: String,
        institution_id: String,
        upc: Option<String>,
        two_members: bool,
    },
}

#[derive(uniffi::Record)]
pub struct Location {
    pub institution_name: String,
    pub institution_parent_company: Option<String>,
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub zip: Option<String>,
    pub phone_number: Option<String>,
    pub upc: Option<String>,
    pub max_characters: Option<u32>,
}

impl Source {
    pub(crate) fn build(&self) -> Result<TransactionSource, Error> {
        match self {
            Self::Long { source_id, institution_id, details } => {
                TransactionSource::long(source_id, institution_id, details.build()?)
            }
            Self::LongJson { source_id, institution_id, json } => {
                TransactionSource::long(source_id, institution_id, SourceDetails::from_json(json)?)
            }
            Self::Short { source_id, institution_id, upc, two_members } => {
                let shape = if *two_members { ShortForm::TwoMembers } else { ShortForm::IdText };
                TransactionSource::short_with(source_id, institution_id, upc.as_deref(), shape)
            }
        }
    }
}

impl Location {
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
        if let Some(max) = self.max_characters {
            builder = builder.max_characters(max as usize);
        }
        builder.build()
    }
}
