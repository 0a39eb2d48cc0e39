//! A client over the gateway in memory, on paused time; its clock goes with that time.

use crate::gateway::Gateway;
use jiff::{SignedDuration, Timestamp};
use posa_core::engine::{Clock, Retry};
use posa_core::journal::Journal;
use posa_core::model::Region;
use posa_core::sign::Credentials;
use posa_core::{Activate, Amount, CardNumber, Client, ClientBuilder, Currency, Endpoint, PartnerId, RequestId};
use std::sync::Arc;
use tokio::time::Instant;

/// When each runtime's time begins.
pub(crate) const NOON: Timestamp = Timestamp::constant(1_790_000_000, 0);

/// The runtime's time, so long after noon.
pub(crate) struct Going {
    since: Instant,
    ahead: SignedDuration,
}

impl Going {
    pub(crate) fn from_noon() -> Self {
        Self::after(SignedDuration::ZERO)
    }

    pub(crate) fn after(ahead: SignedDuration) -> Self {
        Self { since: Instant::now(), ahead }
    }
}

impl Clock for Going {
    fn now(&self) -> Timestamp {
        NOON + self.ahead + SignedDuration::try_from(self.since.elapsed()).unwrap()
    }
}

/// Sends each request once, so that what is lost stays lost.
pub(crate) fn till(gateway: &Gateway, journal: Arc<dyn Journal>, clock: impl Clock + 'static) -> Client {
    builder(gateway, journal, clock).build().unwrap()
}

pub(crate) fn builder(gateway: &Gateway, journal: Arc<dyn Journal>, clock: impl Clock + 'static) -> ClientBuilder {
    let partner = PartnerId::new("Awssb").unwrap();
    Client::builder(partner, Endpoint::custom("http://127.0.0.1:1", Region::NorthAmerica).unwrap())
        .credentials(Credentials::new("AKIDEXAMPLE", "secret").unwrap())
        .journal(journal)
        .transport(Arc::new(gateway.clone()))
        .clock(Arc::new(clock))
        .retry(Retry { attempts: 1, ..Retry::default() })
        .rate_limit(None)
}

/// The 16 digits of card number `n`.
pub(crate) fn digits(n: u64) -> String {
    format!("{:016}", 1_400_000_000_000_000 + n)
}

pub(crate) fn sale_for(n: u64, decimal: &str) -> Activate {
    Activate::new(CardNumber::new(&digits(n)).unwrap(), Amount::new(decimal, Currency::Usd).unwrap())
}

pub(crate) fn sale(n: u64) -> Activate {
    sale_for(n, "25.00")
}

pub(crate) fn id(text: &str) -> RequestId {
    RequestId::recorded(text).unwrap()
}
