//! Signing for tills that hold no key.

use crate::convert::{Place, Signed};
use crate::error::Failure;
use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::runtime::begin;
use jiff::Timestamp;
use napi::bindgen_prelude::{Buffer, Either};
use napi_derive::napi;
use posa_core::model::Operation;
use posa_core::sign::remote::{SigningRules, sign_json};
use posa_core::sign::{Credentials, SigV4};
use posa_core::{Amount, Error, IdTag, PartnerId};
use std::sync::Arc;

/// What may be signed, and the key.
#[napi(object, object_to_js = false)]
pub struct RulesInput {
    /// The partner.
    pub partner_id: String,
    /// The four characters after the partner in each id.
    pub id_tag: String,
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// By their names on the wire; all three unless given.
    pub operations: Option<Vec<String>>,
    /// Currency and highest amount.
    pub limits: Vec<(String, String)>,
    /// Source ids.
    pub stores: Vec<String>,
    /// Institution ids.
    pub institutions: Vec<String>,
    /// Program ids.
    pub programs: Vec<String>,
    /// Product types.
    pub product_types: Vec<String>,
}

impl RulesInput {
    fn desk(&self, place: &Place) -> Result<Desk, Error> {
        let endpoint = place.endpoint(place.marketplace()?)?;
        let region = endpoint.region();
        let mut rules = SigningRules::new(PartnerId::new(&self.partner_id)?, endpoint, IdTag::new(&self.id_tag)?);
        if let Some(names) = &self.operations {
            let operation = |name: &String| {
                let known = Operation::ALL.into_iter().find(|operation| operation.name() == name);
                known.ok_or_else(|| Error::configuration("operations", "operations has one that is none of the three"))
            };
            rules = rules.operations(names.iter().map(operation).collect::<Result<Vec<_>, _>>()?);
        }
        for (currency, most) in &self.limits {
            rules = rules.limit(Amount::new(most, currency.parse()?)?);
        }
        let rules = self.stores.iter().fold(rules, |rules, store| rules.store(store));
        let rules = self.institutions.iter().fold(rules, |rules, institution| rules.institution(institution));
        let rules = self.programs.iter().fold(rules, |rules, program| rules.program(program));
        let rules = self.product_types.iter().fold(rules, |rules, name| rules.product_type(name));
        let key = Credentials::new(self.access_key_id.as_str(), self.secret_access_key.as_str())?;
        Ok(Desk { rules, signer: SigV4::new(region, key) })
    }
}

struct Desk {
    rules: SigningRules,
    signer: SigV4,
}

/// Rules and a key, ready to sign.
#[napi]
pub struct NativeDesk {
    desk: Arc<Desk>,
}

/// Checks the rules and the key.
#[napi]
pub fn open_desk(rules: RulesInput, place: Place) -> Either<NativeDesk, Failure> {
    rules
        .desk(&place)
        .map_or_else(|error| Either::B(error.into()), |desk| Either::A(NativeDesk { desk: Arc::new(desk) }))
}

#[napi]
impl NativeDesk {
    /// Signs a till's question if the rules allow it.
    #[napi]
    pub fn sign(&self, mailbox: &Mailbox, call: u32, message: Buffer) {
        let (desk, message) = (Arc::clone(&self.desk), message.to_vec());
        begin(
            &mailbox.post(),
            call,
            Ok(async move {
                let signed = sign_json(&desk.signer, &desk.rules, &message, Timestamp::now()).await?;
                Ok(Message { signed: Some(Signed::from(signed)), ..Message::default() })
            }),
        );
    }
}
