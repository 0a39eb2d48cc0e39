//! Each step of the journal, inside the writer's transaction.

use super::holder::Holders;
use super::row::{self, COLUMNS};
use super::seal::{seal, text, update};
use super::uptime;
use crate::error::Error;
use crate::journal::clock;
use crate::journal::rules::{Admission, admit_activation, admit_reversal, bound_elsewhere, lost};
use crate::journal::stored::{damaged, details};
use crate::journal::transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, Transaction};
use crate::model::{Activate, CardNumber, Endpoint, Expiration, PartnerId, RequestId};
use jiff::Timestamp;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::cell::Cell;

/// `reversal_tries` after a settlement.
const TRIES: &str = "CASE WHEN ?3 = 'reversing' OR ?3 = 'attention' OR (?3 = 'unknown' AND ?6 IS NOT NULL) \
     THEN reversal_tries + 1 ELSE 0 END";

/// Whether a row is open, in the words of its index.
const OPEN: &str = "(state = 'sending' OR state = 'unknown' OR state = 'reversing')";

// Each thread its own: a process may be forked while another thread makes a shared one, which the child would wait for.
thread_local! {
    /// `Transaction::attempt` as one statement.
    static EXTEND: String = {
        let sent_at = "CASE WHEN state = 'sending' THEN ?6 ELSE sent_at END";
        let asked_at = "CASE WHEN state <> 'sending' THEN asked_at WHEN asked_at = updated_at THEN ?3 \
             ELSE min(asked_at, ?3) END";
        let changes = [
            ("updated_at", "?3"),
            ("sent_at", sent_at),
            ("asked_at", asked_at),
            ("lease_until", "?4"),
            ("holder", "?5"),
        ];
        update(&changes) + " WHERE request_id = ?1 AND fence = ?2"
    };

    /// `Transaction::settle` as one statement.
    static SETTLE: String = {
        let changes = [
            ("state", "?3"),
            ("attempts", "min(attempts + ?4, 4294967295)"),
            ("updated_at", "?5"),
            ("sent_at", "coalesce(?9, sent_at)"),
            ("confirmed", "(confirmed OR ?3 = 'activated')"),
            ("reversal_tries", TRIES),
            ("lease_until", "NULL"),
            ("holder", "NULL"),
            ("retry_at", "?6"),
            ("expiration", "coalesce(?7, expiration)"),
            ("note", "?8"),
        ];
        update(&changes) + " WHERE request_id = ?1 AND fence = ?2"
    };

    /// What a claim changes of a known sale.
    static SAVE: String = {
        let changes = [
            ("state", "?2"),
            ("updated_at", "?3"),
            ("sent_at", "?4"),
            ("lease_until", "?5"),
            ("holder", "?6"),
            ("fence", "?7"),
            ("voided", "?8"),
            ("asked_at", "?9"),
        ];
        update(&changes) + " WHERE request_id = ?1"
    };
}

const INSERT: &str = "INSERT INTO sale (request_id, card, checksum, minor_units, currency, details, state,
       started_at, updated_at, asked_at, sent_at, lease_until, holder, sold, seal)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'sending', ?7, ?7, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING";

const NOTE: &str = "INSERT INTO history (request_id, at, fence, event, attempts, seal)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// What a row was settled to, in the history.
const SETTLED: &str = "INSERT INTO history (request_id, at, fence, event, attempts, note, seal)
     SELECT request_id, updated_at, fence, state, attempts, note,
       seal(request_id, updated_at, fence, state, attempts, note) FROM sale WHERE request_id = ?1";

/// Why a step ends early.
pub(super) enum Stop {
    /// It may not be, or a row cannot be read; nothing was written.
    Refused(Error),
    /// The database failed, and whatever was written has to be undone.
    Failed(rusqlite::Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

pub(super) struct Steps<'a> {
    pub(super) connection: &'a Connection,
    pub(super) holders: &'a Holders,
    /// The number of the last history entry that was added.
    pub(super) added: &'a Cell<i64>,
}

impl Steps<'_> {
    pub(super) fn bind(&self, partner: &PartnerId, endpoint: &Endpoint) -> Result<(), Stop> {
        let wanted = [partner.as_str(), endpoint.url()];
        let insert = "INSERT INTO bound (one, partner, endpoint) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING";
        self.connection.prepare_cached(insert)?.execute(wanted)?;
        let found: [String; 2] = self
            .connection
            .query_row("SELECT partner, endpoint FROM bound", [], |row| Ok([row.get(0)?, row.get(1)?]))?;
        if found == wanted { Ok(()) } else { Err(bound_elsewhere(&found[0], &found[1], partner, endpoint).into()) }
    }

