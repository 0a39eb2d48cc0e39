use super::steps::{Steps, Stop};
use crate::journal::Turn;
use crate::journal::pace::{self, Taken};
use rusqlite::params;
use std::num::NonZeroU32;
use std::time::Duration;

impl Steps<'_, '_> {
    /// Takes the account's next turn; `now` is this machine's clock, in microseconds since 1970.
    pub(super) fn turn(&self, per_second: NonZeroU32, within: Duration, now: i64) -> Result<Turn, Stop> {
        let read = "SELECT at, turns FROM pace";
        let (at, bytes): (i64, Vec<u8>) =
            self.connection.prepare_cached(read)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let turns = bytes.chunks_exact(8).filter_map(|turn| Some(i64::from_le_bytes(turn.try_into().ok()?)));
        let Some(Taken { turns, wait }) = pace::take(turns.collect(), at, now, per_second, within) else {
            return Ok(Turn::TooLate);
        };
        let bytes: Vec<u8> = turns.into_iter().flat_map(i64::to_le_bytes).collect();
        self.connection.prepare_cached("UPDATE pace SET at = ?1, turns = ?2")?.execute(params![now, bytes])?;
        Ok(Turn::After(wait))
    }
}
