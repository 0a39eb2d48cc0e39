use super::clock::CallersClock;
use super::connection::Connection;
use super::pool::Step;
use super::row::{columns, read};
use super::trouble::Stop;
use crate::error::{Delivery, Error, ErrorKind};
use crate::journal::rules::bound_elsewhere;
use crate::journal::transaction::{Filter, Transaction};
use crate::model::{Endpoint, PartnerId, RequestId};

const BIND: &str = "\
    WITH chosen AS (
      INSERT INTO posa.bound (partner, endpoint) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING partner, endpoint)
    SELECT partner, endpoint FROM chosen UNION ALL SELECT partner, endpoint FROM posa.bound";

const FIND: &str = concat!("SELECT ", columns!(), " FROM posa.sale WHERE request_id = $1");

macro_rules! list {
    ($source:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM ",
            $source,
            " WHERE started_at >= coalesce($1::timestamptz, '-infinity')
                AND started_at < coalesce($2::timestamptz, 'infinity')
                AND (started_at, request_id) > (coalesce($3::timestamptz, '-infinity'), $4::text)
              ORDER BY started_at, request_id LIMIT $5"
        )
    };
}
const LIST: &str = list!("posa.sale");
/// OFFSET keeps the planner to the small index of open rows, however many others there are.
const LIST_OPEN: &str =
    list!("(SELECT * FROM posa.sale WHERE state IN ('sending', 'unknown', 'reversing') OFFSET 0) AS open");

/// Ties the journal to one partner and endpoint.
pub(super) struct Bind<'a> {
    pub(super) partner: &'a PartnerId,
    pub(super) endpoint: &'a Endpoint,
}

impl Step for Bind<'_> {
    type Output = ();

    async fn take(&mut self, db: &mut Connection) -> Result<(), Stop> {
        let bind = db.statement(BIND).await?;
        let wanted = [self.partner.as_str(), self.endpoint.url()];
        // The row of another who binds at this very moment is seen by the second look.
        for _ in 0..2 {
            if let Some(row) = db.client.query(&bind, &[&wanted[0], &wanted[1]]).await?.first() {
                let found: [&str; 2] = [row.try_get(0)?, row.try_get(1)?];
                if found == wanted {
                    return Ok(());
                }
                return Err(bound_elsewhere(found[0], found[1], self.partner, self.endpoint).into());
            }
        }
        let message = "the journal's binding was removed while it was read; look who else uses the schema posa";
        Err(Error::new(ErrorKind::Journal, Delivery::NotSent, message).into())
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
        let find = db.statement(FIND).await?;
        let row = db.client.query_opt(&find, &[&self.id.as_str()]).await?;
        row.map(|row| read(&row, self.clock.now()).map(|(found, _)| found)).transpose()
    }
}

/// Lists sales.
pub(super) struct List<'a> {
    pub(super) filter: &'a Filter,
    pub(super) clock: &'a CallersClock,
}

impl Step for List<'_> {
    type Output = Vec<Transaction>;

    async fn take(&mut self, db: &mut Connection) -> Result<Vec<Transaction>, Stop> {
        let Filter { open, from, to, after, limit } = self.filter;
        let list = db.statement(if *open { LIST_OPEN } else { LIST }).await?;
        let (after_at, after_id) = after.as_ref().map_or((None, ""), |(at, id)| (Some(*at), id.as_str()));
        let limit = limit.and_then(|limit| i64::try_from(limit).ok());
        let rows = db.client.query(&list, &[from, to, &after_at, &after_id, &limit]).await?;
        let now = self.clock.now();
        rows.iter().map(|row| read(row, now).map(|(found, _)| found)).collect()
    }
}
