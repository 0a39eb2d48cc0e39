use super::connection::Connection;
use super::pool::Step;
use super::row::{columns, read};
use super::trouble::Stop;
use crate::error::{Delivery, Error, ErrorKind};
use crate::journal::clock::CallersClock;
use crate::journal::rules::bound_elsewhere;
use crate::journal::stored::{damaged, reference_in_details};
use crate::journal::transaction::{Filter, Transaction};
use crate::journal::{BatchKey, HistoryEntry};
use crate::model::{CardNumber, Endpoint, PartnerId, RequestId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

const BIND: &str = "\
    WITH chosen AS (
      INSERT INTO posa.bound (partner, endpoint) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING partner, endpoint)
    SELECT partner, endpoint FROM chosen UNION ALL SELECT partner, endpoint FROM posa.bound";

const BATCH_KEY: &str = "UPDATE posa.bound SET batch_key = coalesce(batch_key, $1) RETURNING batch_key";

const FIND: &str = concat!("SELECT ", columns!(), " FROM posa.sale WHERE request_id = $1");

const HISTORY: &str = "SELECT at, event, attempts, note FROM posa.history WHERE request_id = $1 ORDER BY seq";

macro_rules! list {
    ($source:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM ",
            $source,
            " WHERE started_at >= coalesce($1, '-infinity') AND started_at < coalesce($2, 'infinity')
                AND (started_at, request_id) > (coalesce($3, '-infinity'), $4)
                AND ($6::text IS NULL OR card = $6) AND ($7::text IS NULL OR strpos(details, $7) > 0)
              ORDER BY started_at, request_id LIMIT $5"
        )
    };
}
const LIST: &str = list!("posa.sale");
/// OFFSET keeps the planner to the small index of open rows, however many others there are.
const LIST_OPEN: &str =
    list!("(SELECT * FROM posa.sale WHERE state IN ('sending', 'unknown', 'reversing') OFFSET 0) AS open");
const LIST_UNTOLD: &str = list!(
    "(SELECT * FROM posa.sale WHERE untold AND state NOT IN ('sending', 'unknown', 'reversing') OFFSET 0) AS untold"
);
/// What has no outcome is not untold.
const LIST_NONE: &str = list!("(SELECT * FROM posa.sale LIMIT 0) AS nothing");

/// Ties the journal to one partner and endpoint.
pub(super) struct Bind<'a> {
    pub(super) partner: &'a PartnerId,
    pub(super) endpoint: &'a Endpoint,
}

impl Step for Bind<'_> {
    type Output = ();

    async fn take(&mut self, db: &mut Connection) -> Result<(), Stop> {
        let wanted = [self.partner.as_str(), self.endpoint.url()];
        let values = wanted.each_ref().map(|text| (text as _, Type::TEXT));
        let mut rows = db.begin(BIND, &values).await?;
        if rows.is_empty() {
            // The row of another who binds at this very moment is seen by the second look.
            rows = db.query(BIND, &values).await?;
        }
        db.commit().await?;
        if let Some(row) = rows.first() {
            let found: [&str; 2] = [row.try_get(0)?, row.try_get(1)?];
            if found == wanted {
                return Ok(());
            }
            return Err(bound_elsewhere(found[0], found[1], self.partner, self.endpoint).into());
        }
        let message = "the journal's binding was removed while it was read; look who else uses the schema posa";
        Err(Error::new(ErrorKind::Journal, Delivery::NotSent, message).into())
    }
}

/// Keeps the first key of batches that it is given, and tells the one that is kept.
pub(super) struct KeepBatchKey<'a> {
    pub(super) fresh: &'a BatchKey,
}

impl Step for KeepBatchKey<'_> {
    type Output = BatchKey;

    async fn take(&mut self, db: &mut Connection) -> Result<BatchKey, Stop> {
        let rows = db.begin(BATCH_KEY, &[(&self.fresh.bytes(), Type::BYTEA)]).await?;
        db.commit().await?;
        let kept: &[u8] = rows.first().map_or(Ok(&[][..]), |row| row.try_get(0))?;
        Ok(BatchKey::kept(kept)?)
    }
}

/// Looks up one sale.
pub(super) struct Find<'a> {
    pub(super) id: &'a RequestId,
    pub(super) clock: &'a CallersClock,
}

impl Step for Find<'_> {
    type Output = Option<Transaction>;

    async fn take(&mut self, db: &mut Connection) -> Result<Option<Transaction>, Stop> {
        let rows = db.ask(FIND, &[(&self.id.as_str(), Type::TEXT)]).await?;
        let found = rows.first().map(|row| read(row, self.clock.now()).map(|(found, _)| found));
        Ok(found.transpose()?)
    }
}

/// Reads what was done about one sale.
pub(super) struct History<'a> {
    pub(super) id: &'a RequestId,
}

impl Step for History<'_> {
    type Output = Vec<HistoryEntry>;

    async fn take(&mut self, db: &mut Connection) -> Result<Vec<HistoryEntry>, Stop> {
        let rows = db.ask(HISTORY, &[(&self.id.as_str(), Type::TEXT)]).await?;
        let entry = |row: &Row| {
            let attempts = u32::try_from(row.try_get::<_, i64>(2).ok()?).ok()?;
            let (at, event, note) = (row.try_get(0).ok()?, row.try_get(1).ok()?, row.try_get(3).ok()?);
            Some(HistoryEntry { at, event, attempts, note })
        };
        let wrong = || damaged(self.id, "an entry of its history cannot be read");
        Ok(rows.iter().map(|row| entry(row).ok_or_else(wrong)).collect::<Result<_, _>>()?)
    }
}

/// Lists the sales that can be read.
pub(super) struct List<'a> {
    pub(super) filter: &'a Filter,
    pub(super) clock: &'a CallersClock,
}

impl Step for List<'_> {
    type Output = Vec<Transaction>;

    async fn take(&mut self, db: &mut Connection) -> Result<Vec<Transaction>, Stop> {
        let Filter { open, untold, from, to, card, reference, after, limit } = self.filter;
        let card = card.as_ref().map(CardNumber::number);
        let reference = reference.as_deref().map(reference_in_details);
        let list = match (open, untold) {
            (false, false) => LIST,
            (true, false) => LIST_OPEN,
            (false, true) => LIST_UNTOLD,
            (true, true) => LIST_NONE,
        };
        let (after_at, after_id) = after.as_ref().map_or((None, ""), |(at, id)| (Some(*at), id.as_str()));
        let mut asked = *limit;
        loop {
            let rows = db
                .ask(
                    list,
                    &[
                        (from, Type::TIMESTAMPTZ),
                        (to, Type::TIMESTAMPTZ),
                        (&after_at, Type::TIMESTAMPTZ),
                        (&after_id, Type::TEXT),
                        (&asked.and_then(|asked| i64::try_from(asked).ok()), Type::INT8),
                        (&card, Type::TEXT),
                        (&reference, Type::TEXT),
                    ],
                )
                .await?;
            let now = self.clock.now();
            let mut found: Vec<_> = rows.iter().filter_map(|row| Some(read(row, now).ok()?.0)).collect();
            match (*limit, asked) {
                // Rows that cannot be read must not make a page look like the last.
                (Some(limit), Some(more)) if found.len() < limit && rows.len() >= more => {
                    asked = Some(more.saturating_mul(2).max(1));
                }
                (limit, _) => {
                    found.truncate(limit.unwrap_or(usize::MAX));
                    return Ok(found);
                }
            }
        }
    }
}
