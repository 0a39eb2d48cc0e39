use super::address::Address;
use super::connection::Connection;
use super::pool::{LIMIT, within};
use super::schema;
use super::trouble::Stop;
use crate::error::Error;
use crate::journal::Inspection;
use std::sync::Weak;
use tokio::time::Instant;

const OPEN: &str = "SELECT count(*) FROM posa.sale WHERE state IN ('sending', 'unknown', 'reversing')";

/// Reads what the tables hold, where they are there.
pub(super) async fn inspect(url: &str) -> Result<Inspection, Error> {
    let address = Address::new(url)?;
    let looked = within(Instant::now() + LIMIT, look(&address)).await;
    looked.map_err(|stop| stop.into_error(&address.name, false))
}

async fn look(address: &Address) -> Result<Inspection, Stop> {
    let mut db = Connection::open(address, Weak::new()).await?;
    if schema::current(&mut db, &address.name).await? == 0 {
        return Ok(Inspection::default());
    }
    let bound = db.ask("SELECT partner, endpoint FROM posa.bound", &[]).await?;
    let bound = bound.first().map(|row| Ok::<_, Stop>((row.try_get(0)?, row.try_get(1)?))).transpose()?;
    let open = db.ask(OPEN, &[]).await?;
    let open: i64 = open.first().map_or(Ok(0), |row| row.try_get(0))?;
    Ok(Inspection { exists: true, bound, open: open.unsigned_abs() })
}
