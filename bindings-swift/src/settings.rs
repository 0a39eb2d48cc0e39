//! A client's settings as Swift hands them over, and the client that they make.

use crate::events::Events;
use crate::signer::{RemoteSigner, SwiftSigner};
use posa_core::engine::{Event, Retry, Times};
use posa_core::journal;
use posa_core::sign::{Credentials, SigV4, Signer};
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
    pub rate_share: Option<u32>,
    pub proxy: Option<String>,
    pub extra_ca: Vec<u8>,
    pub acknowledged: bool,
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

impl From<Own> for Times {
    fn from(own: Own) -> Self {
        Self {
            deadline: own.deadline.map(Duration::from_millis),
            attempt_timeout: own.attempt_timeout.map(Duration::from_millis),
            attempts: own.attempts,
        }
    }
}

/// A client, and what its calls need beside it.
pub(crate) struct Opened {
    pub(crate) client: Client,
    pub(crate) partner: PartnerId,
    pub(crate) events: Arc<Events>,
}

impl Opened {
    /// Checks the settings and opens the journal.
    pub(crate) async fn new(given: Settings, signer: Option<Arc<dyn RemoteSigner>>) -> Result<Self, Error> {
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
        let events = Arc::<Events>::default();
        let told = Arc::clone(&events);
        let mut builder = Client::builder(partner.clone(), endpoint)
            .signer(signer)
            .journal(journal::open(&given.journal)?)
            .format(given.format.parse()?)
            .rate_limit(rate("rate_limit", given.rate_limit)?)
            .connect_timeout(Duration::from_millis(given.connect_timeout))
            .extra_ca_pem(&given.extra_ca)
            .deadline(Duration::from_millis(given.deadline))
            .attempt_timeout(Duration::from_millis(given.attempt_timeout))
            .retry(Retry {
                attempts: given.attempts,
                base: Duration::from_millis(given.retry_base),
                cap: Duration::from_millis(given.retry_cap),
            })
            .observer(move |event: &Event<'_>| told.tell(event));
        if let Some(share) = rate("rate_share", given.rate_share)? {
            builder = builder.rate_share(share);
        }
        if let Some(proxy) = given.proxy {
            builder = builder.proxy(proxy);
        }
        if let Some(tag) = given.id_tag {
            builder = builder.id_tag(IdTag::new(&tag)?);
        }
        if let Some(marketplace) = marketplace {
            builder = builder.marketplace(marketplace);
        }
        if given.acknowledged {
            builder = builder.acknowledged();
        }
        Ok(Self { client: builder.build()?, partner, events })
    }
}

fn rate(field: &'static str, given: Option<u32>) -> Result<Option<NonZeroU32>, Error> {
    let none = || Error::configuration(field, format!("{field} is 0, so nothing could be sent; nil turns it off"));
    given.map(|rate| NonZeroU32::new(rate).ok_or_else(none)).transpose()
}

fn endpoint(given: &Settings, marketplace: Option<Marketplace>) -> Result<Endpoint, Error> {
    let environment = given.environment.as_deref().map(str::parse).transpose()?;
    let region = given.region.as_deref().map(str::parse).transpose()?;
    Endpoint::named(marketplace, environment, given.endpoint.as_deref(), region)
}
