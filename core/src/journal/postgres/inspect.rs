use super::address::Address;
use super::connection::Connection;
use super::schema;
use super::trouble::Stop;
use crate::error::Error;
use crate::journal::Inspection;

const OPEN: &str = "SELECT count(*) FROM posa.sale WHERE state IN ('sending', 'unknown', 'reversing')";

/// Reads what the tables hold, where they are there.
pub(super) async fn inspect(url: &str) -> Result<Inspection, Error> {
    let address = Address::new(url)?;
    look(&address).await.map_err(|stop| stop.into_error(&address.name))
}

async fn look(address: &Address) -> Result<Inspection, Stop> {
    let db = Connection::open(address).await?;
    if schema::current(&db, &address.name).await? == 0 {
        return Ok(Inspection::default());
    }
    let bound = db.client.query_opt("SELECT partner, endpoint FROM posa.bound", &[]).await?;
    let bound = bound.map(|row| Ok::<_, Stop>((row.try_get(0)?, row.try_get(1)?))).transpose()?;
    let open: i64 = db.client.query_one(OPEN, &[]).await?.try_get(0)?;
    Ok(Inspection { exists: true, bound, open: open.unsigned_abs(), ..Inspection::default() })
}
