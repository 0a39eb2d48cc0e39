//! The sandbox as a running thing: listeners, connections, and what one request goes through.

mod answer;
mod changes;
mod clock;
mod decide;
mod gateway;
mod listen;
mod log;
mod payload;
mod settings;
mod throttle;
mod tls;

pub(crate) use answer::Answer;
use changes::Changes;
use clock::Clock;
pub use clock::ClockView;
pub(crate) use gateway::Gateway;
pub use log::RequestEntry;
pub(crate) use log::{Page, RequestLog};
pub(crate) use payload::{Dropped, Payload, Stream, Unread, read};
pub use settings::{Partner, Settings};
use throttle::Throttle;
use tls::Tls;

use crate::faults::Faults;
use crate::ledger::{Card, Ledger};
use posa_core::sign::Credentials;
use posa_core::{Endpoint, Error, PartnerId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A running gateway. Dropping it closes every connection; [`Sandbox::stop`] lets requests under way finish.
pub struct Sandbox {
    pub(crate) gateway: Arc<Gateway>,
    url: String,
    tls_url: String,
    ca_pem: String,
    ca_file: OnceLock<PathBuf>,
    endpoint: Endpoint,
    tls_endpoint: Endpoint,
    partner: Partner,
    credentials: Credentials,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
}

/// What a client needs to know: the document that `posa sandbox` writes once it accepts connections.
#[derive(Clone, Serialize)]
pub struct Ready {
    /// `http://127.0.0.1:<port>`.
    pub url: String,
    /// `https://127.0.0.1:<port>`.
    pub tls_url: String,
    /// The page that shows and steers the sandbox: `http://127.0.0.1:<port>/`.
    pub dashboard_url: String,
    /// The certificate authority in PEM; `None` until [`Sandbox::write_ca`] wrote it.
    pub ca_file: Option<PathBuf>,
    /// The region to sign for.
    pub region: &'static str,
    /// The first partner.
    pub partner_id: String,
    /// Its key.
    pub access_key_id: String,
    /// Its secret, which is good for nothing but this sandbox.
    pub secret_access_key: String,
    /// Every card.
    pub cards: Vec<ReadyCard>,
    /// This process.
    pub pid: u32,
}

/// A card of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyCard {
    /// 16 digits.
    pub card_number: String,
    /// 3 digits.
    pub checksum: String,
    /// A decimal, or `None` if the activation sets the amount.
    pub denomination: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// ISO 3166 alpha-2 code of the country of issuance.
    pub marketplace: String,
}

