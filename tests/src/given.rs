use posa_core::model::{ShortForm, SourceDetails};
use posa_core::wire::Request;
use posa_core::{
    Activate, Amount, CardNumber, Deactivate, Environment, Error, Marketplace, PartnerId, RequestId, StatusCheck,
    TransactionSource,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A request as the vectors and the scenarios write it down: nothing in it is checked yet.
#[derive(Debug, Clone, Deserialize)]
pub struct Given {
    /// The operation's name on the wire.
    pub operation: String,
    /// The partner; `Awssb` unless given.
    #[serde(default = "awssb")]
    pub partner_id: String,
    /// The id of the sale; without one, an activation gets one from the client.
    pub request_id: Option<String>,
    /// The card.
    pub card_number: String,
    /// For an activation.
    pub amount: Option<String>,
    /// For an activation.
    pub currency: Option<String>,
    /// The marketplace that the client is set up for.
    pub marketplace: Option<String>,
    /// `sandbox` unless given.
    pub environment: Option<String>,
    /// For an activation.
    pub source: Option<Source>,
    /// For an activation.
    pub program_id: Option<String>,
    /// For an activation.
    pub product_type: Option<String>,
    /// For all operations.
    pub external_reference: Option<String>,
}

/// A transactionSource as it is written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    form: String,
    source_id: String,
    institution_id: String,
    details: Option<BTreeMap<String, String>>,
    details_json: Option<String>,
    max_characters: Option<usize>,
    shape: Option<String>,
    upc: Option<String>,
}

/// A request whose values are all valid.
#[derive(Debug, Clone)]
pub enum Built {
    /// An activation; its id is inside, if it was given.
    Activate(Activate, Option<RequestId>),
    /// A deactivation.
    Deactivate(Deactivate),
    /// A status check.
    StatusCheck(StatusCheck),
}

impl Built {
    /// As the wire encodes it.
    ///
    /// # Panics
    /// An activation without an id.
    pub fn request(&self) -> Request<'_> {
        match self {
            Self::Activate(sale, id) => Request::Activate(sale, id.as_ref().expect("the vector gives a request id")),
            Self::Deactivate(reversal) => Request::Deactivate(reversal),
            Self::StatusCheck(check) => Request::StatusCheck(check),
        }
    }
}

impl Given {
    /// The partner.
    ///
    /// # Errors
    /// Field `partner_id`.
    pub fn partner(&self) -> Result<PartnerId, Error> {
        PartnerId::new(&self.partner_id)
    }

    /// The marketplace, if one is given.
    ///
    /// # Errors
    /// Field `marketplace`.
    pub fn marketplace(&self) -> Result<Option<Marketplace>, Error> {
        self.marketplace.as_deref().map(str::parse).transpose()
    }

    /// The environment.
    ///
    /// # Errors
    /// Field `environment`.
    pub fn environment(&self) -> Result<Environment, Error> {
        self.environment.as_deref().unwrap_or("sandbox").parse()
    }

    /// The request itself.
    ///
    /// # Errors
    /// The field at fault.
    ///
    /// # Panics
    /// The operation is unknown, or a member is missing that it needs.
    pub fn build(&self) -> Result<Built, Error> {
        let partner = self.partner()?;
        let card = CardNumber::new(&self.card_number)?;
        let id = self.request_id.as_deref().map(|id| RequestId::new(id, &partner)).transpose()?;
        let reference = self.external_reference.as_deref();
        match self.operation.as_str() {
            "ActivateGiftCard" => {
                let currency = self.currency.as_deref().expect("an activation has a currency").parse()?;
                let amount = Amount::new(self.amount.as_deref().expect("an activation has an amount"), currency)?;
                let mut sale = Activate::new(card, amount);
                if let Some(id) = id.clone() {
                    sale = sale.request_id(id);
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
                if let Some(text) = reference {
                    sale = sale.external_reference(text)?;
                }
                Ok(Built::Activate(sale, id))
            }
            "DeactivateGiftCard" => {
                let reversal = Deactivate::new(id.expect("a deactivation has a request id"), card);
                Ok(Built::Deactivate(match reference {
                    Some(text) => reversal.external_reference(text)?,
                    None => reversal,
                }))
            }
            "ActivationStatusCheck" => {
                let check = StatusCheck::new(id.expect("a status check has a request id"), card);
                Ok(Built::StatusCheck(match reference {
                    Some(text) => check.external_reference(text)?,
                    None => check,
                }))
            }
            other => panic!("no operation is called {other}"),
        }
    }
}

impl Source {
    /// The value itself.
    ///
    /// # Errors
    /// The field at fault.
    ///
    /// # Panics
    /// The form or its shape is unknown.
    pub fn build(&self) -> Result<TransactionSource, Error> {
        let shape = || match self.shape.as_deref() {
            Some("id") => ShortForm::IdText,
            Some("members") => ShortForm::TwoMembers,
            other => panic!("no short form has the shape {other:?}"),
        };
        match self.form.as_str() {
            "long" => TransactionSource::long(&self.source_id, &self.institution_id, self.details()?),
            "short" => {
                TransactionSource::short_with(&self.source_id, &self.institution_id, self.upc.as_deref(), shape())
            }
            other => panic!("no transactionSource has the form {other}"),
        }
    }

    fn details(&self) -> Result<SourceDetails, Error> {
        if let Some(text) = &self.details_json {
            return SourceDetails::from_json(text);
        }
        let details = self.details.as_ref().expect("the long form has details");
        let name = details.get("institutionName").map_or("", String::as_str);
        let mut builder = SourceDetails::builder(name);
        for (key, value) in details {
            builder = match key.as_str() {
                "institutionName" => builder,
                "institutionParentCompany" => builder.institution_parent_company(value),
                "address1" => builder.address1(value),
                "address2" => builder.address2(value),
                "city" => builder.city(value),
                "state" => builder.state(value),
                "zip" => builder.zip(value),
                "phoneNumber" => builder.phone_number(value),
                "UPC" => builder.upc(value),
                other => panic!("sourceDetails have no {other}"),
            };
        }
        match self.max_characters {
            Some(max) => builder.max_characters(max).build(),
            None => builder.build(),
        }
    }
}

fn awssb() -> String {
    "Awssb".to_owned()
}
