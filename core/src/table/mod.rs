//! Delimited text as spreadsheets export it: byte order mark, comma, semicolon or tab, quotes, blank lines. The one
//! reader of every table: sales, a register's list, the inventory, stores.
//!
//! A line is a row. A cell that went on over several lines could swallow rows behind a quote that somebody forgot.

mod amount;
mod cells;
mod line;
mod time;

pub(crate) use amount::amount_in;
pub(crate) use cells::{as_text, card_in, currency_in, request_id_in, text_in};
pub(crate) use time::time_in;

use crate::error::Error;
use cells::{scientific, seen};
use line::{Broken, Line};
use std::io::{BufRead, BufReader, Read};

/// No row of any of these tables comes near.
const LONGEST_LINE: usize = 64 * 1024;

/// A table under a header line.
pub(crate) struct Table<R: Read> {
    /// How errors call the whole file.
    field: &'static str,
    reader: BufReader<R>,
    delimiter: u8,
    header: Vec<String>,
    /// The line that was read last, from 1, as it stands in the file.
    number: u64,
    raw: Vec<u8>,
    cells: Line,
    /// Nothing more is read.
    ended: bool,
}

/// One row; its cells are never shown in an error, since any of them may hold what a log must not.
pub(crate) struct Row<'a> {
    pub(crate) line: u64,
    cells: &'a Line,
}

impl<R: Read> Table<R> {
    pub(crate) fn open(field: &'static str, reader: R) -> Result<Self, Error> {
        let reader = BufReader::new(reader);
        let (raw, cells) = (Vec::new(), Line::default());
        let mut table =
            Self { field, reader, delimiter: b',', header: Vec::new(), number: 0, raw, cells, ended: false };
        table.find_header()?;
        Ok(table)
    }

    fn find_header(&mut self) -> Result<(), Error> {
        let mut separator = None;
        while self.header.is_empty() {
            if !self.read_line()? {
                return Err(Error::invalid(self.field, format!("{} is empty; it needs a header line", self.field)));
            }
            if self.number == 1 {
                self.check_encoding()?;
                separator = self.named_separator()?;
                if separator.is_some() {
                    continue;
                }
            }
            self.delimiter = separator.unwrap_or_else(|| delimiter_of(&self.raw));
            self.split()?;
            if self.cells.cells().any(|cell| !cell.is_empty()) {
                self.header = self.cells.cells().map(normalised).collect();
            }
        }
        Ok(())
    }

    /// The byte order mark is taken off the first line.
    fn check_encoding(&mut self) -> Result<(), Error> {
        if self.raw.starts_with(b"\xFF\xFE") || self.raw.starts_with(b"\xFE\xFF") || self.raw.contains(&0) {
            let message = format!("{} is UTF-16 text; export it again as \"CSV UTF-8\"", self.field);
            return Err(Error::invalid(self.field, message));
        }
        if self.raw.starts_with(b"\xEF\xBB\xBF") {
            self.raw.drain(..3);
        }
        Ok(())
    }

    /// The separator that a first line such as `sep=;` names, as spreadsheets write it.
    fn named_separator(&self) -> Result<Option<u8>, Error> {
        let line = self.raw.strip_suffix(b"\n").unwrap_or(&self.raw);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
        match line.split_at_checked(4) {
            Some((name, separator)) if name.eq_ignore_ascii_case(b"sep=") => match separator {
                [separator @ (b';' | b',' | b'\t' | b'|')] => Ok(Some(*separator)),
                _ => Err(self.broken("names a separator that is not read; use comma, semicolon or tab")),
            },
            _ => Ok(None),
        }
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
        self.number
    }

    /// The next row with anything in it.
    ///
    /// # Errors
    /// The file cannot be read, or a line cannot be told from the next: nothing more is read then. Or the row has more
    /// cells than the header, since a separator stands within a value: the next row is read all the same.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, Error> {
        loop {
            if self.ended || !self.read_line()? {
                return Ok(None);
            }
            self.split()?;
            if self.cells.cells().any(|cell| !cell.is_empty()) {
                break;
            }
        }
        if self.cells.cells().skip(self.header.len()).any(|cell| !cell.is_empty()) {
            let message = format!(
                "line {} has {} cells under {} columns; put a value that holds the separator in quotes",
                self.number,
                self.cells.len(),
                self.header.len()
            );
            return Err(Error::invalid(self.field, message));
        }
        Ok(Some(Row { line: self.number, cells: &self.cells }))
    }

    fn read_line(&mut self) -> Result<bool, Error> {
        self.raw.clear();
        let read = self.reader.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut self.raw);
        let read = read.map_err(|e| {
            self.ended = true;
            Error::invalid(self.field, format!("{} could not be read: {e}", self.field))
        })?;
        if read == 0 {
            self.ended = true;
            return Ok(false);
        }
        self.number += 1;
        let what = if read > LONGEST_LINE {
            "is longer than 64 KiB; is this a table?"
        } else if self.raw.trim_ascii_end().contains(&b'\r') {
            "has a carriage return within: lines need line feeds; export the file again as \"CSV UTF-8\""
        } else {
            return Ok(true);
        };
        self.ended = true;
        Err(self.broken(what))
    }

    fn split(&mut self) -> Result<(), Error> {
        let Err(broken) = self.cells.split(self.raw.strip_suffix(b"\n").unwrap_or(&self.raw), self.delimiter) else {
            return Ok(());
        };
        self.ended = true;
        Err(self.broken(&match broken {
            Broken::Open(cell) => format!(
                "opens a quote in cell {cell} that is not closed on the line; close it, or take the line end out of the \
                 cell"
            ),
            Broken::Behind(cell) => {
                format!("has text behind the closing quote of cell {cell}; write a quote within a value twice")
            }
        }))
    }

    /// What may be part of which row is not known from here on.
    fn broken(&self, what: &str) -> Error {
        Error::invalid(self.field, format!("line {} {what}; nothing from this line on was read", self.number))
    }
}

impl Row<'_> {
    /// The cell's text, empty where the row ends before it.
    pub(crate) fn cell(&self, at: usize, field: &'static str) -> Result<&str, Error> {
        std::str::from_utf8(self.cells.cell(at))
            .map_err(|_| self.wrong(field, "is not UTF-8 text; export the file again as \"CSV UTF-8\""))
    }

    pub(crate) fn wrong(&self, field: &'static str, what: &str) -> Error {
        Error::invalid(field, format!("line {}: {field} {what}", self.line))
    }
}

/// The separator that a line has most of.
fn delimiter_of(line: &[u8]) -> u8 {
    let count = |delimiter: u8| line.iter().filter(|b| **b == delimiter).count();
    [b';', b'\t', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

fn normalised(name: &[u8]) -> String {
    name.iter().filter(|b| b.is_ascii_alphanumeric()).map(|b| char::from(b.to_ascii_lowercase())).collect()
}
