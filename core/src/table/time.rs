//! Times as registers write them.

use super::{Row, seen};
use crate::error::Error;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The time that a cell names; `offset` is that of times without one.
pub(crate) fn time_in(row: &Row<'_>, at: Option<usize>, offset: Option<Offset>) -> Result<Option<Timestamp>, Error> {
    let text = seen(row, at, "sold_at")?;
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(time) = text.parse() {
        return Ok(Some(time));
    }
    let local = local(text).map_err(|what| row.wrong("sold_at", what))?;
    let what = "has no offset from UTC; write 2026-11-02T14:05:00+01:00, or say which offset the register's times have";
    let offset = offset.ok_or_else(|| row.wrong("sold_at", what))?;
    offset.to_timestamp(local).map(Some).map_err(|_| row.wrong("sold_at", "is out of range"))
}

const UNREAD: &str = "is not a time; write one such as 2026-11-02T14:05:00+01:00";
const SERIAL: &str = "is a spreadsheet's number for a time; format the column as 2026-11-02 14:05, then export again";
const AMBIGUOUS: &str = "may have the day or the month first; format the column as 2026-11-02 14:05, then export again";

/// A date and time as they are written somewhere, if that can be one time alone.
fn local(text: &str) -> Result<DateTime, &'static str> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
        && text.replace(',', ".").parse::<f64>().is_ok()
    {
        return Err(SERIAL);
    }
    // With points the day comes first everywhere; with others it depends on the country.
    if let Some(time) = written(text, "%d.%m.%Y").or_else(|| written(text, "%Y/%m/%d")) {
        return Ok(time);
    }
    let slashed = text.replacen('-', "/", 2);
    match (written(&slashed, "%d/%m/%Y"), written(&slashed, "%m/%d/%Y")) {
        (Some(day_first), Some(month_first)) if day_first != month_first => Err(AMBIGUOUS),
        (Some(time), _) | (None, Some(time)) => Ok(time),
        (None, None) => Err(UNREAD),
    }
}

/// The date in one order, with or without a time of the day behind it.
fn written(text: &str, date: &str) -> Option<DateTime> {
    let (day, time) = text.split_once(' ').unwrap_or((text, "00:00"));
    let times = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p"];
    let read = |pattern| DateTime::strptime(format!("{date} {pattern}"), format!("{day} {time}")).ok();
    // Of two digits it may be any century's.
    times.into_iter().find_map(read).filter(|time| time.year() >= 1000)
}
