use super::connection::{Connection, Values};
use super::pool::{Step, mark};
use super::trouble::Stop;
use crate::error::Error;
use crate::journal::clock::until;
use crate::journal::rules::{hearing, lost};
use crate::journal::transaction::{Claim, Settlement};
use crate::model::{Expiration, RequestId};
use jiff::Timestamp;
use tokio_postgres::types::Type;

const EXTEND: &str = "SELECT posa.attempt($1, $2, $3, $4, $5, $6, $7)";

const SETTLE: &str = "SELECT posa.settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

const HEAR: &str = "SELECT posa.hear($1, $2, $3, $4, $5)";

const TAKEN: &str = "SELECT FROM posa.sale WHERE request_id = $1 AND fence = $2 AND step = $3";

/// Notes one more request and extends the lease.
pub(super) struct Attempt<'a> {
    claim: &'a Claim,
    attempt: u32,
    now: Timestamp,
    lease_until: Timestamp,
    signed_until: Timestamp,
    mark: i64,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        lease_until: Timestamp,
        signed_until: Timestamp,
    ) -> Result<Self, Error> {
        Ok(Self { claim, attempt, now, lease_until, signed_until, mark: mark()? })
    }
}

impl Step for Attempt<'_> {
    type Output = ();

    async fn take(&mut self, db: &mut Connection) -> Result<(), Stop> {
        let values: &Values<'_> = &[
            (&self.claim.request_id.as_str(), Type::TEXT),
            (&fence(self.claim), Type::INT8),
            (&self.now, Type::TIMESTAMPTZ),
            (&until(self.lease_until, self.now), Type::INT8),
            (&self.mark, Type::INT8),
            (&i64::from(self.attempt), Type::INT8),
            (&self.signed_until, Type::TIMESTAMPTZ),
        ];
        if db.change(EXTEND, values).await? { Ok(()) } else { taken_before(db, self.claim, self.mark).await }
    }
}

/// Records what came of it.
pub(super) struct Settle<'a> {
    claim: &'a Claim,
    settlement: Settlement,
    now: Timestamp,
    mark: i64,
}

impl<'a> Settle<'a> {
    pub(super) fn new(claim: &'a Claim, settlement: Settlement, now: Timestamp) -> Result<Self, Error> {
        Ok(Self { claim, settlement, now, mark: mark()? })
    }
}

impl Step for Settle<'_> {
    type Output = ();

    async fn take(&mut self, db: &mut Connection) -> Result<(), Stop> {
        let Settlement { state, attempts, expiration, sent_at, retry_at, reversal_tries, note, told } =
            &self.settlement;
        let values: &Values<'_> = &[
            (&self.claim.request_id.as_str(), Type::TEXT),
            (&fence(self.claim), Type::INT8),
            (&state.name(), Type::TEXT),
            (&i64::from(*attempts), Type::INT8),
            (&self.now, Type::TIMESTAMPTZ),
            (&retry_at.map(|at| until(at, self.now)), Type::INT8),
            (&expiration.as_ref().map(Expiration::raw), Type::TEXT),
            (&note.as_deref(), Type::TEXT),
            (&self.mark, Type::INT8),
            (&i64::from(*reversal_tries), Type::INT8),
            (sent_at, Type::TIMESTAMPTZ),
            (&!told, Type::BOOL),
        ];
        if db.change(SETTLE, values).await? { Ok(()) } else { taken_before(db, self.claim, self.mark).await }
    }
}

/// Notes whether somebody heard an outcome.
pub(super) struct Hear<'a> {
    pub(super) id: &'a RequestId,
    pub(super) fence: u64,
    pub(super) told: bool,
    pub(super) now: Timestamp,
}

impl Step for Hear<'_> {
    type Output = ();

    async fn take(&mut self, db: &mut Connection) -> Result<(), Stop> {
        let values: &Values<'_> = &[
            (&self.id.as_str(), Type::TEXT),
            (&i64::try_from(self.fence).unwrap_or(i64::MAX), Type::INT8),
            (&!self.told, Type::BOOL),
            (&self.now, Type::TIMESTAMPTZ),
            (&hearing(self.told), Type::TEXT),
        ];
        // Where nothing was to be noted, that is as well.
        db.change(HEAR, values).await.map(|_| ())
    }
}

/// Nothing was written: this very step was taken before its answer was lost, or the claim is worth nothing any more.
async fn taken_before(db: &mut Connection, claim: &Claim, mark: i64) -> Result<(), Stop> {
    let values: &Values<'_> =
        &[(&claim.request_id.as_str(), Type::TEXT), (&fence(claim), Type::INT8), (&mark, Type::INT8)];
    let taken = db.ask(TAKEN, values).await?;
    if taken.is_empty() { Err(lost(&claim.request_id).into()) } else { Ok(()) }
}

fn fence(claim: &Claim) -> i64 {
    i64::try_from(claim.fence).unwrap_or(i64::MAX)
}
