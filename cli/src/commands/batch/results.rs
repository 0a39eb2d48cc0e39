use crate::output::{BAD, Csv, FAINT, Whole};
use posa_core::batch::Row;
use posa_core::{Delivery, Error, ErrorKind};
use serde::Serialize;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What came of one line.
#[derive(Serialize)]
pub(super) struct Sold {
    line: Option<u64>,
    request_id: Option<String>,
    card: Option<String>,
    amount: Option<String>,
    currency: Option<&'static str>,
    outcome: &'static str,
    card_status: Option<String>,
    expiration: Option<String>,
    attempts: u32,
    kind: Option<&'static str>,
    error_type: Option<String>,
    message: Option<String>,
}

const COLUMNS: [&str; 12] = [
    "line",
    "request_id",
    "card",
    "amount",
    "currency",
    "outcome",
    "card_status",
    "expiration",
    "attempts",
    "kind",
    "error_type",
    "message",
];

const DONE: &str = "done";

impl Sold {
    pub(super) fn is_done(&self) -> bool {
        self.outcome == DONE
    }
}

impl From<&Row> for Sold {
    fn from(row: &Row) -> Self {
        let (receipt, error) = (row.outcome.as_ref().ok(), row.outcome.as_ref().err());
        Self {
            line: row.line,
            request_id: row.request_id.as_ref().map(ToString::to_string),
            card: row.card.as_ref().map(ToString::to_string),
            amount: row.amount.map(|amount| amount.decimal()),
            currency: row.amount.map(|amount| amount.currency().code()),
            outcome: error.map_or(DONE, |error| error.ending().name()),
            card_status: receipt.map(|receipt| receipt.card_status.to_string()),
            expiration: receipt.and_then(|receipt| Some(receipt.expiration.as_ref()?.raw().to_owned())),
            attempts: receipt.map(|receipt| receipt.attempts).or(error.map(Error::attempts)).unwrap_or(0),
            kind: error.map(|error| error.kind().name()),
            error_type: error.and_then(|error| error.error_type().map(str::to_owned)),
            message: error.map(|error| error.message().to_owned()),
        }
    }
}

/// A line for a person, about one that is not done.
impl fmt::Display for Sold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BAD}{}{BAD:#}", self.outcome)?;
        // The message about a line that names no sale begins with the line.
        if let Some((line, _)) = self.line.zip(self.card.as_ref()) {
            write!(f, " line {line}")?;
        }
        for text in [&self.card, &self.request_id, &self.message].into_iter().flatten() {
            write!(f, "  {FAINT}{text}{FAINT:#}")?;
        }
        Ok(())
    }
}

/// The output file: whoever reads it sees the last whole one until this one is whole.
pub(super) struct Results {
    csv: Csv<Whole>,
    path: PathBuf,
}

impl Results {
    /// # Errors
    /// It cannot be written, or is the file of the sales; nothing was sent.
    pub(super) fn create(path: &Path, sales: &Path) -> Result<Self, Error> {
        let same = |path: &Path| path.canonicalize().ok();
        if same(path).is_some_and(|path| Some(path) == same(sales)) {
            return Err(Error::invalid("out", "out is the file of the sales; name another, which may be replaced"));
        }
        let csv = Whole::create(path).and_then(|file| Csv::new(file, &COLUMNS));
        let csv = csv.map_err(|e| Error::invalid("out", format!("{} cannot be written: {e}", path.display())))?;
        Ok(Self { csv, path: path.to_owned() })
    }

    pub(super) fn write(&mut self, sold: &Sold) -> Result<(), Error> {
        self.csv.row(sold).map_err(|e| unwritten(&self.path, &e))
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        self.csv.into_inner().and_then(Whole::finish).map_err(|e| unwritten(&self.path, &e))
    }
}

/// Cards were activated by now, of which the caller is not told.
fn unwritten(path: &Path, e: &io::Error) -> Error {
    let message = format!(
        "{} cannot be written: {e}; the journal has every sale: run the batch again, it charges nothing twice",
        path.display()
    );
    Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
}
