use super::clock::later;
use super::trouble::Stop;
use crate::error::Error;
use crate::journal::stored::{self, damaged};
use crate::journal::transaction::{State, Transaction};
use crate::model::{Expiration, RequestId};
use jiff::Timestamp;
use tokio_postgres::Row;

/// In the order in which [`read`] takes them; what is compared with a clock comes as microseconds from now, by the
/// server's clock.
macro_rules! columns {
    () => {
        "request_id, card, checksum, minor_units, currency, details, state, attempts, started_at, updated_at, \
         (extract(epoch FROM sent_at - clock_timestamp()) * 1000000)::bigint, \
         (extract(epoch FROM lease_until - clock_timestamp()) * 1000000)::bigint, \
         fence, confirmed, voided, reversal_tries, \
         (extract(epoch FROM retry_at - clock_timestamp()) * 1000000)::bigint, expiration, note, step"
    };
}
pub(super) use columns;

/// The sale in a row, by the caller's clock, which says `now`; and the mark of the step that last changed it.
pub(super) fn read(row: &Row, now: Timestamp) -> Result<(Transaction, i64), Stop> {
    let name: &str = row.try_get(0)?;
    let id = RequestId::recorded(name).map_err(|e| damaged(name, e.message()))?;
    let mut card: String = row.try_get(1)?;
    card.push_str(row.try_get::<_, Option<&str>>(2)?.unwrap_or_default());
    let count = |column: usize| -> Result<u64, Stop> {
        let count = row.try_get::<_, i64>(column)?;
        Ok(u64::try_from(count).map_err(|_| damaged(&id, "a count is negative"))?)
    };
    let few = |count: u64| u32::try_from(count).map_err(|_| damaged(&id, "a count is too large"));
    let sale: Result<_, Error> =
        stored::sale(&id, &card, row.try_get(3)?, row.try_get(4)?, row.try_get::<_, Option<&str>>(5)?);
    let lease_left = row.try_get::<_, Option<i64>>(11)?.filter(|left| *left > 0);
    let transaction = Transaction {
        sale: sale?,
        state: State::named(row.try_get(6)?).ok_or_else(|| damaged(&id, "the state is not one of ours"))?,
        attempts: few(count(7)?)?,
        started_at: row.try_get(8)?,
        updated_at: row.try_get(9)?,
        sent_at: later(now, row.try_get(10)?),
        lease_until: lease_left.map(|left| later(now, left)),
        fence: count(12)?,
        confirmed: row.try_get(13)?,
        voided: row.try_get(14)?,
        reversal_tries: few(count(15)?)?,
        retry_at: row.try_get::<_, Option<i64>>(16)?.map(|left| later(now, left)),
        expiration: row.try_get::<_, Option<&str>>(17)?.map(Expiration::new),
        note: row.try_get(18)?,
        request_id: id,
    };
    Ok((transaction, row.try_get(19)?))
}
