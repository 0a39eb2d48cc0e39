//! Amounts as people and spreadsheets write them.

use super::{Row, as_text, scientific};
use crate::error::Error;
use crate::model::{Amount, Currency, invisible};
use std::borrow::Cow;

/// The amount that a cell names, or `None` for zero; `otherwise` says what to do about a cell that names none.
pub(crate) fn amount_in(
    row: &Row<'_>,
    at: usize,
    currency: Currency,
    otherwise: &str,
) -> Result<Option<Amount>, Error> {
    let text = as_text(row.cell(at, "amount")?);
    if scientific(text) {
        let what = "is in scientific notation; format the column as a number with two decimals, then export again";
        return Err(row.wrong("amount", what));
    }
    if let Some(what) = invisible(&text.replace(SPACES, " ")) {
        return Err(row.wrong("amount", &format!("has a character too many: {what}; take it out")));
    }
    let (number, sign) = apart(text).ok_or_else(|| row.wrong("amount", otherwise))?;
    let decimal =
        plain_decimal(number, currency).map_err(|what| row.wrong("amount", what.as_deref().unwrap_or(otherwise)))?;
    let zero = decimal.bytes().all(|b| matches!(b, b'0' | b'.'));
    let ours = sign.is_empty() || sign.eq_ignore_ascii_case(currency.code()) || signs(currency).contains(&sign);
    // The vendor writes `$0` for "no denomination", whatever the currency.
    if !(ours || zero && sign == "$") {
        let what = format!("is negative, or its sign is not that of {currency}; read the list in its own currency");
        return Err(row.wrong("amount", &what));
    }
    if zero {
        return Ok(None);
    }
    let amount = Amount::new(&decimal, currency);
    amount.map(Some).map_err(|e| Error::invalid("amount", format!("line {}: {}", row.line, e.message())))
}

/// What stands between thousands without being a point or a comma, apart from apostrophes.
const SPACES: [char; 3] = [' ', '\u{A0}', '\u{202F}'];

/// The number of a cell, and the sign before or behind it; `None` if there is no number, or a sign on either side.
fn apart(text: &str) -> Option<(&str, &str)> {
    let is_digit = |c: char| c.is_ascii_digit();
    let (mut start, mut end) = (text.find(is_digit)?, text.rfind(is_digit)? + 1);
    // `.5`; but the point of `kr.5` may be that of an abbreviation.
    if text[..start].strip_suffix(['.', ',']).is_some_and(|before| !before.ends_with(char::is_alphabetic)) {
        start -= 1;
    }
    // `25.`
    if text[end..].starts_with(['.', ',']) {
        end += 1;
    }
    match (text[..start].trim(), text[end..].trim()) {
        (sign, "") | ("", sign) => Some((&text[start..end], sign)),
        _ => None,
    }
}

/// Digits with at most one point, from a number that may have thousands separators or a decimal comma.
///
/// The error is what is wrong where that is more than "not an amount". A number that may be read in two ways is in it,
/// of six digits at the most.
fn plain_decimal(number: &str, currency: Currency) -> Result<String, Option<Cow<'static, str>>> {
    let number = number.replace(SPACES, "'").replace('\u{2019}', "'");
    // Longer than any amount: a card number that slipped into the column must not be quoted by a later error.
    if number.len() > 14 || !number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'\'')) {
        return Err(None);
    }
    let (whole, separator, fraction) = match number.rfind(['.', ',']) {
        Some(at) => (&number[..at], &number[at..=at], &number[at + 1..]),
        None => (number.as_str(), "", ""),
    };
    let others = ["'", ".", ","].into_iter().filter(|mark| whole.contains(mark)).collect::<Vec<_>>();
    match others[..] {
        [] if fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0') => {
            // Yen have no decimals that a comma could stand before.
            if separator == "," && currency.scale() == 0 {
                return Ok(format!("{whole}{fraction}"));
            }
            let decimals = if currency.scale() == 0 { "" } else { ".00" };
            Err(Some(Cow::Owned(format!(
                "may be {whole}{fraction} or {whole}.{fraction}; write {whole}{fraction}{decimals} if it is the first"
            ))))
        }
        [] => Ok(joined(whole, fraction)),
        // `1.500.000`
        [mark] if mark == separator => match grouped(&number, mark) {
            true => Ok(number.replace(mark, "")),
            false => Err(None),
        },
        [mark] if grouped(whole, mark) => Ok(joined(&whole.replace(mark, ""), fraction)),
        _ => Err(None),
    }
}

fn joined(whole: &str, fraction: &str) -> String {
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

fn grouped(number: &str, mark: &str) -> bool {
    let mut groups = number.split(mark);
    groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && groups.all(|group| group.len() == 3)
}

fn signs(currency: Currency) -> &'static [&'static str] {
    match currency {
        Currency::Aed => &["Dh", "Dhs"],
        Currency::Aud => &["$", "A$", "AU$"],
        Currency::Cad => &["$", "C$", "CA$"],
        Currency::Egp => &["£", "E£", "LE"],
        Currency::Eur => &["€"],
        Currency::Gbp => &["£"],
        Currency::Jpy => &["¥", "￥", "円", "JP¥"],
        Currency::Mxn => &["$", "MX$", "Mex$"],
        Currency::Pln => &["zł", "zl"],
        Currency::Sar => &["SR"],
        Currency::Sek => &["kr"],
        Currency::Sgd => &["$", "S$", "SG$"],
        Currency::Try => &["₺", "TL"],
        Currency::Usd => &["$", "US$"],
        Currency::Zar => &["R"],
    }
}
