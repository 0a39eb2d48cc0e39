//! What a start-up finds in a journal of a million rows, a thousand of them without an outcome.

use super::file;
use crate::{Result, process};
use posa_core::journal::{Filter, Journal, SqliteJournal};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;

const ROWS: u32 = 1_000_000;
const OPEN: usize = 1_000;
const PAGE: usize = 256;

#[derive(Serialize, Deserialize)]
pub(crate) struct Large {
    /// From opening the file to the last page of undecided sales, in milliseconds.
    pub(crate) found_ms: f64,
    /// By how much this process grew over it, in MiB.
    pub(crate) grown_mib: f64,
}

pub(super) fn measure(folder: &Path) -> Result<Large> {
    let path = file(folder);
    fill(&path)?;
    // Gives the rows their checksums.
    drop(SqliteJournal::open(&path)?);
    let (before, start) = (process::memory_kib("VmRSS")?, Instant::now());
    let journal = SqliteJournal::open(&path)?;
    let found = crate::runtime()?.block_on(open_sales(&journal))?;
    let found_ms = start.elapsed().as_secs_f64() * 1e3;
    if found != OPEN {
        return Err(format!("{found} open sales were found, not {OPEN}").into());
    }
    Ok(Large { found_ms, grown_mib: (process::memory_kib("VmRSS")? - before) / 1024.0 })
}

/// The tables of the first version; every thousandth sale has no outcome.
fn fill(path: &Path) -> Result<()> {
    let connection = Connection::open(path)?;
    connection.execute_batch(include_str!("../../../core/src/journal/sqlite/001.sql"))?;
    connection.execute_batch(&format!(
        "PRAGMA application_id = 1886352225; PRAGMA user_version = 1; PRAGMA synchronous = OFF; BEGIN;
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {ROWS})
         INSERT INTO sale (request_id, card, minor_units, currency, state, started_at, updated_at, sent_at)
         SELECT 'Awssb' || hex(randomblob(15)), printf('1400%012d', i), 2500, 'USD',
                iif(i % {ROWS_PER_OPEN} = 0, 'unknown', 'activated'), i, i, i FROM n;
         COMMIT;",
        ROWS_PER_OPEN = ROWS as usize / OPEN,
    ))?;
    Ok(())
}

async fn open_sales(journal: &dyn Journal) -> Result<usize> {
    let mut filter = Filter { open: true, limit: Some(PAGE), ..Filter::default() };
    let mut found = 0;
    loop {
        let page = journal.transactions(&filter).await?;
        let Some(last) = page.last() else { return Ok(found) };
        found += page.len();
        filter.after = Some((last.started_at, last.request_id.clone()));
    }
}
