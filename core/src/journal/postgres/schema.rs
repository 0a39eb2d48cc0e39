use super::connection::Connection;
use super::trouble::{Stop, failed};
use tokio_postgres::Row;

/// One a version, in order; what was released never changes.
const MIGRATIONS: [&str; 3] = [include_str!("001.sql"), include_str!("002.sql"), include_str!("003.sql")];
/// Today's.
pub(super) const VERSION: usize = MIGRATIONS.len();

/// Keeps two who migrate apart; "posa" as a number.
const LOCK: &str = "\
    BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET LOCAL lock_timeout = '8s';
    SET LOCAL idle_in_transaction_session_timeout = '8s';
    SELECT pg_advisory_xact_lock(1886352225);
    CREATE SCHEMA IF NOT EXISTS posa;
    CREATE TABLE IF NOT EXISTS posa.migration (
      number bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp())";

const IS_THERE: &str = "SELECT to_regclass('posa.migration') IS NOT NULL";
const LATEST: &str = "SELECT coalesce(max(number), 0) FROM posa.migration";

/// Brings the tables to today's version; where they have it already, that needs no right to create.
pub(super) async fn migrate(db: &mut Connection, name: &str) -> Result<(), Stop> {
    if missing(version(db).await?, name)?.is_empty() {
        return Ok(());
    }
    db.batch(LOCK).await?;
    let done = number(&db.query(LATEST, &[]).await?)?;
    for (number, migration) in (done + 1..).zip(missing(done, name)?) {
        db.batch(&format!("{migration}; INSERT INTO posa.migration (number) VALUES ({number})")).await?;
    }
    Ok(db.commit().await?)
}

/// The version that the tables have, 0 where there are none; an error if this version of posa cannot use them.
pub(super) async fn current(db: &mut Connection, name: &str) -> Result<i64, Stop> {
    let version = version(db).await?;
    missing(version, name)?;
    Ok(version)
}

async fn version(db: &mut Connection) -> Result<i64, Stop> {
    let there = db.ask(IS_THERE, &[]).await?;
    let there = there.first().map_or(Ok(false), |row| row.try_get(0))?;
    if there { number(&db.ask(LATEST, &[]).await?) } else { Ok(0) }
}

fn number(rows: &[Row]) -> Result<i64, Stop> {
    Ok(rows.first().map_or(Ok(0), |row| row.try_get(0))?)
}

fn missing(version: i64, name: &str) -> Result<&'static [&'static str], Stop> {
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    Ok(MIGRATIONS.get(done..).ok_or_else(|| failed(name, "was written by a newer version of posa; use that one"))?)
}
