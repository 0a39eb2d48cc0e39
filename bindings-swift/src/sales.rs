//! What changes a sale or asks about it: take Swift's values, call the core, give the outcome back.

use crate::client::{Core, many};
use crate::failure::Failure;
use crate::sale::{Earlier, Sale};
use crate::settings::Own;
use crate::values::{Confirmed, JournalRow, Recovery};
use crate::wait::{Stake, Wait};
use jiff::SignedDuration;
use posa_core::recovery::{Recover, Unfinished};
use posa_core::{Client, RequestId};
use std::sync::Arc;

/// What becomes of sales without an outcome; at most one of the three. Times are milliseconds.
#[derive(uniffi::Record)]
pub struct Choice {
    pub void: bool,
    pub void_older_than: Option<u64>,
    pub leave_older_than: Option<u64>,
}

#[uniffi::export]
impl Core {
    /// A sale has its id before it is begun: whoever stops waiting has to have it.
    pub async fn activate(&self, sale: Sale, own: Option<Own>, wait: Arc<Wait>) -> Result<Confirmed, Failure> {
        let (sale, card, id) = sale.build(&self.opened.partner)?;
        let receipt = match id {
            Some(id) => {
                let stake = Stake { id, card: Some(card) };
                self.settle(stake, own, &wait, |client| async move { client.activate(sale).await }).await?
            }
            None => {
                let id = self.opened.client.new_request_id()?;
                let stake = Stake { id: id.clone(), card: Some(card) };
                self.settle(stake, own, &wait, |client| async move { client.activate_new(id, sale).await }).await?
            }
        };
        Ok(receipt.into())
    }

    pub async fn adopt(&self, sale: Sale, own: Option<Own>, wait: Arc<Wait>) -> Result<Confirmed, Failure> {
        let (sale, card, id) = sale.build(&self.opened.partner)?;
        let verb = |client: Client| async move { client.adopt(sale).await };
        let receipt = match id {
            Some(id) => self.settle(Stake { id, card: Some(card) }, own, &wait, verb).await?,
            // The core says that it is missing, and begins nothing.
            None => self.call(own, &wait, verb).await?,
        };
        Ok(receipt.into())
    }

    pub async fn deactivate(&self, sale: Earlier, own: Option<Own>, wait: Arc<Wait>) -> Result<Confirmed, Failure> {
        let (stake, reversal) = (sale.stake(&self.opened.partner)?, sale.reversal(&self.opened.partner)?);
        Ok(self.settle(stake, own, &wait, |client| async move { client.deactivate(reversal).await }).await?.into())
    }

    /// Changes nothing, so that nothing is at stake.
    pub async fn status(&self, sale: Earlier, own: Option<Own>, wait: Arc<Wait>) -> Result<Confirmed, Failure> {
        let check = sale.check(&self.opened.partner)?;
        Ok(self.call(own, &wait, |client| async move { client.status(check).await }).await?.into())
    }

    pub async fn resolve(&self, request_id: String, wait: Arc<Wait>) -> Result<JournalRow, Failure> {
        let id = RequestId::recorded(&request_id)?;
        let stake = Stake { id: id.clone(), card: None };
        Ok(self.settle(stake, None, &wait, |client| async move { client.resolve(&id).await }).await?.into())
    }

    pub async fn void(&self, request_id: String, wait: Arc<Wait>) -> Result<JournalRow, Failure> {
        let id = RequestId::recorded(&request_id)?;
        let stake = Stake { id: id.clone(), card: None };
        Ok(self.settle(stake, None, &wait, |client| async move { client.void(&id).await }).await?.into())
    }

    pub async fn recover(&self, choice: Choice, concurrency: u32, wait: Arc<Wait>) -> Result<Recovery, Failure> {
        let Choice { void, void_older_than, leave_older_than } = choice;
        let unfinished = Unfinished::chosen(void, void_older_than.map(age), leave_older_than.map(age))?;
        let how = Recover { unfinished, concurrency: many(concurrency)? };
        Ok(self.call(None, &wait, |client| async move { client.recover(how).await }).await?.into())
    }
}

/// No sale is as old as the longest of them.
fn age(milliseconds: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}
