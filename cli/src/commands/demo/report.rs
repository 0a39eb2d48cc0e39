use crate::output::{BAD, FAINT, GOOD};
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;
use std::fmt;

/// What the demonstration showed.
#[derive(Serialize)]
pub(super) struct Report {
    /// Whether every step left behind what it must, and the ledger agrees.
    pub(super) ok: bool,
    pub(super) steps: Vec<Step>,
    /// Why the kill and the recovery were not played.
    pub(super) left_out: Option<String>,
    pub(super) ledger: Ledger,
    /// Requests that reached the gateway.
    pub(super) requests: usize,
    pub(super) milliseconds: u128,
}

#[derive(Serialize)]
pub(super) struct Step {
    pub(super) step: &'static str,
    pub(super) ok: bool,
    pub(super) till: String,
    pub(super) request_id: String,
    pub(super) gateway: Vec<String>,
    pub(super) charges: usize,
    pub(super) refunds: usize,
    pub(super) balance: String,
    /// What was expected and did not come.
    pub(super) differences: Vec<String>,
}

/// The account's history: funds before, less charges, plus refunds, is funds after.
#[derive(Serialize)]
pub(super) struct Ledger {
    pub(super) agrees: bool,
    pub(super) before: String,
    pub(super) charges: String,
    pub(super) refunds: String,
    pub(super) after: String,
    pub(super) currency: &'static str,
}

/// The line that appears while the step happens.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gateway = self.gateway.join(", then ");
        write!(f, "  {} {:<21} {:<31} {FAINT}{gateway}{FAINT:#}", mark(self.ok), self.step, self.till)?;
        for difference in &self.differences {
            write!(f, "\n      {BAD}{difference}{BAD:#}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(UTF8_BORDERS_ONLY);
        table.set_header(["Step", "Till", "Request id", "Gateway", "Charges", "Balance", ""]);
        for step in &self.steps {
            let charges = match step.refunds {
                0 => step.charges.to_string(),
                refunds => format!("{} - {refunds}", step.charges),
            };
            table.add_row([
                step.step,
                &step.till.replace(", ", "\n"),
                &shortened(&step.request_id),
                &step.gateway.iter().map(|answer| narrow(answer)).collect::<Vec<_>>().join("\n"),
                &charges,
                &step.balance,
                plain_mark(step.ok),
            ]);
        }
        for column in table.column_iter_mut().skip(4).take(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        // Coloured afterwards: the table counts an escape sequence as text.
        let drawn = table.to_string().replace(plain_mark(true), &mark(true)).replace(plain_mark(false), &mark(false));
        let Ledger { agrees, before, charges, refunds, after, currency } = &self.ledger;
        let relation = if *agrees { "=" } else { "is not" };
        writeln!(f, "\n{drawn}")?;
        if let Some(why) = &self.left_out {
            writeln!(f, "- A till that is killed, and its recovery, are left out: {why}")?;
        }
        writeln!(f, "{} The ledger: {before} - {charges} + {refunds} {relation} {after} {currency}", mark(*agrees))?;
        let verdict = if self.ok { "Every step came out as it must" } else { "A step differs from what it must be" };
        let (steps, requests, milliseconds) = (self.steps.len(), self.requests, self.milliseconds);
        write!(f, "{} {verdict}: {steps} steps, {requests} signed requests, {milliseconds} ms", mark(self.ok))
    }
}

fn plain_mark(ok: bool) -> &'static str {
    if ok { "✔" } else { "✘" }
}

fn mark(ok: bool) -> String {
    let style = if ok { GOOD } else { BAD };
    format!("{style}{}{style:#}", plain_mark(ok))
}

/// The end of an id: enough to tell one from another.
fn shortened(id: &str) -> String {
    format!("…{}", id.get(id.len().saturating_sub(6)..).unwrap_or(id))
}

/// The names of error types are long; the whole of it stood there when the step happened.
fn narrow(answer: &str) -> String {
    const WIDTH: usize = 27;
    match answer.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", answer.split_at(at).0),
        None => answer.to_owned(),
    }
}
