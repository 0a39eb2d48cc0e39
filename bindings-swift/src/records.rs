//! What the journal has: sales, their steps, and outcomes that nobody heard.

use crate::client::Core;
use crate::failure::Failure;
use crate::values::{JournalRow, Step};
use crate::wait::Wait;
use jiff::Timestamp;
use posa_core::journal::{Filter, Transaction};
use posa_core::{Error, RequestId};
use std::path::Path;
use std::sync::Arc;

/// Which sales to list. Times are nanoseconds since 1970.
#[derive(uniffi::Record)]
pub struct Which {
    pub open: bool,
    pub untold: bool,
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub after: Option<Place>,
    pub limit: u32,
}

/// Where a sale stands in the journal's order.
#[derive(uniffi::Record)]
pub struct Place {
    pub started_at: i64,
    pub request_id: String,
}

#[uniffi::export]
impl Core {
    pub async fn transaction(&self, request_id: String, wait: Arc<Wait>) -> Result<Option<JournalRow>, Failure> {
        let id = RequestId::recorded(&request_id)?;
        let found = self.call(None, &wait, |client| async move { client.transaction(&id).await }).await?;
        Ok(found.map(Into::into))
    }

    pub async fn transactions(&self, which: Which, wait: Arc<Wait>) -> Result<Vec<JournalRow>, Failure> {
        let filter = which.filter()?;
        let rows = self.call(None, &wait, |client| async move { client.transactions(&filter).await }).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    pub async fn history(&self, request_id: String, wait: Arc<Wait>) -> Result<Vec<Step>, Failure> {
        let id = RequestId::recorded(&request_id)?;
        let steps = self.call(None, &wait, |client| async move { client.history(&id).await }).await?;
        Ok(steps.into_iter().map(Into::into).collect())
    }

    pub async fn untold(&self, wait: Arc<Wait>) -> Result<Vec<JournalRow>, Failure> {
        let rows = self.call(None, &wait, |client| async move { client.untold().await }).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The outcome that was seen, which has that `version`.
    pub async fn acknowledge(&self, request_id: String, version: u64, wait: Arc<Wait>) -> Result<(), Failure> {
        let id = RequestId::recorded(&request_id)?;
        let noted = |client: posa_core::Client| async move {
            match client.transaction(&id).await? {
                Some(known) => client.acknowledge(&Transaction { fence: version, ..known }).await,
                None => Ok(()),
            }
        };
        self.call(None, &wait, noted).await
    }

    /// Copies the journal to a new file.
    pub async fn backup(&self, path: String, wait: Arc<Wait>) -> Result<(), Failure> {
        self.call(None, &wait, |client| async move { client.backup(Path::new(&path)).await }).await
    }
}

impl Which {
    fn filter(&self) -> Result<Filter, Error> {
        let after =
            self.after.as_ref().map(|place| Ok((time(place.started_at), RequestId::recorded(&place.request_id)?)));
        Ok(Filter {
            open: self.open,
            untold: self.untold,
            from: self.since.map(time),
            to: self.until.map(time),
            after: after.transpose()?,
            limit: Some(self.limit as usize),
            ..Filter::default()
        })
    }
}

/// 64 bits of nanoseconds are years that a time always has.
fn time(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or(Timestamp::UNIX_EPOCH)
}
