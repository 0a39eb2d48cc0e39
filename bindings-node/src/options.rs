use crate::convert::Place;
use crate::mailbox::Post;
use crate::seams::Functions;
use napi_derive::napi;
use posa_core::engine::{Limiter, Retry, Times};
use posa_core::journal;
use posa_core::sign::{Credentials, EnvironmentCredentials, FileCredentials, SigV4, Signer};
use posa_core::wire::Format;
use posa_core::{Client, Endpoint, Error, IdTag, PartnerId};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// How to set a client up. Times are in milliseconds.
#[napi(object, object_to_js = false)]
pub struct Options {
    /// Names the client in messages to its functions.
    pub client: u32,
    /// The partner.
    pub partner_id: String,
    /// The four characters after the partner in each id.
    pub id_tag: Option<String>,
    /// An access key.
    pub access_key_id: Option<String>,
    /// Its secret.
    pub secret_access_key: Option<String>,
    /// Where else keys come from: `environment`, `function` or `signer`.
    pub keys_from: Option<String>,
    /// A file with keys.
    pub keys_file: Option<String>,
    /// The journal's name.
    pub journal: String,
    /// `json` or `xml`.
    pub format: Option<String>,
    /// How long one request may take.
    pub attempt_timeout: u32,
    /// How long connecting may take.
    pub connect_timeout: u32,
    /// How long one operation may take.
    pub deadline: u32,
    /// Most requests of one operation.
    pub attempts: u32,
    /// The longest first pause between requests.
    pub retry_base: u32,
    /// The longest pause between requests.
    pub retry_cap: u32,
    /// Requests a second; 0 for no limit.
    pub rate_limit: u32,
    /// Requests a second of them all that it takes at the most.
    pub rate_share: Option<u32>,
    /// A proxy's URL.
    pub proxy: Option<String>,
    /// Certificate authorities beside the platform's, in PEM.
    pub extra_ca: Option<String>,
    /// An outcome counts as told once it is acknowledged.
    pub acknowledged: bool,
    /// Whether events are wanted.
    pub events: bool,
}

/// What one call has otherwise than the client. Times are in milliseconds.
#[napi(object, object_to_js = false)]
pub struct Own {
    /// How long the operation may take.
    pub deadline: Option<u32>,
    /// How long one request may take.
    pub attempt_timeout: Option<u32>,
    /// Most requests.
    pub attempts: Option<u32>,
}

/// Requests a second that several clients of one account share.
#[napi]
pub struct NativeRateLimit {
    limiter: Option<Arc<Limiter>>,
}

#[napi]
impl NativeRateLimit {
    /// 0 is no limit at all.
    #[napi(constructor)]
    pub fn new(per_second: u32) -> Self {
        Self { limiter: NonZeroU32::new(per_second).map(|rate| Arc::new(Limiter::new(rate))) }
    }
}

impl From<Own> for Times {
    fn from(own: Own) -> Self {
        Self {
            deadline: own.deadline.map(milliseconds),
            attempt_timeout: own.attempt_timeout.map(milliseconds),
            attempts: own.attempts,
        }
    }
}

impl Options {
    /// The client. Nothing is opened yet.
    pub(crate) fn client(
        &self,
        place: &Place,
        partner: &PartnerId,
        post: Arc<Post>,
        limit: Option<&NativeRateLimit>,
    ) -> Result<Client, Error> {
        let marketplace = place.marketplace()?;
        let endpoint = place.endpoint(marketplace)?;
        let functions = Functions { post, client: self.client };
        let own = || NonZeroU32::new(self.rate_limit).map(|rate| Arc::new(Limiter::new(rate)));
        let mut builder = Client::builder(partner.clone(), endpoint.clone())
            .signer(self.signer(&endpoint, &functions)?)
            .journal(journal::open(&self.journal)?)
            .format(self.format.as_deref().map_or(Ok(Format::Json), str::parse)?)
            .connect_timeout(milliseconds(self.connect_timeout))
            .deadline(milliseconds(self.deadline))
            .attempt_timeout(milliseconds(self.attempt_timeout))
            .retry(Retry {
                attempts: self.attempts,
                base: milliseconds(self.retry_base),
                cap: milliseconds(self.retry_cap),
            });
        builder = match limit.map_or_else(own, |shared| shared.limiter.clone()) {
            Some(limiter) => builder.shared_limiter(limiter),
            None => builder.rate_limit(None),
        };
        if let Some(share) = self.rate_share.and_then(NonZeroU32::new) {
            builder = builder.rate_share(share);
        }
        if let Some(tag) = &self.id_tag {
            builder = builder.id_tag(IdTag::new(tag)?);
        }
        if let Some(marketplace) = marketplace {
            builder = builder.marketplace(marketplace);
        }
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy);
        }
        if let Some(pem) = &self.extra_ca {
            builder = builder.extra_ca_pem(pem.as_bytes());
        }
        if self.events {
            builder = builder.observer(functions);
        }
        if self.acknowledged {
            builder = builder.acknowledged();
        }
        builder.build()
    }

    fn signer(&self, endpoint: &Endpoint, functions: &Functions) -> Result<Arc<dyn Signer>, Error> {
        let region = endpoint.region();
        Ok(match (self.keys_from.as_deref(), &self.keys_file, &self.access_key_id, &self.secret_access_key) {
            (Some("environment"), ..) => Arc::new(SigV4::new(region, EnvironmentCredentials)),
            (Some("function"), ..) => Arc::new(SigV4::new(region, functions.clone())),
            (Some("signer"), ..) => Arc::new(functions.clone()),
            (_, Some(path), ..) => Arc::new(SigV4::new(region, FileCredentials::new(path))),
            (.., Some(id), Some(secret)) => {
                Arc::new(SigV4::new(region, Credentials::new(id.as_str(), secret.as_str())?))
            }
            _ => return Err(Error::configuration("credentials", "give either credentials or a signer")),
        })
    }
}

fn milliseconds(count: u32) -> Duration {
    Duration::from_millis(count.into())
}
