//! Each step of the journal, inside the writer's transaction.

use super::holder::Holders;
use super::prepared::Prepared;
use super::recent::Recent;
use super::row::{self, COLUMNS, Known};
use super::seal::HISTORY;
use crate::error::Error;
use crate::journal::rules::{Admission, admit_activation, admit_reversal, bound_elsewhere, hearing, lost};
use crate::journal::stored::{changes, damaged, reference_in_details};
use crate::journal::transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, Transaction};
use crate::journal::{BatchKey, HistoryEntry};
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use std::cell::Cell;
use zeroize::Zeroizing;

/// Whether a row is open, in the words of its index.
const OPEN: &str = "(state = 'sending' OR state = 'unknown' OR state = 'reversing')";

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

pub(super) struct Steps<'a, 'c> {
    pub(super) connection: &'a Connection,
    pub(super) holders: &'a Holders,
    pub(super) recent: &'a Recent,
    /// What the writer keeps prepared; `None` for one that reads.
    pub(super) prepared: Option<&'a Prepared<'c>>,
    /// The number of the last history entry that was added.
    pub(super) added: &'a Cell<i64>,
}

impl Steps<'_, '_> {
    pub(super) fn bind(&self, partner: &PartnerId, endpoint: &Endpoint) -> Result<(), Stop> {
        let wanted = [partner.as_str(), endpoint.url()];
        let insert = "INSERT INTO bound (one, partner, endpoint) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING";
        self.connection.prepare_cached(insert)?.execute(wanted)?;
        let found: [String; 2] = self
            .connection
            .query_row("SELECT partner, endpoint FROM bound", [], |row| Ok([row.get(0)?, row.get(1)?]))?;
        if found == wanted { Ok(()) } else { Err(bound_elsewhere(&found[0], &found[1], partner, endpoint).into()) }
    }

    pub(super) fn batch_key(&self, fresh: &BatchKey) -> Result<BatchKey, Stop> {
        let keep = "UPDATE bound SET batch_key = ?1 WHERE batch_key IS NULL";
        self.connection.prepare_cached(keep)?.execute([fresh.bytes()])?;
        let kept = self.connection.query_row("SELECT batch_key FROM bound", [], |row| row.get::<_, Vec<u8>>(0));
        Ok(BatchKey::kept(&Zeroizing::new(kept?))?)
    }

