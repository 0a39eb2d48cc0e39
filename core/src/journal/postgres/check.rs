use super::connection::Connection;
use super::pool::{Pool, Step};
use super::row::{columns, read};
use super::trouble::Stop;
use crate::error::Error;
use jiff::Timestamp;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

/// So many rows are read at a time.
const PAGE: usize = 1000;
/// All rows are read at most so often: recovery checks at each start, and a shop's tills recover every few minutes.
const ALL_AGAIN: Duration = Duration::from_secs(3600);

const NEXT: &str = concat!("SELECT ", columns!(), " FROM posa.sale WHERE request_id > $1 ORDER BY request_id LIMIT $2");
const AGAIN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM posa.sale WHERE request_id = ANY ($1) OR state IN ('sending', 'unknown', 'reversing') ORDER BY request_id"
);

/// What was looked at, so that not every check reads everything.
#[derive(Default)]
pub(super) struct Checks {
    all: Mutex<Option<All>>,
}

/// The last look at every row.
#[derive(Clone)]
struct All {
    at: Instant,
    /// The ids of the rows that could not be read.
    wrong: Vec<String>,
}

impl Checks {
    /// What is wrong: in all rows, or, if they were looked at lately, in the open ones and in those that were wrong.
    pub(super) async fn check(&self, pool: &Pool, now: Timestamp) -> Result<Vec<String>, Error> {
        let known = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(All { wrong, .. }) = known.filter(|all| all.at.elapsed() < ALL_AGAIN) {
            let again = pool.step(Again { ids: &wrong, now }).await?;
            return Ok(again.into_iter().map(|wrong| wrong.what).collect());
        }
        let (at, mut found, mut next) = (Instant::now(), Vec::new(), Some(String::new()));
        while let Some(after) = next {
            let page = pool.step(Page { after: &after, now }).await?;
            found.extend(page.wrong);
            next = page.last;
        }
        let (wrong, what) = found.into_iter().map(|wrong| (wrong.id, wrong.what)).unzip();
        *self.all.lock().unwrap_or_else(PoisonError::into_inner) = Some(All { at, wrong });
        Ok(what)
    }
}

/// A row that cannot be read, and why.
struct Wrong {
    id: String,
    what: String,
}

/// Of those rows, the ones that cannot be read.
fn wrong(rows: &[Row], now: Timestamp) -> Vec<Wrong> {
    let wrong = |row: &Row| {
        let what = read(row, now).err()?.message().to_owned();
        Some(Wrong { id: row.try_get(0).unwrap_or_default(), what })
    };
    rows.iter().filter_map(wrong).collect()
}

/// The open rows, and those of these ids.
struct Again<'a> {
    ids: &'a Vec<String>,
    now: Timestamp,
}

impl Step for Again<'_> {
    type Output = Vec<Wrong>;

    async fn take(&mut self, db: &mut Connection) -> Result<Vec<Wrong>, Stop> {
        Ok(wrong(&db.ask(AGAIN, &[(self.ids, Type::TEXT_ARRAY)]).await?, self.now))
    }
}

/// The rows that follow an id.
struct Page<'a> {
    after: &'a str,
    now: Timestamp,
}

struct Looked {
    wrong: Vec<Wrong>,
    /// Where to go on; `None` after the last row.
    last: Option<String>,
}

impl Step for Page<'_> {
    type Output = Looked;

    async fn take(&mut self, db: &mut Connection) -> Result<Looked, Stop> {
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let rows = db.ask(NEXT, &[(&self.after, Type::TEXT), (&limit, Type::INT8)]).await?;
        let last = rows.last().filter(|_| rows.len() == PAGE);
        Ok(Looked { wrong: wrong(&rows, self.now), last: last.map(|row| row.try_get(0)).transpose()? })
    }
}
