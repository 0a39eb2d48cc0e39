use super::Worker;
use crate::Result;
use crate::fixture::{ACCESS_KEY_ID, PARTNER, SECRET, card};
use crate::task::Task;
use posa_core::journal::{Journal, MemoryJournal, NoJournal, SqliteJournal};
use posa_core::model::{Currency, Region};
use posa_core::sign::Credentials;
use posa_core::transport::{HttpOptions, HttpTransport};
use posa_core::{Activate, Amount, CardNumber, Client, Endpoint, Marketplace, PartnerId};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Several times what one core can send. The limiter remembers as many requests as it allows a second.
const OUT_OF_REACH: NonZeroU32 = NonZeroU32::new(200_000).unwrap();

/// Which journal the client keeps.
const NONE: u8 = 0;
const MEMORY: u8 = 1;
const FILE: u8 = 2;

pub(super) type Unrecorded = Posa<NONE, false>;
pub(super) type InMemory = Posa<MEMORY, false>;
pub(super) type Limited = Posa<MEMORY, true>;
pub(super) type Durable = Posa<FILE, false>;

/// This project's client as an application uses it: validation, and an id of its own choosing. Limited, it asks the
/// limiter before each request, at a rate that never makes it wait.
pub(super) struct Posa<const JOURNAL: u8, const LIMITED: bool> {
    client: Client,
}

impl<const JOURNAL: u8, const LIMITED: bool> Worker for Posa<JOURNAL, LIMITED> {
    async fn open(task: &Task) -> Result<Vec<Self>> {
        let journal: Arc<dyn Journal> = match JOURNAL {
            NONE => Arc::new(NoJournal),
            MEMORY => Arc::new(MemoryJournal::new()),
            _ => Arc::new(SqliteJournal::open(task.folder.join("posa.db"))?),
        };
        let endpoint = Endpoint::custom(&task.url, Region::NorthAmerica)?;
        let options = HttpOptions { extra_ca_pem: std::fs::read(&task.ca)?, ..HttpOptions::default() };
        let transport = HttpTransport::new(&endpoint, &options)?;
        let client = Client::builder(PartnerId::new(PARTNER)?, endpoint)
            .marketplace(Marketplace::UnitedStates)
            .credentials(Credentials::new(ACCESS_KEY_ID, SECRET)?)
            .transport(Arc::new(transport))
            .journal(journal)
            .rate_limit(LIMITED.then_some(OUT_OF_REACH))
            .build()?;
        Ok((0..task.in_flight).map(|_| Self { client: client.clone() }).collect())
    }

    async fn operation(&mut self, i: u64) -> Result<()> {
        let sale = Activate::new(CardNumber::new(&card(i))?, Amount::new("25.00", Currency::Usd)?);
        let receipt = self.client.activate(sale).await?;
        if receipt.attempts != 1 {
            return Err(format!("operation {i} took {} requests", receipt.attempts).into());
        }
        Ok(())
    }
}
