use super::holder::Holders;
use super::seal::{HISTORY, MOVING, SOLD, seal, whole};
use super::uptime;
use crate::error::Error;
use crate::journal::HistoryEntry;
use crate::journal::clock::later;
use crate::journal::stored::{self, damaged};
use crate::journal::transaction::{State, Transaction};
use crate::model::{Expiration, RequestId, presentable};
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::ValueRef;

/// In the order in which [`read`] takes them: those of [`SOLD`], those of [`MOVING`], the two checksums, and
/// what is in none.
pub(super) const COLUMNS: &str = "request_id, card, checksum, minor_units, currency, details, started_at, state, attempts, \
     updated_at, sent_at, asked_at, lease_until, holder, fence, confirmed, voided, reversal_tries, retry_at, expiration, \
     note, sold, seal, untold";

/// A sale, and what tells whether its row in the file is still the same: its fence and its checksums.
pub(super) struct Known {
    pub(super) row: Transaction,
    pub(super) fence: u64,
    pub(super) sold: i64,
    pub(super) seal: i64,
}

/// A row as SQLite has it.
pub(super) struct Raw {
    request_id: String,
    card: String,
    minor_units: i64,
    currency: String,
    details: Option<String>,
    state: String,
    attempts: u32,
    started_at: i64,
    updated_at: i64,
    sent_at: i64,
    asked_at: i64,
    /// By [`uptime`].
    lease_until: Option<i64>,
    holder: Option<i64>,
    fence: i64,
    confirmed: bool,
    voided: bool,
    reversal_tries: u32,
    retry_at: Option<i64>,
    expiration: Option<String>,
    note: Option<String>,
    /// Its two checksums, if it is as it was written.
    seals: Option<(i64, i64)>,
    untold: bool,
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let mut card: String = row.get(1)?;
    if let Some(checksum) = row.get_ref(2)?.as_str_or_null()? {
        card.push_str(checksum);
    }
    Ok(Raw {
        request_id: row.get(0)?,
        card,
        minor_units: row.get(3)?,
        currency: row.get(4)?,
        details: row.get(5)?,
        started_at: row.get(6)?,
        state: row.get(7)?,
        attempts: row.get(8)?,
        updated_at: row.get(9)?,
        sent_at: row.get(10)?,
        asked_at: row.get(11)?,
        lease_until: row.get(12)?,
        holder: row.get(13)?,
        fence: row.get(14)?,
        confirmed: row.get(15)?,
        voided: row.get(16)?,
        reversal_tries: row.get(17)?,
        retry_at: row.get(18)?,
        expiration: row.get(19)?,
        note: row.get(20)?,
        seals: seals(row)?,
        untold: row.get(23)?,
    })
}

/// An entry of the history in the columns of [`HISTORY`] and its checksum; `None` if it is not as it was written.
pub(super) fn history(row: &Row<'_>) -> rusqlite::Result<Option<HistoryEntry>> {
    let sealed = is_entry_sealed(row)?;
    let Some(at) = Timestamp::from_microsecond(row.get("at")?).ok().filter(|_| sealed) else { return Ok(None) };
    Ok(Some(HistoryEntry { at, event: row.get("event")?, attempts: row.get("attempts")?, note: row.get("note")? }))
}

/// Whether an entry of the history, in the columns of [`HISTORY`] and its checksum, is as it was written.
pub(super) fn is_entry_sealed(row: &Row<'_>) -> rusqlite::Result<bool> {
    let values = (0..HISTORY.len()).map(|column| row.get_ref(column)).collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(row.get_ref(HISTORY.len())? == ValueRef::Integer(seal(values)))
}

fn seals(row: &Row<'_>) -> rusqlite::Result<Option<(i64, i64)>> {
    let (first, last) = (SOLD.len(), SOLD.len() + MOVING.len());
    let values = (0..last + 2).map(|column| row.get_ref(column)).collect::<rusqlite::Result<Vec<_>>>()?;
    let (values, found) = values.split_at(last);
    let (sold, moving) = values.split_at(first);
    let sold = seal(sold.iter().copied());
    let whole = whole(sold, moving);
    Ok((*found == [sold, whole].map(ValueRef::Integer)).then_some((sold, whole)))
}

impl Raw {
    /// As somebody sees it whose clock shows `now`, and who knows which `holders` live.
    ///
    /// # Errors
    /// Kind `Journal`: the row is not as it was written.
    pub(super) fn known(self, holders: Option<&Holders>, now: Timestamp) -> Result<Known, Error> {
        let unfit = || damaged(presentable(&self.request_id, 40), "its checksum does not fit");
        let (sold, seal) = self.seals.ok_or_else(unfit)?;
        let id = RequestId::recorded(&self.request_id).map_err(|e| damaged(&self.request_id, e.message()))?;
        let time = |at: i64| Timestamp::from_microsecond(at).map_err(|_| damaged(&id, "a time is out of range"));
        let is_alive = |holder| holders.is_none_or(|holders| holders.is_alive(holder));
        let left = self.lease_until.map(|until| until.saturating_sub(uptime::microseconds()));
        let lease = left.filter(|left| *left > 0 && self.holder.is_some_and(is_alive));
        let row = Transaction {
            sale: stored::sale(&id, &self.card, self.minor_units, &self.currency, self.details.as_deref())?,
            state: State::named(&self.state).ok_or_else(|| damaged(&id, "the state is not one of ours"))?,
            attempts: self.attempts,
            started_at: time(self.started_at)?,
            updated_at: time(self.updated_at)?,
            sent_at: time(self.sent_at)?,
            asked_at: time(self.asked_at)?,
            lease_until: lease.map(|left| later(now, left)),
            fence: u64::try_from(self.fence).map_err(|_| damaged(&id, "the fence is negative"))?,
            confirmed: self.confirmed,
            voided: self.voided,
            reversal_tries: self.reversal_tries,
            retry_at: self.retry_at.map(time).transpose()?,
            expiration: self.expiration.as_deref().map(Expiration::new),
            note: self.note,
            told: !self.untold,
            request_id: id,
        };
        Ok(Known { fence: row.fence, row, sold, seal })
    }
}
