//! A client's settings as the package hands them over, and the client that they make.

use crate::callbacks::{FunctionSigner, GivenKeys, Keys};
use crate::convert::{Count, Seconds, Text, named};
use crate::events::Events;
use posa_core::engine::Retry;
use posa_core::journal;
use posa_core::sign::{SigV4, Signer};
use posa_core::transport::{HttpOptions, HttpTransport};
use posa_core::wire::Format;
use posa_core::{Client, Endpoint, Error, IdTag, Marketplace, PartnerId};
use pyo3::prelude::*;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// The members of the dictionary; their types are right, their values not checked yet.
pub(crate) struct Given {
    partner_id: Text,
    id_tag: Option<Text>,
    credentials: Option<GivenKeys>,
    signer: Option<Py<PyAny>>,
    place: Place,
    journal: Text,
    format: Text,
    attempt_timeout: Seconds,
    connect_timeout: Seconds,
    deadline: Seconds,
    attempts: Count,
    retry_base: Seconds,
    retry_cap: Seconds,
    rate_limit: Option<Count>,
    rate_share: Option<Count>,
    acknowledged: bool,
    proxy: Option<Text>,
    extra_ca: Option<Vec<u8>>,
}

impl<'py> FromPyObject<'_, 'py> for Given {
    type Error = PyErr;

    fn extract(settings: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let item = |name| settings.get_item(name);
        Ok(Self {
            partner_id: named("partner_id", &item("partner_id")?)?,
            id_tag: named("id_tag", &item("id_tag")?)?,
            credentials: item("credentials")?.extract()?,
            signer: item("signer")?.extract()?,
            place: settings.extract()?,
            journal: named("journal", &item("journal")?)?,
            format: named("format", &item("format")?)?,
            attempt_timeout: named("attempt_timeout", &item("attempt_timeout")?)?,
            connect_timeout: named("connect_timeout", &item("connect_timeout")?)?,
            deadline: named("deadline", &item("deadline")?)?,
            attempts: named("attempts", &item("attempts")?)?,
            retry_base: named("retry_base", &item("retry_base")?)?,
            retry_cap: named("retry_cap", &item("retry_cap")?)?,
            rate_limit: named("rate_limit", &item("rate_limit")?)?,
            rate_share: named("rate_share", &item("rate_share")?)?,
            acknowledged: named("acknowledged", &item("acknowledged")?)?,
            proxy: named("proxy", &item("proxy")?)?,
            extra_ca: item("extra_ca")?.extract()?,
        })
    }
}

/// Settings whose values are valid; kept, so that a forked child can make a client of its own.
pub(crate) struct Settings {
    partner: PartnerId,
    id_tag: Option<IdTag>,
    endpoint: Endpoint,
    marketplace: Option<Marketplace>,
    keys: Option<Keys>,
    signer: Option<FunctionSigner>,
    journal: String,
    format: Format,
    http: HttpOptions,
    rate_limit: Option<NonZeroU32>,
    rate_share: Option<NonZeroU32>,
    acknowledged: bool,
    deadline: Duration,
    attempt_timeout: Duration,
    retry: Retry,
}

impl Settings {
    pub(crate) fn new(given: Given) -> Result<Self, Error> {
        let marketplace = given.place.marketplace()?;
        Ok(Self {
            partner: PartnerId::new(&given.partner_id)?,
            id_tag: given.id_tag.map(|tag| IdTag::new(&tag)).transpose()?,
            endpoint: given.place.endpoint(marketplace)?,
            marketplace,
            keys: given.credentials.map(Keys::new).transpose()?,
            signer: given.signer.map(|function| FunctionSigner(Arc::new(function))),
            journal: given.journal.0,
            format: given.format.parse()?,
            http: HttpOptions {
                connect_timeout: Some(given.connect_timeout.0),
                proxy: given.proxy.map(|url| url.0),
                extra_ca_pem: given.extra_ca.unwrap_or_default(),
            },
            rate_limit: rate("rate_limit", given.rate_limit)?,
            rate_share: rate("rate_share", given.rate_share)?,
            acknowledged: given.acknowledged,
            deadline: given.deadline.0,
            attempt_timeout: given.attempt_timeout.0,
            retry: Retry { attempts: given.attempts.0, base: given.retry_base.0, cap: given.retry_cap.0 },
        })
    }

    pub(crate) fn partner(&self) -> &PartnerId {
        &self.partner
    }

    /// A client of the core. Nothing is opened yet.
    pub(crate) fn client(&self, events: Arc<Events>) -> Result<Client, Error> {
        let signer: Arc<dyn Signer> = match (&self.keys, &self.signer) {
            (Some(keys), None) => Arc::new(SigV4::new(self.endpoint.region(), keys.clone())),
            (None, Some(signer)) => Arc::new(signer.clone()),
            _ => return Err(Error::configuration("credentials", "give either credentials or a signer")),
        };
        let mut builder = Client::builder(self.partner.clone(), self.endpoint.clone())
            .signer(signer)
            .transport(Arc::new(HttpTransport::new(&self.endpoint, &self.http)?))
            .journal(journal::open(&self.journal)?)
            .format(self.format)
            .deadline(self.deadline)
            .attempt_timeout(self.attempt_timeout)
            .retry(self.retry)
            .rate_limit(self.rate_limit)
            .observer(move |event: &posa_core::engine::Event<'_>| events.tell(event));
        if let Some(share) = self.rate_share {
            builder = builder.rate_share(share);
        }
        if self.acknowledged {
            builder = builder.acknowledged();
        }
        if let Some(tag) = &self.id_tag {
            builder = builder.id_tag(tag.clone());
        }
        if let Some(marketplace) = self.marketplace {
            builder = builder.marketplace(marketplace);
        }
        builder.build()
    }
}

fn rate(field: &'static str, given: Option<Count>) -> Result<Option<NonZeroU32>, Error> {
    let none = || Error::configuration(field, format!("{field} is 0, so nothing could be sent; None turns it off"));
    given.map(|Count(rate)| NonZeroU32::new(rate).ok_or_else(none)).transpose()
}

/// What names a gateway.
pub(crate) struct Place {
    marketplace: Option<Text>,
    environment: Option<Text>,
    endpoint: Option<Text>,
    region: Option<Text>,
}

impl<'py> FromPyObject<'_, 'py> for Place {
    type Error = PyErr;

    fn extract(settings: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let item = |name| settings.get_item(name);
        Ok(Self {
            marketplace: named("marketplace", &item("marketplace")?)?,
            environment: named("environment", &item("environment")?)?,
            endpoint: named("endpoint", &item("endpoint")?)?,
            region: named("region", &item("region")?)?,
        })
    }
}

impl Place {
    pub(crate) fn marketplace(&self) -> Result<Option<Marketplace>, Error> {
        self.marketplace.as_deref().map(str::parse).transpose()
    }

    pub(crate) fn endpoint(&self, marketplace: Option<Marketplace>) -> Result<Endpoint, Error> {
        let environment = self.environment.as_deref().map(str::parse).transpose()?;
        let region = self.region.as_deref().map(str::parse).transpose()?;
        Endpoint::named(marketplace, environment, self.endpoint.as_deref(), region)
    }
}
