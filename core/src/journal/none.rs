use super::Journal;
use super::transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, Transaction};
use crate::BoxFuture;
use crate::error::Error;
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use jiff::Timestamp;

/// Keeps nothing: the caller has a record of its own, and repeats a sale as it was, with its id, after an unknown
/// outcome. Chosen by name, never by default.
///
/// Of an id that the caller gives, nobody here knows whether it was sent before. So it is in doubt until a success, or a
/// refusal that settles earlier attempts too: any other refusal of it is
/// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), even of what was never sent. An id that the client chose is new.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoJournal;

/// As [`NoJournal`], for a caller whose own record tells that nothing is in doubt under the ids that it gives: a refusal
/// of one stands for itself. For tools that send an id once more on purpose.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallersJournal;

/// `in_doubt`: an id that is given may have been sent before. A mock id is no sale, and has its fixed answer whenever it
/// comes.
fn claim(id: &RequestId, in_doubt: bool, lease_until: Timestamp) -> Begun {
    Begun::Claimed(Claim { unrecorded: in_doubt && !id.is_mock(), ..Claim::new(id, lease_until) })
}

macro_rules! keeps_nothing {
    ($journal:ty, $in_doubt:literal) => {
        impl Journal for $journal {
            fn bind<'a>(
                &'a self,
                _partner: &'a PartnerId,
                _endpoint: &'a Endpoint,
            ) -> BoxFuture<'a, Result<(), Error>> {
                Box::pin(async { Ok(()) })
            }

            fn begin_activation<'a>(
                &'a self,
                id: &'a RequestId,
                sale: &'a Activate,
                _asker: Asker,
                _now: Timestamp,
                lease_until: Timestamp,
            ) -> BoxFuture<'a, Result<Begun, Error>> {
                Box::pin(async move { Ok(claim(id, $in_doubt && sale.request_id.is_some(), lease_until)) })
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
                Box::pin(async move { Ok(claim(id, $in_doubt, lease_until)) })
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
    };
}

keeps_nothing!(NoJournal, true);
keeps_nothing!(CallersJournal, false);
