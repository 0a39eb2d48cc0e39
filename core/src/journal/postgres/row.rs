use crate::error::Error;
use crate::journal::clock::later;
use crate::journal::stored::{self, damaged};
use crate::journal::transaction::{State, Transaction};
use crate::model::{Expiration, RequestId};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

/// A time that is compared with a clock, as microseconds from now by the server's clock. To subtract from infinity
/// would be an error of the whole query, not of its row.
macro_rules! from_now {
    ($time:literal) => {
        concat!(
            "CASE WHEN isfinite(",
            $time,
            ") THEN (extract(epoch FROM ",
            $time,
            " - clock_timestamp()) * 1000000)::bigint WHEN ",
            $time,
            " IS NOT NULL THEN (-9223372036854775808)::bigint END"
        )
    };
}
pub(super) use from_now;

/// What a lease has left at the most, in microseconds: an hour's deadline, and one request that takes as long. More
/// is left only if the server's clock was set back meanwhile.
const LONGEST_LEASE: i64 = 2 * 3_600_000_000;

/// What [`from_now`] says of a time that is none.
const INFINITE: i64 = i64::MIN;

/// In the order in which [`read`] takes them.
macro_rules! columns {
    () => {
        concat!(
            "request_id, card, checksum, minor_units, currency, details, state, attempts, started_at, updated_at, ",
            "sent_at, ",
            $crate::journal::postgres::row::from_now!("lease_until"),
            ", fence, confirmed, voided, reversal_tries, ",
            $crate::journal::postgres::row::from_now!("retry_at"),
            ", expiration, note, step, asked_at, untold"
        )
    };
}
pub(super) use columns;

/// The sale in a row, by the caller's clock, which says `now`; and the mark of the step that last changed it.
///
/// # Errors
/// Kind [`Journal`](crate::ErrorKind::Journal) if somebody else wrote the row.
pub(super) fn read(row: &Row, now: Timestamp) -> Result<(Transaction, i64), Error> {
    let name: &str = row.try_get(0).unwrap_or("?");
    let id = RequestId::recorded(name).map_err(|e| damaged(name, e.message()))?;
    let row = Fields { row, id: &id };
    let mut card: String = row.get(1)?;
    card.push_str(row.get::<Option<&str>>(2)?.unwrap_or_default());
    let sale = stored::sale(&id, &card, row.get(3)?, row.get(4)?, row.get::<Option<&str>>(5)?)?;
    let state = State::named(row.get(6)?).ok_or_else(|| damaged(&id, "the state is not one of ours"))?;
    let transaction = Transaction {
        sale,
        state,
        attempts: row.few(7)?,
        started_at: row.get(8)?,
        updated_at: row.get(9)?,
        sent_at: row.get(10)?,
        asked_at: row.get(20)?,
        lease_until: row.left(11)?.filter(|left| (1..=LONGEST_LEASE).contains(left)).map(|left| later(now, left)),
        fence: row.count(12)?,
        confirmed: row.get(13)?,
        voided: row.get(14)?,
        reversal_tries: row.few(15)?,
        retry_at: row.left(16)?.map(|left| later(now, left)),
        expiration: row.get::<Option<&str>>(17)?.map(Expiration::new),
        note: row.get(18)?,
        told: !row.get::<bool>(21)?,
        request_id: id.clone(),
    };
    Ok((transaction, row.get(19)?))
}

/// The row of a sale, whose errors name it.
struct Fields<'a> {
    row: &'a Row,
    id: &'a RequestId,
}

impl<'a> Fields<'a> {
    fn get<T: FromSql<'a>>(&self, column: usize) -> Result<T, Error> {
        let name = || self.row.columns().get(column).map_or("?", |column| column.name());
        self.row.try_get(column).map_err(|_| damaged(self.id, &format!("{} cannot be read", name())))
    }

    fn count(&self, column: usize) -> Result<u64, Error> {
        u64::try_from(self.get::<i64>(column)?).map_err(|_| damaged(self.id, "a count is negative"))
    }

    fn few(&self, column: usize) -> Result<u32, Error> {
        u32::try_from(self.count(column)?).map_err(|_| damaged(self.id, "a count is too large"))
    }

    fn left(&self, column: usize) -> Result<Option<i64>, Error> {
        match self.get(column)? {
            Some(INFINITE) => Err(damaged(self.id, "a time is infinite")),
            left => Ok(left),
        }
    }
}
