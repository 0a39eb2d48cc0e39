use super::address::Address;
use super::check::Checks;
use super::connection::Connection;
use super::pool::{LIMIT, Pool, within};
use super::schema;
use super::trouble::Stop;
use crate::error::Error;
use crate::journal::Inspection;
use jiff::Timestamp;
use std::sync::Weak;
use tokio::time::Instant;

const COUNT: &str = "SELECT count(*), count(*) FILTER (WHERE state IN ('sending', 'unknown', 'reversing')) \
     FROM posa.sale";

/// Reads what the tables hold, where they are there, and every row of it, unless an older version wrote them.
pub(super) async fn inspect(url: &str) -> Result<Inspection, Error> {
    let address = Address::new(url)?;
    let looked = within(Instant::now() + LIMIT, look(&address)).await;
    let (mut found, version) = looked.map_err(|stop| stop.into_error(&address.name, false))?;
    if version == schema::VERSION {
        let pool = Pool::new(address);
        found.damage = Checks::default().check(&pool, Timestamp::now()).await?;
        pool.close().await;
    }
    Ok(found)
}

/// Also the tables' version.
async fn look(address: &Address) -> Result<(Inspection, usize), Stop> {
    let mut db = Connection::open(address, Weak::new()).await?;
    let version = usize::try_from(schema::current(&mut db, &address.name).await?).unwrap_or(usize::MAX);
    if version == 0 {
        return Ok((Inspection::default(), version));
    }
    let bound = db.ask("SELECT partner, endpoint FROM posa.bound", &[]).await?;
    let bound = bound.first().map(|row| Ok::<_, Stop>((row.try_get(0)?, row.try_get(1)?))).transpose()?;
    let counted = db.ask(COUNT, &[]).await?;
    let count = |column: usize| -> Result<u64, Stop> {
        let count: i64 = counted.first().map_or(Ok(0), |row| row.try_get(column))?;
        Ok(count.unsigned_abs())
    };
    Ok((Inspection { exists: true, bound, sales: count(0)?, open: count(1)?, damage: Vec::new() }, version))
}
