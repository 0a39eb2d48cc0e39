use super::client::{Client, check_times};
use super::guarded::{GuardedObserver, GuardedSigner};
use super::inner::{Inner, Shared};
use super::limiter::Limiter;
use super::policy::Retry;
use super::seams::{Clock, Entropy, Observer, OsEntropy, SystemClock};
use crate::error::Error;
use crate::journal::Journal;
use crate::model::{Endpoint, IdTag, Marketplace, PartnerId};
use crate::recovery::Policy;
use crate::sign::{CredentialsProvider, SigV4, Signer};
use crate::transport::{HttpOptions, HttpTransport, Transport};
use crate::wire::Format;
use http::header::HeaderValue;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Requests a second that the gateway allows an account.
const RATE: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Sets a [`Client`] up.
pub struct ClientBuilder {
    partner: PartnerId,
    id_tag: Option<IdTag>,
    endpoint: Endpoint,
    marketplace: Option<Marketplace>,
    format: Format,
    attempt_timeout: Duration,
    deadline: Duration,
    retry: Retry,
    limiter: Option<Arc<Limiter>>,
    share: Option<NonZeroU32>,
    http: HttpOptions,
    signer: Option<Arc<dyn Signer>>,
    transport: Option<Arc<dyn Transport>>,
    journal: Option<Arc<dyn Journal>>,
    recovery: Policy,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    observer: Option<Arc<dyn Observer>>,
    acknowledges: bool,
}

impl ClientBuilder {
    pub(super) fn new(partner: PartnerId, endpoint: Endpoint) -> Self {
        Self {
            partner,
            id_tag: None,
            endpoint,
            marketplace: None,
            format: Format::Json,
            attempt_timeout: Duration::from_secs(6),
            deadline: Duration::from_secs(30),
            retry: Retry::default(),
            limiter: Some(Arc::new(Limiter::new(RATE))),
            share: None,
            http: HttpOptions::default(),
            signer: None,
            transport: None,
            journal: None,
            recovery: Policy::default(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            observer: None,
            acknowledges: false,
        }
    }

    /// Signs with an access key that this process holds, from any [`CredentialsProvider`].
    pub fn credentials(mut self, provider: impl CredentialsProvider + 'static) -> Self {
        self.signer = Some(Arc::new(SigV4::new(self.endpoint.region(), provider)));
        self
    }

    /// Lets somebody else sign, such as a server that holds the key.
    pub fn signer(mut self, signer: Arc<dyn Signer>) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Where sales are recorded.
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Puts a tag into each id, as a server that signs for this client asks; a caller's own ids have to have it.
    pub fn id_tag(mut self, tag: IdTag) -> Self {
        self.id_tag = Some(tag);
        self
    }

    /// Checks amounts against this country's currency and range; without it, against the widest range of the currency.
    pub fn marketplace(mut self, marketplace: Marketplace) -> Self {
        self.marketplace = Some(marketplace);
        self
    }

    /// The format of request bodies; JSON by default.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// How long one request may take, its answer included; 6 s by default, as the vendor advises.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long connecting may take; 3 s by default. It is part of the attempt's time.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http.connect_timeout = Some(timeout);
        self
    }

    /// How long one operation may take, all its attempts and pauses included; 30 s by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How often and after which pauses a request is repeated.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The longest first pause between attempts; see [`Retry::base`].
    pub fn retry_base(mut self, base: Duration) -> Self {
        self.retry.base = base;
        self
    }

    /// How recovery treats sales without an outcome.
    pub fn recovery(mut self, policy: Policy) -> Self {
        self.recovery = policy;
        self
    }

    /// Requests a second; 10 by default, which is the account's limit. `None` turns the limiter off. All who share a
    /// durable journal keep to the limit together, if it is not over 1,000.
    pub fn rate_limit(mut self, per_second: Option<NonZeroU32>) -> Self {
        self.limiter = per_second.map(|rate| Arc::new(Limiter::new(rate)));
        self
    }

    /// Of the account's requests a second takes so many at the most and leaves the others to whoever shares it, as a
    /// nightly job does beside tills that sell.
    pub fn rate_share(mut self, per_second: NonZeroU32) -> Self {
        self.share = Some(per_second);
        self
    }

    /// Shares a limiter with other clients of the same account.
    pub fn shared_limiter(mut self, limiter: Arc<Limiter>) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Goes through this proxy.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.http.proxy = Some(url.into());
        self
    }

    /// Trusts these certificate authorities beside the platform's, in PEM.
    pub fn extra_ca_pem(mut self, pem: &[u8]) -> Self {
        self.http.extra_ca_pem = pem.to_vec();
        self
    }

    /// Carries requests by other means than HTTP, as tests do.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Tells the time.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Gives the randomness of request ids and pauses.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// Is told what happens.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Counts an outcome as told only once the caller has [acknowledged](Client::acknowledge) it: for one that has done its
    /// part, such as to print the receipt, only some time after an operation returned. Without this, one that returned
    /// to a caller who waited is told.
    pub fn acknowledged(mut self) -> Self {
        self.acknowledges = true;
        self
    }

    /// # Errors
    /// Kind [`Configuration`](crate::ErrorKind::Configuration): no credentials, no journal, a time that is zero or
    /// too long, a proxy that is no URL, or certificates that cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let signer = self
            .signer
            .ok_or_else(|| Error::configuration("credentials", "no credentials: give an access key or a signer"))?;
        let journal = self.journal.ok_or_else(|| {
            Error::configuration("journal", "no journal: give one, or NoJournal if you keep the record yourself")
        })?;
        check_times(self.attempt_timeout, self.deadline, &self.retry)?;
        let host = HeaderValue::from_str(self.endpoint.host())
            .map_err(|_| Error::configuration("endpoint", "the endpoint's host cannot be sent"))?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport::new(&self.endpoint, &self.http)?),
        };
        Ok(Client::new(Inner {
            partner: self.partner,
            id_tag: self.id_tag,
            endpoint: self.endpoint,
            host,
            marketplace: self.marketplace,
            format: self.format,
            attempt_timeout: self.attempt_timeout,
            deadline: self.deadline,
            retry: self.retry,
            limiter: self.limiter,
            signer: GuardedSigner(signer),
            transport,
            journal,
            recovery: self.recovery,
            clock: self.clock,
            entropy: self.entropy,
            observer: self.observer.map(GuardedObserver),
            acknowledges: self.acknowledges,
            shared: Arc::new(Shared::new(self.share.map(Limiter::new))),
        }))
    }
}
