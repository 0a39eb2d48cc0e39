//! What a cell names: a card, a currency, an id, a text.

use super::Row;
use crate::error::Error;
use crate::model::{CardNumber, Currency, PartnerId, RequestId, invisible};

const LOST_DIGITS: &str = "is in scientific notation and has lost digits; format the column as text, then export again";

/// The card that a cell names.
pub(crate) fn card_in(row: &Row<'_>, at: usize) -> Result<CardNumber, Error> {
    let text = as_text(row.cell(at, "card_number")?);
    if scientific(text) {
        return Err(row.wrong("card_number", LOST_DIGITS));
    }
    if text.is_empty() {
        return Err(row.wrong("card_number", "is empty; take the row out or fill it in"));
    }
    CardNumber::new(text).map_err(|e| Error::invalid("card_number", format!("line {}: {}", row.line, e.message())))
}

/// The currency of the line's own cell, or else `default`.
pub(crate) fn currency_in(row: &Row<'_>, at: Option<usize>, default: Option<Currency>) -> Result<Currency, Error> {
    let wrong = |what| row.wrong("currency", what);
    match seen(row, at, "currency")? {
        "" => default.ok_or_else(|| wrong("is empty; write its code, such as USD")),
        code => code
            .to_ascii_uppercase()
            .parse()
            .map_err(|_| wrong("is not the code of a currency that gift cards are issued in; write one such as USD")),
    }
}

/// The id of the line's own cell, if there is one.
pub(crate) fn request_id_in(row: &Row<'_>, at: Option<usize>) -> Result<Option<RequestId>, Error> {
    let text = seen(row, at, "request_id")?;
    if scientific(text) {
        return Err(row.wrong("request_id", LOST_DIGITS));
    }
    if text.is_empty() {
        return Ok(None);
    }
    // An id is shown everywhere: a card number that slipped into the column must not become one.
    let prefixed = text.get(..5).is_some_and(|prefix| PartnerId::new(prefix).is_ok());
    let id = RequestId::recorded(text).ok().filter(|id| prefixed || id.is_mock());
    let what = "is not the partner id and up to 35 letters and digits; leave it empty where there is none";
    id.map(Some).ok_or_else(|| row.wrong("request_id", what))
}

/// A text of the caller's own, empty where the column is missing. No number that a spreadsheet shortened.
pub(crate) fn text_in<'a>(row: &'a Row<'_>, at: Option<usize>, field: &'static str) -> Result<&'a str, Error> {
    let text = cell(row, at, field)?;
    // Every spreadsheet writes the exponent's sign.
    match scientific(text) && text.contains(['+', '-']) {
        true => Err(row.wrong(field, LOST_DIGITS)),
        false => Ok(text),
    }
}

/// A text of characters that can be seen, empty where the column is missing.
pub(super) fn seen<'a>(row: &'a Row<'_>, at: Option<usize>, field: &'static str) -> Result<&'a str, Error> {
    let text = cell(row, at, field)?;
    match invisible(text) {
        Some(what) => Err(row.wrong(field, &format!("has a character too many: {what}; take it out"))),
        None => Ok(text),
    }
}

fn cell<'a>(row: &'a Row<'_>, at: Option<usize>, field: &'static str) -> Result<&'a str, Error> {
    at.map_or(Ok(""), |at| row.cell(at, field).map(as_text))
}

/// Whether it is a number with an exponent, such as `1,4E+15`.
pub(super) fn scientific(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.split_once(['e', 'E']).is_some_and(|(mantissa, exponent)| {
        digits(&mantissa.replace(['.', ','], "")) && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
    })
}

/// What a spreadsheet puts around a value to keep it a text: `="1400"` or `'1400`.
pub(crate) fn as_text(cell: &str) -> &str {
    let unquoted = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    unquoted.unwrap_or_else(|| cell.strip_prefix('\'').unwrap_or(cell)).trim()
}
