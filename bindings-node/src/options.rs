use crate::convert::Place;
use crate::mailbox::Post;
use crate::seams::Functions;
use napi_derive::napi;
use posa_core::engine::{Limiter, Retry};
use posa_core::journal::{self, Journal};
use posa_core::sign::{Credentials, EnvironmentCredentials, FileCredentials, SigV4, Signer};
use posa_core::transport::{HttpOptions, HttpTransport, Transport};
use posa_core::wire::Format;
use posa_core::{Client, Endpoint, Error, IdTag, Marketplace, PartnerId};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

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
    /// A proxy's URL.
    pub proxy: Option<String>,
    /// Certificate authorities beside the platform's, in PEM.
    pub extra_ca: Option<String>,
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

/// How long, and how often.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    deadline: Duration,
    attempt_timeout: Duration,
    retry: Retry,
}

impl Options {
    pub(crate) fn times(&self) -> Times {
        Times {
            deadline: milliseconds(self.deadline),
            attempt_timeout: milliseconds(self.attempt_timeout),
            retry: Retry {
                attempts: self.attempts,
                base: milliseconds(self.retry_base),
                cap: milliseconds(self.retry_cap),
            },
        }
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
    observer: Option<Functions>,
    times: Times,
    /// Read by each operation that was begun, written by whoever waits until there is none.
    running: Arc<RwLock<()>>,
}

impl Shared {
    pub(crate) fn new(
        options: Options,
        place: &Place,
        partner: &PartnerId,
        post: Arc<Post>,
        limit: Option<&NativeRateLimit>,
    ) -> Result<Self, Error> {
        let marketplace = place.marketplace()?;
        let endpoint = place.endpoint(marketplace)?;
        let functions = Functions { post, client: options.client };
        let http = HttpOptions {
            connect_timeout: Some(milliseconds(options.connect_timeout)),
            proxy: options.proxy.clone(),
            extra_ca_pem: options.extra_ca.clone().unwrap_or_default().into_bytes(),
        };
        let own = || NonZeroU32::new(options.rate_limit).map(|rate| Arc::new(Limiter::new(rate)));
        Ok(Self {
            partner: partner.clone(),
            id_tag: options.id_tag.as_deref().map(IdTag::new).transpose()?,
            marketplace,
            format: options.format.as_deref().map_or(Ok(Format::Json), str::parse)?,
            transport: Arc::new(HttpTransport::new(&endpoint, &http)?),
            limiter: limit.map_or_else(own, |shared| shared.limiter.clone()),
            signer: options.signer(&endpoint, &functions)?,
            observer: options.events.then_some(functions),
            times: options.times(),
            running: Arc::default(),
            endpoint,
            journal: journal::open(&options.journal)?,
        })
    }

    /// A client with these times. All of them share connections, rate limit, key and journal.
    pub(crate) fn client(&self, times: Times) -> Result<Client, Error> {
        let mut builder = Client::builder(self.partner.clone(), self.endpoint.clone())
            .signer(Arc::clone(&self.signer))
            .transport(Arc::clone(&self.transport))
            .journal(Arc::clone(&self.journal))
            .format(self.format)
            .deadline(times.deadline)
            .attempt_timeout(times.attempt_timeout)
            .retry(times.retry);
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
        if let Some(functions) = &self.observer {
            builder = builder.observer(functions.clone());
        }
        builder.build()
    }

    /// A client for one call.
    pub(crate) fn single(&self, own: Own) -> Result<Client, Error> {
        let mut times = self.times;
        times.deadline = own.deadline.map_or(times.deadline, milliseconds);
        times.attempt_timeout = own.attempt_timeout.map_or(times.attempt_timeout, milliseconds);
        times.retry.attempts = own.attempts.unwrap_or(times.retry.attempts);
        self.client(times)
    }

    /// Counts an operation for [`idle`](Self::idle), from before it runs: a `close` right after it must not overtake it.
    pub(crate) fn enter(&self) -> Result<OwnedRwLockReadGuard<()>, Error> {
        Arc::clone(&self.running).try_read_owned().map_err(|_| closed())
    }

    /// Waits until no operation is under way.
    pub(crate) async fn idle(&self) {
        let _all = self.running.write().await;
    }
}

pub(crate) fn closed() -> Error {
    Error::configuration("client", "the client is closed; make another")
}

fn milliseconds(count: u32) -> Duration {
    Duration::from_millis(count.into())
}
