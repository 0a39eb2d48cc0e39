//! Each step of the journal, inside the writer's transaction.

use super::holder::Holders;
use super::row::{self, COLUMNS};
use crate::error::Error;
use crate::journal::rules::{Admission, admit_activation, admit_reversal, bound_elsewhere, lost};
use crate::journal::stored::{damaged, details};
use crate::journal::transaction::{Begun, Claim, Filter, Purpose, Settlement, Transaction};
use crate::model::{Activate, CardNumber, Endpoint, Expiration, PartnerId, RequestId};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

/// Whether a row is open, in the words of its index.
const OPEN: &str = "(state = 'sending' OR state = 'unknown' OR state = 'reversing')";

/// Why a step ends early.
pub(super) enum Stop {
    /// It may not be; nothing was written.
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
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Begun, Stop> {
        if self.insert(id, sale, now, until)? {
            self.note(id, now, 1, "activate", 0, None)?;
            return Ok(Begun::Claimed(Claim::new(id, until)));
        }
        let (known, on_card) = (self.find(id)?, self.other_on_card(&sale.card, id)?);
        match (admit_activation(id, sale, known.as_ref(), on_card.as_ref(), now), known) {
            (Admission::Refused(error), _) => Err(error.into()),
            (Admission::Settled, Some(known)) => Ok(Begun::Settled(Box::new(known))),
            (Admission::Resume, Some(mut known)) => {
                let claim = known.claim_activation(now, until);
                self.save(&known)?;
                self.note(id, now, known.fence, "activate", known.attempts, None)?;
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
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Begun, Stop> {
        let (known, on_card) = (self.find(id)?, self.other_on_card(card, id)?);
        match (admit_reversal(id, card, purpose, known.as_ref(), on_card.as_ref(), now), known) {
            (Admission::Refused(error), _) => Err(error.into()),
            (Admission::Settled, Some(known)) => Ok(Begun::Settled(Box::new(known))),
            (_, Some(mut known)) => {
                let claim = known.claim_reversal(purpose, now, until);
                self.save(&known)?;
                let event = match purpose {
                    Purpose::Return => "return",
                    Purpose::Void => "void",
                };
                self.note(id, now, known.fence, event, known.attempts, None)?;
                Ok(Begun::Claimed(claim))
            }
            (_, None) => Err(lost(id).into()),
        }
    }

    pub(super) fn attempt(&self, claim: &Claim, attempt: u32, now: Timestamp, until: Timestamp) -> Result<(), Stop> {
        let mut row = self.held(claim)?;
        row.attempt(now, until);
        self.save(&row)?;
        self.note(&row.request_id, now, row.fence, "attempt", attempt, None)
    }

    pub(super) fn settle(&self, claim: &Claim, settlement: Settlement, now: Timestamp) -> Result<(), Stop> {
        let mut row = self.held(claim)?;
        row.settle(settlement, now);
        self.save(&row)?;
        self.note(&row.request_id, now, row.fence, row.state.name(), row.attempts, row.note.as_deref())
    }

    pub(super) fn find(&self, id: &RequestId) -> Result<Option<Transaction>, Stop> {
        self.one(&format!("SELECT {COLUMNS} FROM sale WHERE request_id = ?1"), &[id.as_str()])
    }

    pub(super) fn list(&self, filter: &Filter) -> Result<Vec<Transaction>, Stop> {
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
        values.push(filter.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1).into());
        let order = "ORDER BY started_at, request_id LIMIT ?";
        let query = format!("SELECT {COLUMNS} FROM {source} WHERE {conditions} {order}");
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(row::read(row)?.transaction(self.holders)?);
        }
        Ok(found)
    }

    fn held(&self, claim: &Claim) -> Result<Transaction, Stop> {
        let row = self.find(&claim.request_id)?.filter(|row| row.fence == claim.fence);
        row.ok_or_else(|| lost(&claim.request_id).into())
    }

    fn other_on_card(&self, card: &CardNumber, id: &RequestId) -> Result<Option<Transaction>, Stop> {
        let query = format!(
            "SELECT {COLUMNS} FROM sale INDEXED BY sale_open
             WHERE card = ?1 AND {OPEN} AND request_id <> ?2"
        );
        self.one(&query, &[card.number(), id.as_str()])
    }

    fn one(&self, query: &str, values: &[&str]) -> Result<Option<Transaction>, Stop> {
        let found = self.connection.prepare_cached(query)?.query_row(params_from_iter(values), row::read).optional()?;
        Ok(found.map(|raw| raw.transaction(self.holders)).transpose()?)
    }

    /// Whether the sale is new, by its id and on its card.
    fn insert(&self, id: &RequestId, sale: &Activate, now: Timestamp, until: Timestamp) -> Result<bool, Stop> {
        let insert = "INSERT INTO sale (request_id, card, checksum, minor_units, currency, details, state,
               started_at, updated_at, sent_at, lease_until, holder)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'sending', ?7, ?7, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
        let minor_units = i64::try_from(sale.amount.minor_units()).unwrap_or(i64::MAX);
        let added = self.connection.prepare_cached(insert)?.execute(params![
            id.as_str(),
            sale.card.number(),
            sale.card.checksum(),
            minor_units,
            sale.amount.currency().code(),
            details(sale),
            now.as_microsecond(),
            until.as_microsecond(),
            self.holders.own(),
        ])?;
        Ok(added == 1)
    }

    fn save(&self, row: &Transaction) -> Result<(), Stop> {
        let update = "UPDATE sale SET state = ?2, attempts = ?3, updated_at = ?4, sent_at = ?5, lease_until = ?6,
               holder = ?7, fence = ?8, confirmed = ?9, voided = ?10, reversal_tries = ?11, retry_at = ?12,
               expiration = ?13, note = ?14 WHERE request_id = ?1";
        let lease = row.lease_until.map(Timestamp::as_microsecond);
        self.connection.prepare_cached(update)?.execute(params![
            row.request_id.as_str(),
            row.state.name(),
            row.attempts,
            row.updated_at.as_microsecond(),
            row.sent_at.as_microsecond(),
            lease,
            lease.map(|_| self.holders.own()),
            i64::try_from(row.fence).unwrap_or(i64::MAX),
            row.confirmed,
            row.voided,
            row.reversal_tries,
            row.retry_at.map(Timestamp::as_microsecond),
            row.expiration.as_ref().map(Expiration::raw),
            row.note,
        ])?;
        Ok(())
    }

    fn note(
        &self,
        id: &RequestId,
        at: Timestamp,
        fence: u64,
        event: &str,
        attempts: u32,
        note: Option<&str>,
    ) -> Result<(), Stop> {
        let insert =
            "INSERT INTO history (request_id, at, fence, event, attempts, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let fence = i64::try_from(fence).unwrap_or(i64::MAX);
        let values = params![id.as_str(), at.as_microsecond(), fence, event, attempts, note];
        self.connection.prepare_cached(insert)?.execute(values)?;
        Ok(())
    }
}
