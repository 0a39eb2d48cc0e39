use super::Entry;
use crate::error::Error;
use crate::inventory::Inventory;
use crate::model::{Activate, Currency};
use crate::table::{Row, Table, amount_in, card_in, currency_in, request_id_in, text_in};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::fmt;
use std::io::Read;
use std::sync::Arc;

/// Reads the sales of a batch as a spreadsheet exports them, one at a time: the columns card_number and amount, and
/// where they are wanted currency, request_id and external_reference, in any order under a header line, with comma,
/// semicolon or tab between them. Case, spaces and punctuation in a column's name do not count, and other columns are
/// passed over.
///
/// `currency` is that of lines that name none. A line that cannot be used becomes an entry with its error; the next
/// line is read all the same, unless a quote that is not closed leaves open where it begins. So does a card that an
/// earlier line has sold: a spreadsheet that rounds numbers makes one of ten. For that, 16 bytes of each line are kept.
///
/// # Errors
/// Field `sales`: the file is empty, is no UTF-8 text, or lacks a column. Lines name the fields `card_number`,
/// `amount`, `currency`, `request_id` and `external_reference`; no message shows what stands in a cell.
pub fn read_sales<R: Read>(reader: R, currency: Option<Currency>) -> Result<Sales<R>, Error> {
    let table = Table::open("sales", reader)?;
    let columns = Columns {
        card: table.required("card_number")?,
        amount: table.required("amount")?,
        currency: table.column("currency")?,
        request_id: table.column("request_id")?,
        external_reference: table.column("external_reference")?,
    };
    if columns.currency.is_none() && currency.is_none() {
        return Err(Error::invalid("sales", "sales has no column currency; add it, or say in which currency they are"));
    }
    Ok(Sales { table, columns, currency, inventory: None, sold: HashMap::new() })
}

/// The entries of a file, from [`read_sales`].
pub struct Sales<R: Read> {
    table: Table<R>,
    columns: Columns,
    currency: Option<Currency>,
    inventory: Option<Arc<Inventory>>,
    /// The line of each card.
    sold: HashMap<u64, u64>,
}

struct Columns {
    card: usize,
    amount: usize,
    currency: Option<usize>,
    request_id: Option<usize>,
    external_reference: Option<usize>,
}

impl<R: Read> Sales<R> {
    /// Refuses what [`Inventory::check_sale`] refuses: cards that are not in the list, wrong checksums and amounts that
    /// are not the card's.
    pub fn with_inventory(mut self, inventory: Arc<Inventory>) -> Self {
        self.inventory = Some(inventory);
        self
    }

    /// The line that was read last, from 1.
    pub(super) fn line(&self) -> u64 {
        self.table.line()
    }

    /// The next line's sale, by itself.
    pub(super) fn read(&mut self) -> Option<Result<Activate, Error>> {
        match self.table.next() {
            Ok(None) => None,
            Ok(Some(row)) => Some(sale(&row, &self.columns, self.currency)),
            Err(error) => Some(Err(error)),
        }
    }

    /// Looks at the sale just read beside the lines before it and the inventory.
    pub(super) fn compare(&mut self, sale: &Activate) -> Result<(), Error> {
        let line = self.line();
        let wrong = |field, what: &str| Err(Error::invalid(field, format!("line {line}: {what}")));
        let number = sale.card.number().parse().unwrap_or_default();
        match self.sold.entry(number) {
            Place::Occupied(first) => {
                let what = format!(
                    "same card as line {}, so that nothing is sent for this one; if a spreadsheet rounded the numbers, \
                     format the column as text, then export again",
                    first.get()
                );
                return wrong("card_number", &what);
            }
            Place::Vacant(place) => place.insert(line),
        };
        match self.inventory.as_ref().map(|inventory| inventory.check_sale(&sale.card, sale.amount)) {
            Some(Err(error)) => wrong(error.field().unwrap_or("card_number"), error.message()),
            Some(Ok(())) | None => Ok(()),
        }
    }

    pub(super) fn has_inventory(&self) -> bool {
        self.inventory.is_some()
    }

    /// How many cards were sold.
    pub(super) fn cards(&self) -> usize {
        self.sold.len()
    }
}

impl<R: Read> Iterator for Sales<R> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let sale = self.read()?.and_then(|sale| self.compare(&sale).map(|()| sale));
        Some(Entry { line: Some(self.line()), sale })
    }
}

fn sale(row: &Row<'_>, columns: &Columns, default: Option<Currency>) -> Result<Activate, Error> {
    let card = card_in(row, columns.card)?;
    let currency = currency_in(row, columns.currency, default)?;
    let otherwise = "is not an amount over 0; write one such as 25.00";
    let amount = amount_in(row, columns.amount, currency, otherwise)?;
    let mut sale = Activate::new(card, amount.ok_or_else(|| row.wrong("amount", otherwise))?);
    if let Some(id) = request_id_in(row, columns.request_id)? {
        sale = sale.request_id(id);
    }
    match text_in(row, columns.external_reference, "external_reference")? {
        "" => Ok(sale),
        text => sale
            .external_reference(text)
            .map_err(|error| Error::invalid("external_reference", format!("line {}: {}", row.line, error.message()))),
    }
}

impl<R: Read> fmt::Debug for Sales<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sales").field("line", &self.table.line()).finish_non_exhaustive()
    }
}
