//! A client's settings as the package hands them over, and the client that they make.

use crate::callbacks::{FunctionSigner, GivenKeys, Keys};
use crate::convert::{Count, Seconds, Text, named};
use crate::events::Events;
use posa_core::engine::{Limiter, Retry};
use posa_core::journal::{self, Journal};
use posa_core::sign::{SigV4, Signer};
use posa_core::transport::{HttpOptions, HttpTransport, Transport};
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
    times: Times,
}

/// What one call may have otherwise than the client.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) deadline: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) retry: Retry,
}

impl Settings {
    pub(crate) fn new(given: Given) -> Result<Self, Error> {
        let marketplace = given.place.marketplace()?;
        let rate_limit = given.rate_limit.map(|Count(rate)| {
            NonZeroU32::new(rate).ok_or_else(|| {
                Error::configuration("rate_limit", "rate_limit is 0, so nothing could be sent; None turns it off")
            })
        });
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
            rate_limit: rate_limit.transpose()?,
            times: Times {
                deadline: given.deadline.0,
                attempt_timeout: given.attempt_timeout.0,
                retry: Retry { attempts: given.attempts.0, base: given.retry_base.0, cap: given.retry_cap.0 },
            },
        })
    }

    pub(crate) fn partner(&self) -> &PartnerId {
        &self.partner
    }

    pub(crate) fn times(&self) -> Times {
        self.times
    }

    /// Makes everything that calls share. Nothing is opened yet.
    pub(crate) fn share(&self, events: Arc<Events>) -> Result<Shared, Error> {
        let signer: Arc<dyn Signer> = match (&self.keys, &self.signer) {
            (Some(keys), None) => Arc::new(SigV4::new(self.endpoint.region(), keys.clone())),
            (None, Some(signer)) => Arc::new(signer.clone()),
            _ => return Err(Error::configuration("credentials", "give either credentials or a signer")),
        };
        Ok(Shared {
            partner: self.partner.clone(),
            id_tag: self.id_tag.clone(),
            endpoint: self.endpoint.clone(),
            marketplace: self.marketplace,
            format: self.format,
            transport: Arc::new(HttpTransport::new(&self.endpoint, &self.http)?),
            limiter: self.rate_limit.map(|rate| Arc::new(Limiter::new(rate))),
            journal: journal::open(&self.journal)?,
            signer,
            events,
        })
    }
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

/// What the calls of one client share, whatever each has of its own.
pub(crate) struct Shared {
    partner: PartnerId,
    id_tag: Option<IdTag>,
    endpoint: Endpoint,
    marketplace: Option<Marketplace>,
    format: Format,
    transport: Arc<dyn Transport>,
    limiter: Option<Arc<Limiter>>,
    journal: Arc<dyn Journal>,
    signer: Arc<dyn Signer>,
    events: Arc<Events>,
}

impl Shared {
    /// A client with these times. All of them share connections, rate limit, key and journal.
    pub(crate) fn client(&self, times: Times) -> Result<Client, Error> {
        let events = Arc::clone(&self.events);
        let mut builder = Client::builder(self.partner.clone(), self.endpoint.clone())
            .signer(Arc::clone(&self.signer))
            .transport(Arc::clone(&self.transport))
            .journal(Arc::clone(&self.journal))
            .format(self.format)
            .deadline(times.deadline)
            .attempt_timeout(times.attempt_timeout)
            .retry(times.retry)
            .observer(move |event: &posa_core::engine::Event<'_>| events.tell(event));
        builder = match &self.limiter {
            Some(limiter) => builder.shared_limiter(Arc::clone(limiter)),
            None => builder.rate_limit(None),
        };
        if let Some(tag) = &self.id_tag {
            builder = builder.id_tag(tag.clone());
        }
        if let Some(marketplace) = self.marketplace {
            builder = builder.marketplace(marketplace);
        }
        builder.build()
    }
}
