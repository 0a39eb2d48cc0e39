//! How a row and an entry of the history are written, each with its checksums.

use super::row::Known;
use super::seal::{HISTORY, MOVING, SOLD, seal, whole};
use super::steps::Steps;
use super::uptime;
use crate::journal::clock;
use crate::journal::stored::details;
use crate::journal::transaction::Transaction;
use crate::model::Expiration;
use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Statement, params_from_iter};

/// The columns of [`SOLD`], those of [`MOVING`] as a new sale has them, and the two checksums.
pub(super) const INSERT: &str = "INSERT INTO sale (request_id, card, checksum, minor_units, currency, details, started_at, state,
       attempts, updated_at, sent_at, asked_at, lease_until, holder, fence, confirmed, voided, reversal_tries, retry_at,
       expiration, note, sold, seal)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'sending', 0, ?, ?, ?, ?, ?, 1, 0, 0, 0, NULL, NULL, NULL, ?, ?) ON CONFLICT DO NOTHING";

/// The columns of [`MOVING`], their checksum, and what is in none.
macro_rules! moving {
    () => {
        "state = ?, attempts = ?, updated_at = ?, sent_at = ?, asked_at = ?, lease_until = ?, holder = ?, fence = ?,
           confirmed = ?, voided = ?, reversal_tries = ?, retry_at = ?, expiration = ?, note = ?, seal = ?, untold = ?
         WHERE request_id = ? AND fence = ? AND seal = ?"
    };
}

pub(super) const SAVE: &str = concat!("UPDATE sale SET ", moving!());

const SAVE_ANEW: &str = concat!("UPDATE sale SET checksum = ?, details = ?, sold = ?, ", moving!());

/// The columns of [`HISTORY`] and their checksum.
pub(super) const NOTE: &str =
    "INSERT INTO history (request_id, at, fence, event, attempts, note, seal) VALUES (?, ?, ?, ?, ?, ?, ?)";

impl Steps<'_, '_> {
    /// Adds a sale; `None` if it is not new, by its id or on its card.
    pub(super) fn insert(&self, new: Transaction) -> rusqlite::Result<Option<Known>> {
        let details = details(&new.sale);
        let columns = sold(&new, details.as_deref());
        let (moving, sold) = (self.moving(&new), seal(columns));
        let [_, _, updated_at, sent_at, asked_at, lease_until, holder, ..] = moving;
        let seal = whole(sold, &moving);
        let (sold_is, seal_is) = (ValueRef::Integer(sold), ValueRef::Integer(seal));
        let others = [updated_at, sent_at, asked_at, lease_until, holder, sold_is, seal_is];
        let added = self.execute(INSERT, columns.into_iter().chain(others))? == 1;
        Ok(added.then_some(Known { fence: new.fence, row: new, sold, seal }))
    }

    /// Writes what may change of a known sale, if the row is still as it was read.
    pub(super) fn save(&self, known: &mut Known) -> rusqlite::Result<bool> {
        self.update(SAVE, &[], known)
    }

    /// As [`save`](Self::save), and what is sent with a sale that begins anew.
    pub(super) fn save_anew(&self, known: &mut Known) -> rusqlite::Result<bool> {
        let (sale, details) = (known.row.sale.clone(), details(&known.row.sale));
        known.sold = seal(sold(&known.row, details.as_deref()));
        let sent = [text(sale.card.checksum()), text(details.as_deref()), ValueRef::Integer(known.sold)];
        self.update(SAVE_ANEW, &sent, known)
    }

    fn update(&self, sql: &str, first: &[ValueRef<'_>], known: &mut Known) -> rusqlite::Result<bool> {
        let moving = self.moving(&known.row);
        let seal = whole(known.sold, &moving);
        let id = text(Some(known.row.request_id.as_str()));
        let untold = ValueRef::Integer((!known.row.told).into());
        let which = [ValueRef::Integer(seal), untold, id, fence(known.fence), ValueRef::Integer(known.seal)];
        let saved = self.execute(sql, first.iter().copied().chain(moving).chain(which))? == 1;
        known.fence = known.row.fence;
        known.seal = seal;
        Ok(saved)
    }

    /// Adds to the history what is about to be done with a sale, or what came of it.
    pub(super) fn note(
        &self,
        row: &Transaction,
        event: &str,
        attempts: u32,
        note: Option<&str>,
    ) -> rusqlite::Result<()> {
        let entry: [_; HISTORY.len()] = [
            text(Some(row.request_id.as_str())),
            time(row.updated_at),
            fence(row.fence),
            text(Some(event)),
            ValueRef::Integer(attempts.into()),
            text(note),
        ];
        self.execute(NOTE, entry.into_iter().chain([ValueRef::Integer(seal(entry))]))?;
        self.added.set(self.connection.last_insert_rowid());
        Ok(())
    }

    /// The values of [`MOVING`]. Whoever has the sale's lease is this holder: nobody writes for another.
    fn moving<'a>(&self, row: &'a Transaction) -> [ValueRef<'a>; MOVING.len()] {
        let number = ValueRef::Integer;
        let maybe = |at: Option<Timestamp>| at.map_or(ValueRef::Null, time);
        [
            text(Some(row.state.name())),
            number(row.attempts.into()),
            time(row.updated_at),
            time(row.sent_at),
            time(row.asked_at),
            row.lease_until.map_or(ValueRef::Null, |until| number(lease(row.updated_at, until))),
            row.lease_until.map_or(ValueRef::Null, |_| number(self.holders.own())),
            fence(row.fence),
            number(row.confirmed.into()),
            number(row.voided.into()),
            number(row.reversal_tries.into()),
            maybe(row.retry_at),
            text(row.expiration.as_ref().map(Expiration::raw)),
            text(row.note.as_deref()),
        ]
    }

    fn execute<'a>(&self, sql: &str, values: impl IntoIterator<Item = ValueRef<'a>>) -> rusqlite::Result<usize> {
        let values = values.into_iter().map(ToSqlOutput::Borrowed);
        let run = |statement: &mut Statement<'_>| statement.execute(params_from_iter(values));
        match self.prepared {
            Some(prepared) => prepared.with(self.connection, sql, run),
            None => run(&mut *self.connection.prepare_cached(sql)?),
        }
    }
}

/// When a lease ends that lasts from `now` until then, by the clock that all of this machine's processes share: the wall
/// clock may be set at any time.
fn lease(now: Timestamp, until: Timestamp) -> i64 {
    uptime::microseconds().saturating_add(clock::until(until, now))
}

/// The values of [`SOLD`].
fn sold<'a>(row: &'a Transaction, details: Option<&'a str>) -> [ValueRef<'a>; SOLD.len()] {
    [
        text(Some(row.request_id.as_str())),
        text(Some(row.sale.card.number())),
        text(row.sale.card.checksum()),
        ValueRef::Integer(i64::try_from(row.sale.amount.minor_units()).unwrap_or(i64::MAX)),
        text(Some(row.sale.amount.currency().code())),
        text(details),
        time(row.started_at),
    ]
}

fn text(text: Option<&str>) -> ValueRef<'_> {
    text.map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes()))
}

fn time(at: Timestamp) -> ValueRef<'static> {
    ValueRef::Integer(at.as_microsecond())
}

fn fence(fence: u64) -> ValueRef<'static> {
    ValueRef::Integer(i64::try_from(fence).unwrap_or(i64::MAX))
}
