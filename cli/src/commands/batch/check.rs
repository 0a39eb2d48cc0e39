use crate::exit;
use crate::output::{BAD, GOOD, Output, pairs};
use posa_core::Error;
use posa_core::batch::{Check, Finding, Sum};
use serde::Serialize;
use std::fmt;

/// What a file of sales holds; nothing was sent.
#[derive(Serialize)]
struct Report {
    batch: String,
    lines: u64,
    sums: Vec<Total>,
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct Total {
    currency: &'static str,
    sales: u64,
    amount: String,
}

#[derive(Serialize)]
struct Found {
    /// None where it is the file as a whole.
    line: Option<u64>,
    field: Option<&'static str>,
    message: String,
}

pub(super) fn run(batch: String, check: Check, output: &Output) -> Result<u8, Error> {
    let of_the_file = check.rounded.map(|error| Found::new(None, &error));
    let of_lines = check.findings.iter().map(|Finding { line, error }| Found::new(Some(*line), error));
    let findings: Vec<_> = of_the_file.into_iter().chain(of_lines).collect();
    let total = |sum: Sum| Total { currency: sum.currency.code(), sales: sum.sales, amount: sum.decimal() };
    let sums = check.sums.into_iter().map(total).collect();
    let report = Report { batch, lines: check.lines, sums, findings };
    output.show(&report);
    Ok(if report.findings.is_empty() { exit::DONE } else { exit::REJECTED })
}

impl Found {
    fn new(line: Option<u64>, error: &Error) -> Self {
        Self { line, field: error.field(), message: error.message().to_owned() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch, lines, sums, findings } = self;
        match findings.len() {
            0 => write!(f, "{GOOD}good{GOOD:#} {lines} lines, and nothing was sent")?,
            found => write!(f, "{BAD}found{BAD:#} {found} in {lines} lines, and nothing was sent")?,
        }
        pairs(f, &[("batch", Some(batch.clone()))])?;
        for Total { currency, sales, amount } in sums {
            pairs(f, &[("sales", Some(format!("{sales}, {amount} {currency} together")))])?;
        }
        findings.iter().try_for_each(|found| write!(f, "\n{BAD}wrong{BAD:#} {}", found.message))
    }
}
