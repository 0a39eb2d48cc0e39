//! The report as text, CSV and JSON.

use super::report::{Counts, Difference, Reason, Report};
use crate::error::Error;
use crate::model::presentable;
use serde::Serialize;
use std::fmt;
use std::io::Write;

/// A difference as every form shows it.
#[derive(Serialize)]
struct Line {
    reason: &'static str,
    request_id: Option<String>,
    card: String,
    amount: Option<String>,
    currency: Option<&'static str>,
    journal: Option<&'static str>,
    gateway: Option<String>,
    register_line: Option<u64>,
    register_amount: Option<String>,
    register_currency: Option<&'static str>,
    at: Option<String>,
    note: Option<String>,
}

const COLUMNS: [&str; 12] = [
    "reason",
    "request_id",
    "card",
    "amount",
    "currency",
    "journal",
    "gateway",
    "register_line",
    "register_amount",
    "register_currency",
    "at",
    "note",
];

#[derive(Serialize)]
struct Document {
    from: String,
    to: String,
    counts: Counts,
    differences: Vec<Line>,
}

impl Report {
    /// Writes the differences as CSV in UTF-8, under a header line that is there even if nothing differs.
    ///
    /// # Errors
    /// Field `report` if the writer fails.
    pub fn write_csv(&self, writer: impl Write) -> Result<(), Error> {
        let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(writer);
        let rows = self.differences.iter().map(|one| Line::of(one).for_spreadsheets());
        let written = csv.write_record(COLUMNS).and_then(|()| rows.into_iter().try_for_each(|row| csv.serialize(row)));
        let flushed = written.map_err(|e| e.to_string()).and_then(|()| csv.flush().map_err(|e| e.to_string()));
        flushed.map_err(|e| Error::invalid("report", format!("the report could not be written: {e}")))
    }

    /// Writes the whole report as one JSON object on one line: `from`, `to`, `counts` and `differences`, of which each has the
    /// members that the columns of [`write_csv`](Self::write_csv) name.
    ///
    /// # Errors
    /// Field `report` if the writer fails.
    pub fn write_json(&self, mut writer: impl Write) -> Result<(), Error> {
        let document = Document {
            from: self.period.from.to_string(),
            to: self.period.to.to_string(),
            counts: self.counts,
            differences: self.differences.iter().map(Line::of).collect(),
        };
        let written = serde_json::to_writer(&mut writer, &document).map_err(|e| e.to_string());
        let ended = written.and_then(|()| writer.write_all(b"\n").map_err(|e| e.to_string()));
        ended.map_err(|e| Error::invalid("report", format!("the report could not be written: {e}")))
    }
}

impl Line {
    fn of(one: &Difference) -> Self {
        Self {
            reason: one.reason.name(),
            request_id: one.request_id.as_ref().map(ToString::to_string),
            card: one.card.to_string(),
            amount: one.amount.map(|amount| amount.decimal()),
            currency: one.amount.map(|amount| amount.currency().code()),
            journal: one.journal.map(|state| state.name()),
            gateway: one.gateway.as_ref().map(|status| presentable(status.as_str(), 40)),
            register_line: one.register_line,
            register_amount: one.register_amount.map(|amount| amount.decimal()),
            register_currency: one.register_amount.map(|amount| amount.currency().code()),
            at: one.at.map(|at| at.to_string()),
            note: one.note.as_deref().map(|note| presentable(note, 300)),
        }
    }

    /// The gateway's words must not begin a formula.
    fn for_spreadsheets(mut self) -> Self {
        for cell in [&mut self.request_id, &mut self.gateway, &mut self.note].into_iter().flatten() {
            if cell.starts_with(['=', '+', '-', '@']) {
                cell.insert(0, '\'');
            }
        }
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { sales, asked, register, register_elsewhere } = self.counts;
        writeln!(f, "From {} to {}", self.period.from, self.period.to)?;
        writeln!(f, "Journal: {sales} sales, of which the gateway was asked about {asked}")?;
        if register + register_elsewhere > 0 {
            writeln!(f, "Register: {register} sales, and {register_elsewhere} of other times")?;
        }
        writeln!(f, "Differences: {}", self.differences.len())?;
        for reason in Reason::ALL {
            let rows: Vec<_> = self.differences.iter().filter(|one| one.reason == reason).collect();
            if !rows.is_empty() {
                writeln!(f, "\n{reason} ({}): {}", rows.len(), reason.advice())?;
            }
            for row in rows {
                writeln!(f, "  {}", sentence(&Line::of(row)))?;
            }
        }
        Ok(())
    }
}

/// What is known, from left to right.
fn sentence(line: &Line) -> String {
    let money = |amount: &Option<String>, currency: Option<&str>| {
        amount.as_ref().map(|amount| format!("{amount} {}", currency.unwrap_or_default()))
    };
    let parts = [
        line.at.clone(),
        line.request_id.clone(),
        Some(line.card.clone()),
        money(&line.amount, line.currency),
        line.journal.map(|state| format!("journal: {state}")),
        line.gateway.as_ref().map(|status| format!("gateway: {status}")),
        line.register_line.map(|line| format!("register line {line}")),
        money(&line.register_amount, line.register_currency).map(|money| format!("register: {money}")),
        line.note.clone(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}
