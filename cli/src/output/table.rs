use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::io::{self, Write};

/// Rows as CSV, under a header line.
pub(crate) struct Csv<W: Write> {
    writer: csv::Writer<W>,
    columns: &'static [&'static str],
}

impl<W: Write> Csv<W> {
    pub(crate) fn new(writer: W, columns: &'static [&'static str]) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(writer);
        writer.write_record(columns)?;
        Ok(Self { writer, columns })
    }

    /// One row: the members of `value` that the columns name.
    pub(crate) fn row(&mut self, value: &impl Serialize) -> io::Result<()> {
        let value = serde_json::to_value(value)?;
        for column in self.columns {
            let cell = match value.get(column) {
                None | Some(Value::Null) => Cow::Borrowed(""),
                Some(Value::String(text)) => harmless(text),
                Some(other) => Cow::Owned(other.to_string()),
            };
            self.writer.write_field(cell.as_bytes())?;
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// The writer, with all rows in it.
    pub(crate) fn into_inner(self) -> io::Result<W> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// A text that a spreadsheet does not take for a formula.
fn harmless(text: &str) -> Cow<'_, str> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}
