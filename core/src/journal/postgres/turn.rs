use super::connection::Connection;
use super::pool::Step;
use super::trouble::Stop;
use crate::journal::Turn;
use std::num::NonZeroU32;
use std::time::Duration;
use tokio_postgres::types::Type;

const TURN: &str = "SELECT posa.turn($1, $2)";

/// Takes the next turn of all who share the database, by its clock. To lose one costs nothing but that turn.
pub(super) struct TakeTurn {
    pub(super) per_second: NonZeroU32,
    pub(super) within: Duration,
}

impl Step for TakeTurn {
    type Output = Turn;

    async fn take(&mut self, db: &mut Connection) -> Result<Turn, Stop> {
        let per_second = i32::try_from(self.per_second.get()).unwrap_or(i32::MAX);
        let within = i64::try_from(self.within.as_micros()).unwrap_or(i64::MAX);
        let rows = db.call(TURN, &[(&per_second, Type::INT4), (&within, Type::INT8)]).await?;
        let wait: Option<i64> = rows.first().map_or(Ok(None), |row| row.try_get(0))?;
        Ok(wait.map_or(Turn::TooLate, |wait| Turn::After(Duration::from_micros(wait.unsigned_abs()))))
    }
}
