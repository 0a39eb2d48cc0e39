use crate::ledger::{F1000, LedgerOptions};
use posa_core::model::Region;
use posa_core::{Error, PartnerId};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// How a sandbox behaves. [`Settings::default`] is an ephemeral one on free ports of `127.0.0.1`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where HTTP is served; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where HTTPS is served; port 0 takes a free one.
    pub tls_listen: SocketAddr,
    /// Allows addresses beyond loopback. Whoever reaches them controls the sandbox.
    pub allow_remote: bool,
    /// A file that keeps the ledger across restarts; `None` keeps it in memory.
    pub state: Option<PathBuf>,
    /// Accepted requests per partner and second over all operations; `None` for no limit. The vendor's is 10.
    pub throttle: Option<NonZeroU32>,
    /// What the mock id `F1000` answers.
    pub f1000: F1000,
    /// Demands the 19 digits with the checksum; 16 are `CardNumberTooShort`.
    pub strict_card_numbers: bool,
    /// Demands alphanumeric request ids, as the specification says; the live service takes others too.
    pub strict_request_ids: bool,
    /// HTTP 500 in place of 400 for the classes F100, F400 and F500.
    pub server_error_status: bool,
    /// The region that signatures must be for.
    pub region: Region,
    /// How far a request's time may be from the sandbox's clock: 15 minutes.
    pub clock_window: Duration,
    /// Accounts, at least one; the first is shown by [`crate::Sandbox::ready`].
    pub partners: Vec<Partner>,
    /// Time for a request's headers, and for the next request of an idle connection: 30 s.
    pub header_timeout: Duration,
    /// Time for a request's body: 10 s.
    pub body_timeout: Duration,
    /// Open connections of each listener; more wait in the operating system's queue.
    pub max_connections: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let free_port = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self {
            listen: free_port,
            tls_listen: free_port,
            allow_remote: false,
            state: None,
            throttle: NonZeroU32::new(10),
            f1000: F1000::default(),
            strict_card_numbers: false,
            strict_request_ids: false,
            server_error_status: false,
            region: Region::NorthAmerica,
            clock_window: Duration::from_secs(15 * 60),
            partners: Vec::from_iter(Partner::sandbox()),
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            max_connections: 512,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), Error> {
        for (field, address) in [("listen", self.listen), ("tls_listen", self.tls_listen)] {
            if !address.ip().is_loopback() && !self.allow_remote {
                let message = format!(
                    "{field} {address} is not a loopback address: whoever reaches it controls the sandbox. Use \
                     127.0.0.1, or allow remote access explicitly"
                );
                return Err(Error::configuration(field, message));
            }
        }
        for (at, partner) in self.partners.iter().enumerate() {
            let same = |other: &Partner| other.id == partner.id || other.access_key_id == partner.access_key_id;
            if self.partners.iter().skip(at + 1).any(same) {
                let message = "two partners share an id or an access key id; give each its own";
                return Err(Error::configuration("partners", message));
            }
        }
        if self.max_connections == 0 {
            return Err(Error::configuration("max_connections", "max_connections is 0; nothing could be answered"));
        }
        Ok(())
    }

    pub(super) fn ledger(&self) -> LedgerOptions {
        LedgerOptions {
            state: self.state.clone(),
            partners: self.partners.iter().map(|partner| partner.id.clone()).collect(),
            f1000: self.f1000,
            strict_card_numbers: self.strict_card_numbers,
            strict_request_ids: self.strict_request_ids,
            server_error_status: self.server_error_status,
            ..LedgerOptions::default()
        }
    }

    pub(crate) fn first_partner(&self) -> Result<&Partner, Error> {
        let missing = "a sandbox needs a partner; the default settings have one";
        self.partners.first().ok_or_else(|| Error::configuration("partners", missing))
    }
}

/// An account at the gateway and the key that signs for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Partner {
    /// The id in every request.
    pub id: PartnerId,
    /// The public half of the key.
    pub access_key_id: String,
    /// The secret half; good for nothing but a sandbox.
    pub secret_access_key: String,
}

impl Partner {
    /// An account with one key.
    ///
    /// # Errors
    /// Field `access_key_id`: anything but letters and digits. Field `secret_access_key`: empty, or with a space.
    pub fn new(id: PartnerId, access_key_id: &str, secret_access_key: &str) -> Result<Self, Error> {
        if access_key_id.is_empty() || !access_key_id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let message = "access_key_id is empty or has something other than letters and digits; leave that out";
            return Err(Error::invalid("access_key_id", message));
        }
        if secret_access_key.is_empty() || !secret_access_key.bytes().all(|b| b.is_ascii_graphic()) {
            let message = "secret_access_key is empty or has a space; use printable ASCII characters";
            return Err(Error::invalid("secret_access_key", message));
        }
        Ok(Self { id, access_key_id: access_key_id.to_owned(), secret_access_key: secret_access_key.to_owned() })
    }

    /// `Awssb`, the partner of the specification's samples, with the well-known key of every sandbox.
    fn sandbox() -> Result<Self, Error> {
        Self::new(PartnerId::new("Awssb")?, "SANDBOXACCESSKEY", "sandbox-secret-not-for-production")
    }
}

impl fmt::Debug for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partner")
            .field("id", &self.id)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}