impl Sandbox {
    /// An ephemeral sandbox on free ports of `127.0.0.1`. Needs a Tokio runtime with I/O and time.
    ///
    /// # Errors
    /// No port could be bound, or no certificate could be made.
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(Settings::default()).await
    }

    /// A sandbox of one's own making.
    ///
    /// # Errors
    /// [`Configuration`](posa_core::ErrorKind::Configuration), naming the setting: an address beyond loopback, one
    /// that is taken, partners that clash, a state file that cannot be used.
    pub async fn start_with(settings: Settings) -> Result<Self, Error> {
        settings.check()?;
        let listener = bind("listen", settings.listen).await?;
        let tls_listener = bind("tls_listen", settings.tls_listen).await?;
        let (url, tls_url) = (url("http", &listener)?, url("https", &tls_listener)?);
        let tls = Tls::new(settings.tls_listen.ip())?;
        let tls_endpoint = Endpoint::custom(&tls_url, settings.region)?;
        let endpoint = Endpoint::custom(&url, settings.region).unwrap_or_else(|_| tls_endpoint.clone());
        let partner = settings.first_partner()?.clone();
        let credentials = Credentials::new(&*partner.access_key_id, &*partner.secret_access_key)?;
        let gateway = Arc::new(Gateway {
            ledger: Ledger::open(&settings.ledger()).map_err(|e| Error::configuration("state", e))?,
            clock: Clock::default(),
            throttle: Throttle::new(settings.throttle),
            faults: Faults::default(),
            log: RequestLog::default(),
            changes: Changes::default(),
            settings,
        });
        let (stop, stopped) = watch::channel(false);
        let mut listeners = JoinSet::new();
        for (listener, acceptor) in [(listener, None), (tls_listener, Some(tls.acceptor))] {
            listeners.spawn(listen::listen(listener, acceptor, Arc::clone(&gateway), stopped.clone()));
        }
        let (ca_pem, ca_file) = (tls.ca_pem, OnceLock::new());
        Ok(Self {
            gateway,
            url,
            tls_url,
            ca_pem,
            ca_file,
            endpoint,
            tls_endpoint,
            partner,
            credentials,
            stop,
            listeners,
        })
    }

    /// Refuses new connections, lets requests under way finish for two seconds, and closes the rest.
    pub async fn stop(mut self) {
        // The listeners hold a receiver as long as they run.
        let _ = self.stop.send(true);
        self.gateway.changes.close();
        while self.listeners.join_next().await.is_some() {}
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `https://127.0.0.1:<port>`; its certificate is signed by [`Sandbox::ca_pem`].
    pub fn tls_url(&self) -> &str {
        &self.tls_url
    }

    /// The certificate authority of this sandbox, in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Writes the certificate authority to a file, which [`Sandbox::ready`] then names.
    ///
    /// # Errors
    /// The file could not be written.
    pub fn write_ca(&self, path: impl AsRef<Path>) -> io::Result<()> {
        std::fs::write(path.as_ref(), &self.ca_pem)?;
        // The first file stays good: the authority does not change.
        let _ = self.ca_file.set(std::path::absolute(path)?);
        Ok(())
    }

    /// The endpoint for a client: HTTP on loopback, HTTPS where the sandbox listens beyond it.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// The endpoint for a client that trusts [`Sandbox::ca_pem`].
    pub fn tls_endpoint(&self) -> Endpoint {
        self.tls_endpoint.clone()
    }

    /// The accounts, the first one first.
    pub fn partners(&self) -> &[Partner] {
        &self.gateway.settings.partners
    }

    /// The id of the first partner.
    pub fn partner_id(&self) -> &PartnerId {
        &self.partner.id
    }

    /// The key of the first partner.
    pub fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    /// What a client needs to know.
    ///
    /// # Errors
    /// The ledger could not be read.
    pub fn ready(&self) -> Result<Ready, Error> {
        let cards = self.cards()?.into_iter().map(|card: Card| ReadyCard {
            card_number: card.card_number,
            checksum: card.checksum,
            denomination: card.denomination,
            currency: card.currency,
            marketplace: card.marketplace,
        });
        Ok(Ready {
            url: self.url.clone(),
            tls_url: self.tls_url.clone(),
            dashboard_url: format!("{}/", self.url),
            ca_file: self.ca_file.get().cloned(),
            region: self.gateway.settings.region.name(),
            partner_id: self.partner.id.to_string(),
            access_key_id: self.partner.access_key_id.clone(),
            secret_access_key: self.partner.secret_access_key.clone(),
            cards: cards.collect(),
            pid: std::process::id(),
        })
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.url).field("tls_url", &self.tls_url).finish_non_exhaustive()
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready").field("url", &self.url).field("tls_url", &self.tls_url).finish_non_exhaustive()
    }
}

async fn bind(field: &'static str, address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|e| {
        let message = format!("{field} {address} cannot be listened on: {e}; port 0 takes a free one");
        Error::configuration(field, message)
    })
}

fn url(scheme: &str, listener: &TcpListener) -> Result<String, Error> {
    let bound = listener.local_addr().map_err(|e| Error::configuration("listen", format!("no local address: {e}")))?;
    let reachable = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    Ok(format!("{scheme}://{}", SocketAddr::new(reachable, bound.port())))
}
