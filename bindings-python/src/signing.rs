//! Signing for tills that hold no key.

use crate::convert::{Failure, Text, ToPython, named};
use crate::process::Process;
use crate::settings::Place;
use crate::wait::block;
use jiff::Timestamp;
use posa_core::model::Operation;
use posa_core::sign::remote::{Signed, SigningRules, sign_json};
use posa_core::sign::{Credentials, SigV4};
use posa_core::{Amount, Error, IdTag, PartnerId};
use pyo3::prelude::*;

/// The members of the package's `SigningRules`; nothing in them is checked yet.
struct Given {
    partner_id: Text,
    id_tag: Text,
    place: Place,
    operations: Option<Vec<Text>>,
    limits: Vec<(Text, Text)>,
    stores: Vec<Text>,
    institutions: Vec<Text>,
    programs: Vec<Text>,
    product_types: Vec<Text>,
}

impl<'py> FromPyObject<'_, 'py> for Given {
    type Error = PyErr;

    fn extract(rules: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let item = |name| rules.get_item(name);
        Ok(Self {
            partner_id: named("partner_id", &item("partner_id")?)?,
            id_tag: named("id_tag", &item("id_tag")?)?,
            place: rules.extract()?,
            operations: named("operations", &item("operations")?)?,
            limits: named("limits", &item("limits")?)?,
            stores: named("stores", &item("stores")?)?,
            institutions: named("institutions", &item("institutions")?)?,
            programs: named("programs", &item("programs")?)?,
            product_types: named("product_types", &item("product_types")?)?,
        })
    }
}

impl Given {
    fn build(&self) -> Result<(SigningRules, posa_core::model::Region), Error> {
        let endpoint = self.place.endpoint(self.place.marketplace()?)?;
        let region = endpoint.region();
        let mut rules = SigningRules::new(PartnerId::new(&self.partner_id)?, endpoint, IdTag::new(&self.id_tag)?);
        if let Some(names) = &self.operations {
            let operation = |name: &Text| {
                let known = Operation::ALL.into_iter().find(|operation| operation.name() == &**name);
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
        Ok((self.product_types.iter().fold(rules, |rules, name| rules.product_type(name)), region))
    }
}

/// Rules and a key, ready to sign.
#[pyclass(frozen, module = "posa._native")]
pub(crate) struct Desk {
    rules: SigningRules,
    signer: SigV4,
}

#[pymethods]
impl Desk {
    /// Checks the rules and the key; returns a failure where something is wrong.
    #[staticmethod]
    fn open(py: Python<'_>, rules: Given, keys: (Text, Text)) -> PyResult<Py<PyAny>> {
        let desk = || {
            let (rules, region) = rules.build()?;
            Ok(Self { rules, signer: SigV4::new(region, Credentials::new(keys.0.0, keys.1.0)?) })
        };
        match desk() {
            Ok(desk) => Ok(Py::new(py, desk)?.into_any()),
            Err(error) => Ok(Py::new(py, Failure(error))?.into_any()),
        }
    }

    /// Signs a till's question if the rules allow it.
    fn sign(&self, py: Python<'_>, message: Vec<u8>) -> PyResult<Py<PyAny>> {
        let signed = sign_json(&self.signer, &self.rules, &message, Timestamp::now());
        block(py, &*Process::current(py)?, signed)?.to_python(py)
    }
}

impl ToPython for Signed {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let Self { headers, what } = self;
        let signed = (
            headers.to_json(),
            what.operation.name(),
            what.request_id.as_str(),
            what.card.digits(),
            what.amount.map(Amount::decimal),
            what.amount.map(|amount| amount.currency().code()),
            what.source_id,
        );
        Ok(signed.into_pyobject(py)?.into_any().unbind())
    }
}
