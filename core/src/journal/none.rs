use super::Journal;
use super::transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, Transaction};
use crate::BoxFuture;
use crate::error::Error;
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use jiff::Timestamp;

/// Keeps nothing: the caller has a record of its own, gives every sale's id itself and repeats it after an unknown
/// outcome. Chosen by name, never by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoJournal;

impl NoJournal {
    /// Nothing is known of earlier attempts; an id that comes for the first time has none.
    fn claim(id: &RequestId, lease_until: Timestamp) -> Begun {
        Begun::Claimed(Claim::new(id, lease_until))
    }
}

impl Journal for NoJournal {
    fn bind<'a>(&'a self, _partner: &'a PartnerId, _endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn begin_activation<'a>(
        &'a self,
        id: &'a RequestId,
        _sale: &'a Activate,
        _asker: Asker,
        _now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move { Ok(Self::claim(id, lease_until)) })
    }

    fn begin_reversal<'a>(
        &'a self,
        id: &'a RequestId,
        _card: &'a CardNumber,
        _purpose: Purpose,
        _asker: Asker,
        _now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move { Ok(Self::claim(id, lease_until)) })
    }

    fn attempt<'a>(
        &'a self,
        _claim: &'a Claim,
        _attempt: u32,
        _now: Timestamp,
        _lease_until: Timestamp,
        _signed_until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn settle<'a>(
        &'a self,
        _claim: &'a Claim,
        _settlement: Settlement,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn transaction<'a>(&'a self, _id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>> {
        Box::pin(async { Ok(None) })
    }

    fn transactions<'a>(&'a self, _filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
