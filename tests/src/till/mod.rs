//! A till as a process of its own, so that it can be killed: its orders, and what it says.

mod process;
mod way;
mod work;

pub use process::Process;
pub use work::work;

use posa_core::engine::Retry;
use posa_core::journal::Journal;
use posa_core::model::Region;
use posa_core::sign::Credentials;
use posa_core::{Client, ClientBuilder, Endpoint, Error, ErrorKind, PartnerId, Receipt, RequestId};
use posa_sandbox::Sandbox;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The first line that a till reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Orders {
    /// Where it sells.
    pub account: Account,
    /// The journal's name.
    pub journal: String,
    /// Whether it recovers before it sells, and how.
    pub recovery: Recovery,
    /// How many sales it makes at a time.
    pub at_once: usize,
    /// Each sale waits for a line on standard input.
    pub in_step: bool,
    /// What it sells, in order.
    pub sales: Vec<Sale>,
}

/// What a till does with the sales that an earlier one left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recovery {
    /// Nothing.
    None,
    /// Completes them.
    Complete,
    /// Gives them up and reverses them.
    GiveUp,
}

/// One card to sell for 10.00 USD.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sale {
    /// The store's own id; without one the client makes it.
    pub request_id: Option<String>,
    /// 16 digits.
    pub card: String,
    /// What follows.
    pub then: Then,
}

/// What follows a sale that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// Nothing.
    Keep,
    /// The customer brings it back at once.
    Return,
    /// It is given up, whatever became of it.
    Void,
}

/// One line of a till: each is out before the till goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// The journal is open.
    Open,
    /// Recovery begins.
    Recovering,
    /// Recovery is over.
    Recovered,
    /// A sale on this card begins.
    Begin(String),
    /// A request with this id is about to be sent.
    Sending(String),
    /// A request with this id came to an end, which the journal does not have yet.
    Answered(String),
    /// A deactivation of this id begins.
    Reversing(String),
    /// The cashier is told that this sale is done.
    Done(String),
    /// The cashier is told that the gateway refused this sale.
    Rejected(String),
    /// The cashier is told that this sale is undone: the card is not active by it.
    Undone(String),
    /// The cashier is told that nobody knows yet.
    Unknown(String),
    /// The cashier is told that nothing was begun: kind and message.
    Refused(String, String),
    /// It ends by itself.
    Closed,
}

impl Said {
    /// What the cashier hears of an activation.
    pub fn of(outcome: &Result<Receipt, Error>) -> Self {
        match outcome {
            Ok(receipt) => Self::Done(receipt.request_id.to_string()),
            Err(error) => match (error.kind(), error.request_id()) {
                (ErrorKind::OutcomeUnknown, Some(id)) => Self::Unknown(id.to_owned()),
                (kind, Some(id)) if kind != ErrorKind::Conflict && kind != ErrorKind::Journal => {
                    Self::Rejected(id.to_owned())
                }
                _ => Self::refused(error),
            },
        }
    }

    /// What the cashier hears of a reversal that was not done. A sale whose card could not be deactivated stands.
    pub fn why_not_undone(error: &Error) -> Self {
        match (error.kind(), error.request_id()) {
            (ErrorKind::OutcomeUnknown, Some(id)) => Self::Unknown(id.to_owned()),
            _ => Self::refused(error),
        }
    }

    fn refused(error: &Error) -> Self {
        Self::Refused(error.kind().name().to_owned(), error.message().to_owned())
    }
}

/// What a client needs to know of a sandbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    url: String,
    partner_id: String,
    access_key_id: String,
    secret_access_key: String,
}

impl Account {
    /// The first partner's.
    ///
    /// # Panics
    /// The sandbox has no partner.
    pub fn at(sandbox: &Sandbox) -> Self {
        let partner = sandbox.partners().first().expect("a sandbox has a partner");
        Self {
            url: sandbox.url().to_owned(),
            partner_id: partner.id.to_string(),
            access_key_id: partner.access_key_id.clone(),
            secret_access_key: partner.secret_access_key.clone(),
        }
    }

    /// A client's set-up: no limit of requests a second, and times that let a test lose answers by the hundred.
    ///
    /// # Errors
    /// A value is none.
    pub fn client(&self, journal: Arc<dyn Journal>) -> Result<ClientBuilder, Error> {
        let endpoint = self.endpoint()?;
        let key = Credentials::new(&*self.access_key_id, &*self.secret_access_key)?;
        let retry = Retry { attempts: 3, base: Duration::from_millis(5), cap: Duration::from_millis(20) };
        Ok(Client::builder(self.partner()?, endpoint)
            .credentials(key)
            .journal(journal)
            .rate_limit(None)
            .attempt_timeout(Duration::from_secs(1))
            .deadline(Duration::from_secs(2))
            .retry(retry))
    }

    /// The gateway.
    ///
    /// # Errors
    /// The URL is none.
    pub fn endpoint(&self) -> Result<Endpoint, Error> {
        Endpoint::custom(&self.url, Region::NorthAmerica)
    }

    /// The partner.
    ///
    /// # Errors
    /// The text is none.
    pub fn partner(&self) -> Result<PartnerId, Error> {
        PartnerId::new(&self.partner_id)
    }
}

impl Sale {
    /// As the client takes it.
    ///
    /// # Errors
    /// A value is none.
    pub fn build(&self, partner: &PartnerId) -> Result<posa_core::Activate, Error> {
        let amount = posa_core::Amount::new("10.00", posa_core::Currency::Usd)?;
        let sale = posa_core::Activate::new(posa_core::CardNumber::new(&self.card)?, amount);
        Ok(match &self.request_id {
            Some(id) => sale.request_id(RequestId::new(id, partner)?),
            None => sale,
        })
    }
}
