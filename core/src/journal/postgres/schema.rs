use super::connection::Connection;
use super::trouble::{Stop, failed};

/// One a version, in order; what was released never changes.
const MIGRATIONS: [&str; 1] = [include_str!("001.sql")];

/// Keeps two who migrate apart; "posa" as a number.
const LOCK: &str = "\
    BEGIN;
    SET LOCAL statement_timeout = '60s';
    SET LOCAL lock_timeout = '60s';
    SELECT pg_advisory_xact_lock(1886352225);
    CREATE SCHEMA IF NOT EXISTS posa;
    CREATE TABLE IF NOT EXISTS posa.migration (
      number bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp())";

/// Brings the tables to today's version; where they have it already, that needs no right to create.
pub(super) async fn migrate(db: &mut Connection, name: &str) -> Result<(), Stop> {
    if missing(version(db).await?, name)?.is_empty() {
        return Ok(());
    }
    db.client.batch_execute(LOCK).await?;
    let done = version(db).await?;
    for (number, migration) in (done + 1..).zip(missing(done, name)?) {
        db.client.batch_execute(migration).await?;
        db.client.execute("INSERT INTO posa.migration (number) VALUES ($1)", &[&number]).await?;
    }
    db.client.batch_execute("COMMIT").await?;
    Ok(())
}

/// The version that the tables have, 0 where there are none; an error if this version of posa cannot use them.
pub(super) async fn current(db: &Connection, name: &str) -> Result<i64, Stop> {
    let version = version(db).await?;
    missing(version, name)?;
    Ok(version)
}

async fn version(db: &Connection) -> Result<i64, Stop> {
    let begun = db.client.query_one("SELECT to_regclass('posa.migration') IS NOT NULL", &[]).await?;
    if !begun.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let latest = db.client.query_one("SELECT coalesce(max(number), 0) FROM posa.migration", &[]).await?;
    Ok(latest.try_get(0)?)
}

fn missing(version: i64, name: &str) -> Result<&'static [&'static str], Stop> {
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    Ok(MIGRATIONS.get(done..).ok_or_else(|| failed(name, "was written by a newer version of posa; use that one"))?)
}
