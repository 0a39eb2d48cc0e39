//! Times as registers write them.

use super::{Row, text_in};
use crate::error::Error;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The time that a cell names; `offset` is that of times without one.
pub(crate) fn time_in(row: &Row<'_>, at: Option<usize>, offset: Option<Offset>) -> Result<Option<Timestamp>, Error> {
    let text = text_in(row, at, "sold_at")?;
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(time) = text.parse() {
        return Ok(Some(time));
    }
    let local: DateTime =
        text.parse().map_err(|_| row.wrong("sold_at", "is not a time; write one such as 2026-11-02T14:05:00+01:00"))?;
    let what = "has no offset from UTC; write 2026-11-02T14:05:00+01:00, or say which offset the register's times have";
    let offset = offset.ok_or_else(|| row.wrong("sold_at", what))?;
    offset.to_timestamp(local).map(Some).map_err(|_| row.wrong("sold_at", "is out of range"))
}
