use super::Worker;
use crate::Result;
use crate::fixture::{ACCESS_KEY_ID, PARTNER, SECRET, card};
use posa_core::journal::{Journal, MemoryJournal, SqliteJournal};
use posa_core::model::{Currency, Region};
use posa_core::sign::Credentials;
use posa_core::{Activate, Amount, CardNumber, Client, Endpoint, Marketplace, PartnerId};
use std::num::NonZeroU32;
use std::sync::Arc;
use tempfile::TempDir;

/// Several times what one core can send. The limiter remembers as many requests as it allows a second.
const OUT_OF_REACH: NonZeroU32 = NonZeroU32::new(200_000).unwrap();

/// This project's client as an application uses it: validation, an id of its own choosing, an in-memory journal or a
/// durable one. Limited, it asks the limiter before each request, at a rate that never makes it wait.
pub(super) struct Posa<const LIMITED: bool, const DURABLE: bool> {
    client: Client,
    /// Where the durable journal lies, as long as it is used.
    _folder: Option<Arc<TempDir>>,
}

impl<const LIMITED: bool, const DURABLE: bool> Worker for Posa<LIMITED, DURABLE> {
    async fn open(host: &str, workers: usize) -> Result<Vec<Self>> {
        let folder = if DURABLE { Some(Arc::new(tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR"))?)) } else { None };
        let journal: Arc<dyn Journal> = match &folder {
            Some(folder) => Arc::new(SqliteJournal::open(folder.path().join("posa.db"))?),
            None => Arc::new(MemoryJournal::new()),
        };
        let endpoint = Endpoint::custom(&format!("http://{host}"), Region::NorthAmerica)?;
        let client = Client::builder(PartnerId::new(PARTNER)?, endpoint)
            .marketplace(Marketplace::UnitedStates)
            .credentials(Credentials::new(ACCESS_KEY_ID, SECRET)?)
            .journal(journal)
            .rate_limit(LIMITED.then_some(OUT_OF_REACH))
            .build()?;
        Ok((0..workers).map(|_| Self { client: client.clone(), _folder: folder.clone() }).collect())
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
