//! A client's settings as Swift hands them over, and the clients that they make.

use crate::events::Events;
use crate::signer::{RemoteSigner, SwiftSigner};
use posa_core::engine::{Limiter, Retry};
use posa_core::journal::{self, Journal};
use posa_core::sign::{Credentials, SigV4, Signer};
use posa_core::transport::{HttpOptions, HttpTransport, Transport};
use posa_core::wire::Format;
use posa_core::{Client, Endpoint, Error, IdTag, Marketplace, PartnerId};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Nothing in it is checked yet. Times are milliseconds.
#[derive(uniffi::Record)]
pub struct Settings {
    pub partner_id: String,
    pub id_tag: Option<String>,
    pub key: Option<KeyPair>,
    pub marketplace: Option<String>,
    pub environment: Option<String>,
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub journal: String,
    pub format: String,
    pub attempt_timeout: u64,
    pub connect_timeout: u64,
    pub deadline: u64,
    pub attempts: u32,
    pub retry_base: u64,
    pub retry_cap: u64,
    pub rate_limit: Option<u32>,
    pub proxy: Option<String>,
    pub extra_ca: Vec<u8>,
}

#[derive(uniffi::Record)]
pub struct KeyPair {
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// What one call has otherwise than the client. Times are milliseconds.
#[derive(uniffi::Record)]
pub struct Own {
    pub deadline: Option<u64>,
    pub attempt_timeout: Option<u64>,
    pub attempts: Option<u32>,
}

/// What the calls of one client share, whatever each has of its own.
pub(crate) struct Shared {
    pub(crate) partner: PartnerId,
    id_tag: Option<IdTag>,
    endpoint: Endpoint,
    marketplace: Option<Marketplace>,
    format: Format,
    transport: Arc<dyn Transport>,
    limiter: Option<Arc<Limiter>>,
    journal: Arc<dyn Journal>,
    signer: Arc<dyn Signer>,
    pub(crate) events: Arc<Events>,
    times: Times,
}

#[derive(Clone, Copy)]
struct Times {
    deadline: Duration,
    attempt_timeout: Duration,
    retry: Retry,
}

impl Shared {
    /// Checks the settings and opens the journal.
    pub(crate) async fn open(given: Settings, signer: Option<Arc<dyn RemoteSigner>>) -> Result<Self, Error> {
        let marketplace = given.marketplace.as_deref().map(str::parse).transpose()?;
        let endpoint = endpoint(&given, marketplace)?;
        let partner = PartnerId::new(&given.partner_id)?;
        let signer: Arc<dyn Signer> = match (given.key, signer) {
            (Some(key), None) => {
                Arc::new(SigV4::new(endpoint.region(), Credentials::new(key.access_key_id, key.secret_access_key)?))
            }
            (None, Some(signer)) => Arc::new(SwiftSigner(signer)),
            _ => return Err(Error::configuration("credentials", "give either credentials or a signer")),
        };
        let no_rate =
            || Error::configuration("rate_limit", "rate_limit is 0, so nothing could be sent; nil turns it off");
        let rate = given.rate_limit.map(|rate| NonZeroU32::new(rate).ok_or_else(no_rate)).transpose()?;
        let milliseconds = Duration::from_millis;
        let http = HttpOptions {
            connect_timeout: Some(milliseconds(given.connect_timeout)),
            proxy: given.proxy,
            extra_ca_pem: given.extra_ca,
        };
        Ok(Self {
            partner,
            id_tag: given.id_tag.as_deref().map(IdTag::new).transpose()?,
            marketplace,
            format: given.format.parse()?,
            transport: Arc::new(HttpTransport::new(&endpoint, &http)?),
            endpoint,
            limiter: rate.map(|rate| Arc::new(Limiter::new(rate))),
            journal: journal::open(&given.journal)?,
            signer,
            events: Arc::default(),
            times: Times {
                deadline: milliseconds(given.deadline),
                attempt_timeout: milliseconds(given.attempt_timeout),
                retry: Retry {
                    attempts: given.attempts,
                    base: milliseconds(given.retry_base),
                    cap: milliseconds(given.retry_cap),
                },
            },
        })
    }

    /// A client, or one with times of its own. All of them share connections, rate limit, key and journal.
    pub(crate) fn client(&self, own: Option<Own>) -> Result<Client, Error> {
        let mut times = self.times;
        if let Some(own) = own {
            let or = |own: Option<u64>, usual| own.map_or(usual, Duration::from_millis);
            times.deadline = or(own.deadline, times.deadline);
            times.attempt_timeout = or(own.attempt_timeout, times.attempt_timeout);
            times.retry.attempts = own.attempts.unwrap_or(times.retry.attempts);
        }
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

fn endpoint(given: &Settings, marketplace: Option<Marketplace>) -> Result<Endpoint, Error> {
    let environment = given.environment.as_deref().map(str::parse).transpose()?;
    let region = given.region.as_deref().map(str::parse).transpose()?;
    Endpoint::named(marketplace, environment, given.endpoint.as_deref(), region)
}
