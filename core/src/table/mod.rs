//! Delimited text as spreadsheets export it: byte order mark, comma, semicolon or tab, quotes, blank lines. The one
//! reader of every table: sales, a register's list, the inventory, stores.

mod amount;
mod cells;
mod time;

pub(crate) use amount::amount_in;
pub(crate) use cells::{as_text, card_in, currency_in, request_id_in, text_in};
pub(crate) use time::time_in;

use crate::error::Error;
use csv::{ByteRecord, ReaderBuilder, Terminator, Trim};
use std::io::{Chain, Cursor, Read};

/// The file with a line feed behind it: with one after every row, the lines can be counted.
type Ended<R> = Chain<Chain<Cursor<Vec<u8>>, R>, &'static [u8]>;

/// A table under a header line.
pub(crate) struct Table<R: Read> {
    /// How errors call the whole file.
    field: &'static str,
    reader: csv::Reader<Ended<R>>,
    header: Vec<String>,
    record: ByteRecord,
}

/// One row; its cells are never shown in an error, since any of them may hold what a log must not.
pub(crate) struct Row<'a> {
    pub(crate) line: u64,
    record: &'a ByteRecord,
}

impl<R: Read> Table<R> {
    pub(crate) fn open(field: &'static str, mut reader: R) -> Result<Self, Error> {
        let mut head = Vec::new();
        let read = reader.by_ref().take(16 * 1024).read_to_end(&mut head);
        read.map_err(|e| Error::invalid(field, format!("{field} could not be read: {e}")))?;
        if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
            return Err(Error::invalid(field, format!("{field} is UTF-16 text; export it again as \"CSV UTF-8\"")));
        }
        if head.starts_with(b"\xEF\xBB\xBF") {
            head.drain(..3);
        }
        if head.contains(&b'\r') && !head.contains(&b'\n') {
            return Err(Error::invalid(field, format!("{field} has no line feeds; export it again as \"CSV UTF-8\"")));
        }
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter_of(&head)).terminator(Terminator::Any(b'\n'));
        builder.has_headers(false).flexible(true).trim(Trim::All);
        let reader = builder.from_reader(Cursor::new(head).chain(reader).chain(b"\n".as_slice()));
        let mut table = Self { field, reader, header: Vec::new(), record: ByteRecord::new() };
        let header = table.next()?.map(|row| row.record.iter().map(normalised).collect());
        table.header =
            header.ok_or_else(|| Error::invalid(field, format!("{field} is empty; it needs a header line")))?;
        Ok(table)
    }

    /// Where the column of that name stands; case, spaces and punctuation do not count.
    pub(crate) fn column(&self, name: &str) -> Result<Option<usize>, Error> {
        let wanted = normalised(name.as_bytes());
        let mut places = self.header.iter().enumerate().filter(|(_, cell)| **cell == wanted).map(|(at, _)| at);
        let first = places.next();
        match places.next() {
            Some(_) => {
                Err(Error::invalid(self.field, format!("{} has the column {name} twice; leave one", self.field)))
            }
            None => Ok(first),
        }
    }

    pub(crate) fn required(&self, name: &str) -> Result<usize, Error> {
        self.column(name)?.ok_or_else(|| {
            let message = format!("{} has no column {name} in its first line; name the columns there", self.field);
            Error::invalid(self.field, message)
        })
    }

    /// The line that was read last, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.reader.position().line().saturating_sub(1)
    }

    /// The next row with anything in it.
    ///
    /// # Errors
    /// The file cannot be read, or the row has more cells than the header: a separator stands within a value.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, Error> {
        let field = self.field;
        loop {
            let more = self.reader.read_byte_record(&mut self.record);
            if !more.map_err(|e| Error::invalid(field, format!("{field} could not be read: {e}")))? {
                return Ok(None);
            }
            if self.record.iter().any(|cell| !cell.is_empty()) {
                break;
            }
        }
        let line = self.line();
        let width = self.header.len();
        if width > 0 && self.record.iter().skip(width).any(|cell| !cell.is_empty()) {
            let message = format!(
                "line {line} has {} cells under {width} columns; put a value that holds the separator in quotes",
                self.record.len()
            );
            return Err(Error::invalid(field, message));
        }
        Ok(Some(Row { line, record: &self.record }))
    }
}

impl Row<'_> {
    /// The cell's text, empty where the row ends before it.
    pub(crate) fn cell(&self, at: usize, field: &'static str) -> Result<&str, Error> {
        std::str::from_utf8(self.record.get(at).unwrap_or_default())
            .map_err(|_| self.wrong(field, "is not UTF-8 text; export the file again as \"CSV UTF-8\""))
    }

    pub(crate) fn wrong(&self, field: &'static str, what: &str) -> Error {
        Error::invalid(field, format!("line {}: {field} {what}", self.line))
    }
}

/// The separator that the first line with text has most of.
fn delimiter_of(head: &[u8]) -> u8 {
    let lines = head.split(|b| matches!(b, b'\r' | b'\n'));
    let first = lines.into_iter().find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let count = |delimiter: u8| first.iter().filter(|b| **b == delimiter).count();
    [b';', b'\t', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

fn normalised(name: &[u8]) -> String {
    name.iter().filter(|b| b.is_ascii_alphanumeric()).map(|b| char::from(b.to_ascii_lowercase())).collect()
}