    pub(super) fn begin_activation(
        &self,
        id: &RequestId,
        sale: &Activate,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Begun, Stop> {
        if asker == Asker::Caller {
            let new = Transaction::begin(id, sale, now, until);
            if let Some(new) = self.insert(new)? {
                self.note(&new.row, "activate", 0, None)?;
                self.recent.keep(new);
                return Ok(Begun::Claimed(Claim::new(id, until)));
            }
        }
        let (known, on_card) = (self.find(id, now)?, self.other_on_card(&sale.card, id, now)?);
        let row = known.as_ref().map(|known| &known.row);
        match (admit_activation(id, sale, asker, row, on_card.as_ref()), known) {
            (Admission::Refused(error), _) => Err(error.into()),
            (Admission::Settled, Some(known)) => Ok(Begun::Settled(Box::new(known.row))),
            (Admission::Resume, Some(mut known)) => {
                let changes = changes(&known.row.sale, sale);
                let claim = known.row.claim_activation(sale, asker, now, until);
                match changes {
                    Some(_) => self.save_anew(&mut known)?,
                    None => self.save(&mut known)?,
                };
                self.note(&known.row, "activate", known.row.attempts, changes.as_deref())?;
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
        let row = known.as_ref().map(|known| &known.row);
        match (admit_reversal(id, card, purpose, asker, row, on_card.as_ref()), known) {
            (Admission::Refused(error), _) => Err(error.into()),
            (Admission::Settled, Some(known)) => Ok(Begun::Settled(Box::new(known.row))),
            (_, Some(mut known)) => {
                let claim = known.row.claim_reversal(purpose, now, until);
                self.save(&mut known)?;
                self.note(&known.row, purpose.name(), known.row.attempts, None)?;
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
        let changed = self.change(claim, now, |row| row.attempt(now, until, signed_until))?;
        self.note(&changed.row, "attempt", attempt, None)?;
        self.recent.keep(changed);
        Ok(())
    }

    pub(super) fn settle(&self, claim: &Claim, settlement: &Settlement, now: Timestamp) -> Result<(), Stop> {
        let Known { row, .. } = self.change(claim, now, |row| row.settle(settlement.clone(), now))?;
        Ok(self.note(&row, row.state.name(), row.attempts, row.note.as_deref())?)
    }

    pub(super) fn note_told(&self, id: &RequestId, of: u64, told: bool, now: Timestamp) -> Result<(), Stop> {
        let Some(mut known) = self.find(id, now)?.filter(|known| known.row.is_told_otherwise(of, told)) else {
            return Ok(());
        };
        known.row.told = told;
        self.save(&mut known)?;
        let heard_at = Transaction { updated_at: now, ..known.row };
        Ok(self.note(&heard_at, hearing(told), heard_at.attempts, None)?)
    }

    /// Changes the claimed sale, which nobody else may have claimed since.
    fn change(&self, claim: &Claim, now: Timestamp, change: impl Fn(&mut Transaction)) -> Result<Known, Stop> {
        if let Some(mut recent) = self.recent.take(&claim.request_id)
            && recent.row.is_claimed(claim.fence)
        {
            change(&mut recent.row);
            if self.save(&mut recent)? {
                return Ok(recent);
            }
        }
        let known = self.find(&claim.request_id, now)?.filter(|known| known.row.is_claimed(claim.fence));
        let mut known = known.ok_or_else(|| lost(&claim.request_id))?;
        change(&mut known.row);
        self.save(&mut known)?;
        Ok(known)
    }

    pub(super) fn find(&self, id: &RequestId, now: Timestamp) -> Result<Option<Known>, Stop> {
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
        if let Some(card) = &filter.card {
            also("card = ?", card.number().to_owned().into());
        }
        if let Some(text) = &filter.reference {
            also("instr(details, ?) > 0", reference_in_details(text).into());
        }
        if let Some((at, id)) = &filter.after {
            // The first condition is for the index, which has no ids.
            also("started_at >= ?", at.as_microsecond().into());
            also("(started_at, request_id) > (?, ?)", at.as_microsecond().into());
            values.push(id.as_str().to_owned().into());
        }
        if filter.open {
            conditions.push_str(" AND ");
            conditions.push_str(OPEN);
        }
        if filter.untold {
            conditions.push_str(" AND untold = 1 AND NOT ");
            conditions.push_str(OPEN);
        }
        let source = match filter {
            Filter { open: true, .. } => "sale INDEXED BY sale_open",
            Filter { untold: true, .. } => "sale INDEXED BY sale_untold",
            _ => "sale",
        };
        let query = format!("SELECT {COLUMNS} FROM {source} WHERE {conditions} ORDER BY started_at, request_id");
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while found.len() < filter.limit.unwrap_or(usize::MAX)
            && let Some(row) = rows.next()?
        {
            // One that cannot be read holds up no other; `check` tells of it.
            found.extend(
                row::read(row)
                    .map(|raw| raw.known(Some(self.holders), now))
                    .ok()
                    .and_then(Result::ok)
                    .map(|known| known.row),
            );
        }
        Ok(found)
    }

    pub(super) fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, Stop> {
        let query = format!("SELECT {}, seal FROM history WHERE request_id = ?1 ORDER BY seq", HISTORY.join(", "));
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut rows = statement.query([id.as_str()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(row::history(row)?.ok_or_else(|| damaged(id, "an entry of its history does not fit"))?);
        }
        Ok(found)
    }

    fn other_on_card(&self, card: &CardNumber, id: &RequestId, now: Timestamp) -> Result<Option<Transaction>, Stop> {
        let query = format!(
            "SELECT {COLUMNS} FROM sale INDEXED BY sale_open
             WHERE card = ?1 AND {OPEN} AND request_id <> ?2"
        );
        Ok(self.one(&query, &[card.number(), id.as_str()], now)?.map(|known| known.row))
    }

    fn one(&self, query: &str, values: &[&str], now: Timestamp) -> Result<Option<Known>, Stop> {
        let found = self.connection.prepare_cached(query)?.query_row(params_from_iter(values), row::read).optional()?;
        Ok(found.map(|raw| raw.known(Some(self.holders), now)).transpose()?)
    }
}
