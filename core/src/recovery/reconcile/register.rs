use crate::error::Error;
use crate::model::{Amount, CardNumber, Currency, RequestId};
use crate::table::{Table, amount_in, card_in, currency_in, request_id_in, time_in};
use jiff::Timestamp;
use jiff::tz::Offset;
use std::io::Read;

/// A sale as the register has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterSale {
    /// Where its list has it, from 1; the report names the line.
    pub line: u64,
    /// The card; prints its last four digits.
    pub card_number: CardNumber,
    /// What the customer paid for the card.
    pub amount: Amount,
    /// The id of the activation, if the register keeps it. Without one, the card alone tells which sale it is.
    pub request_id: Option<RequestId>,
    /// When it was sold. Without one, it counts as a sale of the period.
    pub sold_at: Option<Timestamp>,
}

/// Reads a register's sales as a spreadsheet exports them: the columns card_number and amount, and where there are any
/// currency, request_id and sold_at, in any order under a header line, with comma, semicolon or tab between them. Case,
/// spaces and punctuation in a column's name do not count, and other columns are passed over.
///
/// `currency` is that of lines that name none. A sold_at is a time such as `2026-11-02T14:05:00+01:00` or
/// `2026-11-02 14:05`; `offset` is that of times that name none.
///
/// # Errors
/// Fields `card_number`, `amount` (also for a return, which is no sale), `currency`, `request_id`, `sold_at`, or
/// `register` for the file as a whole: a report on half a file would be wrong about the other half. The message names
/// the line and never shows what stands in a cell.
pub fn read_register(
    reader: impl Read,
    currency: Option<Currency>,
    offset: Option<Offset>,
) -> Result<Vec<RegisterSale>, Error> {
    let mut table = Table::open("register", reader)?;
    let (card, amount) = (table.required("card_number")?, table.required("amount")?);
    let (own_currency, id) = (table.column("currency")?, table.column("request_id")?);
    let sold_at = table.column("sold_at")?;
    let otherwise = "is not an amount over 0; write one such as 25.00, and leave returns out";
    let mut sales = Vec::new();
    while let Some(row) = table.next()? {
        let card_number = card_in(&row, card)?;
        let currency = currency_in(&row, own_currency, currency)?;
        let amount = amount_in(&row, amount, currency, otherwise)?.ok_or_else(|| row.wrong("amount", otherwise))?;
        let request_id = request_id_in(&row, id)?;
        let sold_at = time_in(&row, sold_at, offset)?;
        sales.push(RegisterSale { line: row.line, card_number, amount, request_id, sold_at });
    }
    Ok(sales)
}
