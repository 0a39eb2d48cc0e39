//! Amounts as people and spreadsheets write them.

use super::{Row, as_text};
use crate::error::Error;
use crate::model::{Amount, Currency};

/// The amount that a cell names, or `None` for zero; `otherwise` says what to do about a cell that names none.
pub(crate) fn amount_in(
    row: &Row<'_>,
    at: usize,
    currency: Currency,
    otherwise: &str,
) -> Result<Option<Amount>, Error> {
    let text = as_text(row.cell(at, "amount")?);
    let is_digit = |c: char| c.is_ascii_digit();
    let (Some(start), Some(end)) = (text.find(is_digit), text.rfind(is_digit)) else {
        return Err(row.wrong("amount", otherwise));
    };
    let (before, after) = (text[..start].trim(), text[end + 1..].trim());
    let decimal = plain_decimal(&text[start..=end]).map_err(|what| row.wrong("amount", what.unwrap_or(otherwise)))?;
    let sign = match (before, after) {
        (sign, "") | ("", sign) => sign,
        _ => return Err(row.wrong("amount", otherwise)),
    };
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

/// Digits with at most one point, from a number that may have thousands separators or a decimal comma.
///
/// The error is what is wrong where that is more than "not an amount".
fn plain_decimal(text: &str) -> Result<String, Option<&'static str>> {
    let packed: String =
        text.chars().filter(|c| !matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '\'' | '\u{2019}')).collect();
    // Longer than any amount: a card number that slipped into the column must not be quoted by a later error.
    if packed.len() > 12 || !packed.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')) {
        return Err(None);
    }
    let last = packed.rfind(['.', ',']);
    let Some((whole, fraction)) = last.map(|at| (&packed[..at], &packed[at + 1..])) else {
        return Ok(packed);
    };
    let separator = if packed[whole.len()..].starts_with('.') { '.' } else { ',' };
    let other = if separator == '.' { ',' } else { '.' };
    let grouped = |s: &str, by: char| {
        let mut groups = s.split(by);
        groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && groups.all(|group| group.len() == 3)
    };
    let one_kind = !whole.contains(other);
    if one_kind && fraction.len() == 3 && grouped(&packed, separator) {
        // No currency has three decimals, but an export may write them.
        let alone = !whole.contains(separator);
        return match separator {
            '.' if alone => {
                Err(Some("has a point before three digits, which may be a thousand or a decimal; write 1000.00"))
            }
            _ => Ok(packed.replace(separator, "")),
        };
    }
    if whole.contains(separator) || !(one_kind || grouped(whole, other)) {
        return Err(None);
    }
    Ok(format!("{}.{fraction}", whole.replace(other, "")))
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