    pub(super) fn begin_activation(
        &self,
        id: &RequestId,
        sale: &Activate,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Begun, Stop> {
        if asker == Asker::Caller && self.insert(id, sale, now, until)? {
            self.note(id, now, 1, "activate", 0)?;
            return Ok(Begun::Claimed(Claim::new(id, until)));
        }
        let (known, on_card) = (self.find(id, now)?, self.other_on_card(&sale.card, id, now)?);
        match (admit_activation(id, sale, asker, known.as_ref(), on_card.as_ref()), known) {
            (Admission::Refused(error), _) => Err(error.into()),
            (Admission::Settled, Some(known)) => Ok(Begun::Settled(Box::new(known))),
            (Admission::Resume, Some(mut known)) => {
                let claim = known.claim_activation(asker, now, until);
                self.save(&known, lease(now, until))?;
                self.note(id, now, known.fence, "activate", known.attempts)?;
                Ok(Begun::Claimed(claim))
            }
            _ => Err(damaged(id, "it neither exists nor can be added").into()),
        }
    }

    pub(super) fn begin_reversal(
        &self,
        id: &RequestId,
        card: &CardNumber,
        purpose: Purpose,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Begun, Stop> {
        let (known, on_card) = (self.find(id, now)?, self.other_on_card(card, id, now)?);
        match (admit_reversal(id, card, purpose, asker, known.as_ref(), on_card.as_ref()), known) {
            (Admission::Refused(error), _) => Err(error.into()),
            (Admission::Settled, Some(known)) => Ok(Begun::Settled(Box::new(known))),
            (_, Some(mut known)) => {
                let claim = known.claim_reversal(purpose, now, until);
                self.save(&known, lease(now, until))?;
                let event = match purpose {
                    Purpose::Return => "return",
                    Purpose::Void => "void",
                };
                self.note(id, now, known.fence, event, known.attempts)?;
                Ok(Begun::Claimed(claim))
            }
            (_, None) => Err(lost(id).into()),
        }
    }

    pub(super) fn attempt(
        &self,
        claim: &Claim,
        attempt: u32,
        now: Timestamp,
        until: Timestamp,
        signed_until: Timestamp,
    ) -> Result<(), Stop> {
        let changed = EXTEND.with(|sql| self.connection.prepare_cached(sql))?.execute(params![
            claim.request_id.as_str(),
            stored(claim.fence),
            now.as_microsecond(),
            lease(now, until),
            self.holders.own(),
            signed_until.as_microsecond(),
        ])?;
        held(claim, changed)?;
        self.note(&claim.request_id, now, claim.fence, "attempt", attempt)
    }

    pub(super) fn settle(&self, claim: &Claim, settlement: &Settlement, now: Timestamp) -> Result<(), Stop> {
        let Settlement { state, attempts, expiration, sent_at, retry_at, note } = settlement;
        let values = params![
            claim.request_id.as_str(),
            stored(claim.fence),
            state.name(),
            attempts,
            now.as_microsecond(),
            retry_at.map(Timestamp::as_microsecond),
            expiration.as_ref().map(Expiration::raw),
            note,
            sent_at.map(Timestamp::as_microsecond),
        ];
        held(claim, SETTLE.with(|sql| self.connection.prepare_cached(sql))?.execute(values)?)?;
        self.connection.prepare_cached(SETTLED)?.execute([claim.request_id.as_str()])?;
        self.added.set(self.connection.last_insert_rowid());
        Ok(())
    }

    pub(super) fn find(&self, id: &RequestId, now: Timestamp) -> Result<Option<Transaction>, Stop> {
        self.one(&format!("SELECT {COLUMNS} FROM sale WHERE request_id = ?1"), &[id.as_str()], now)
    }

    pub(super) fn list(&self, filter: &Filter, now: Timestamp) -> Result<Vec<Transaction>, Stop> {
        let mut values: Vec<Value> = Vec::new();
        let mut conditions = String::from("1");
        let mut also = |condition: &str, value: Value| {
            values.push(value);
            conditions.push_str(" AND ");
            conditions.push_str(condition);
        };
        if let Some(from) = filter.from {
            also("started_at >= ?", from.as_microsecond().into());
        }
        if let Some(to) = filter.to {
            also("started_at < ?", to.as_microsecond().into());
        }
        if let Some((at, id)) = &filter.after {
            // The first condition is for the index, which has no ids.
            also("started_at >= ?", at.as_microsecond().into());
            also("(started_at, request_id) > (?, ?)", at.as_microsecond().into());
            values.push(id.as_str().to_owned().into());
        }
        let source = if filter.open {
            conditions.push_str(" AND ");
            conditions.push_str(OPEN);
            "sale INDEXED BY sale_open"
        } else {
            "sale"
        };
        let query = format!("SELECT {COLUMNS} FROM {source} WHERE {conditions} ORDER BY started_at, request_id");
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while found.len() < filter.limit.unwrap_or(usize::MAX)
            && let Some(row) = rows.next()?
        {
            // One that cannot be read holds up no other; `check` tells of it.
            found.extend(row::read(row).map(|raw| raw.transaction(Some(self.holders), now)).ok().and_then(Result::ok));
        }
        Ok(found)
    }

    fn other_on_card(&self, card: &CardNumber, id: &RequestId, now: Timestamp) -> Result<Option<Transaction>, Stop> {
        let query = format!(
            "SELECT {COLUMNS} FROM sale INDEXED BY sale_open
             WHERE card = ?1 AND {OPEN} AND request_id <> ?2"
        );
        self.one(&query, &[card.number(), id.as_str()], now)
    }

    fn one(&self, query: &str, values: &[&str], now: Timestamp) -> Result<Option<Transaction>, Stop> {
        let found = self.connection.prepare_cached(query)?.query_row(params_from_iter(values), row::read).optional()?;
        Ok(found.map(|raw| raw.transaction(Some(self.holders), now)).transpose()?)
    }

    /// Whether the sale is new, by its id and on its card.
    fn insert(&self, id: &RequestId, sale: &Activate, now: Timestamp, until: Timestamp) -> Result<bool, Stop> {
        let minor_units = i64::try_from(sale.amount.minor_units()).unwrap_or(i64::MAX);
        let (card, checksum, currency) = (sale.card.number(), sale.card.checksum(), sale.amount.currency().code());
        let (details, holder) = (details(sale), self.holders.own());
        let (lease, sent_at, now) = (lease(now, until), until.as_microsecond(), now.as_microsecond());
        let number = ValueRef::Integer;
        let sold = seal([
            text(Some(id.as_str())),
            text(Some(card)),
            text(checksum),
            number(minor_units),
            text(Some(currency)),
            text(details.as_deref()),
            number(now),
        ]);
        let none = ValueRef::Null;
        let moving = [0, now, sent_at, now, lease, holder, 1, 0, 0, 0].map(number);
        let sealed = [number(sold), text(Some("sending"))].into_iter().chain(moving).chain([none, none, none]);
        let sealed = seal(sealed);
        let added = self.connection.prepare_cached(INSERT)?.execute(params![
            id.as_str(),
            card,
            checksum,
            minor_units,
            currency,
            details,
            now,
            sent_at,
            lease,
            holder,
            sold,
            sealed,
        ])?;
        Ok(added == 1)
    }

    fn save(&self, row: &Transaction, lease: i64) -> Result<(), Stop> {
        SAVE.with(|sql| self.connection.prepare_cached(sql))?.execute(params![
            row.request_id.as_str(),
            row.state.name(),
            row.updated_at.as_microsecond(),
            row.sent_at.as_microsecond(),
            lease,
            self.holders.own(),
            stored(row.fence),
            row.voided,
            row.asked_at.as_microsecond(),
        ])?;
        Ok(())
    }

    /// Adds to the history.
    fn note(&self, id: &RequestId, at: Timestamp, fence: u64, event: &str, attempts: u32) -> Result<(), Stop> {
        let (at, fence) = (at.as_microsecond(), stored(fence));
        let number = ValueRef::Integer;
        let sealed = seal([
            text(Some(id.as_str())),
            number(at),
            number(fence),
            text(Some(event)),
            number(attempts.into()),
            ValueRef::Null,
        ]);
        self.connection.prepare_cached(NOTE)?.execute(params![id.as_str(), at, fence, event, attempts, sealed])?;
        self.added.set(self.connection.last_insert_rowid());
        Ok(())
    }
}

/// When a lease ends that lasts from `now` until then, by the clock that all of this machine's processes share: the wall
/// clock may be set at any time.
fn lease(now: Timestamp, until: Timestamp) -> i64 {
    uptime::microseconds().saturating_add(clock::until(until, now))
}

/// A change of the claimed sale, which nobody else may have claimed since.
fn held(claim: &Claim, changed: usize) -> Result<(), Stop> {
    if changed == 1 { Ok(()) } else { Err(lost(&claim.request_id).into()) }
}

fn stored(fence: u64) -> i64 {
    i64::try_from(fence).unwrap_or(i64::MAX)
}
