use super::report::{Ledger, Report, Step};
use crate::output::Output;
use posa_core::journal::Transaction;
use posa_core::{Currency, Error, Receipt, RequestId};
use posa_sandbox::{MovementKind, RequestEntry, Sandbox};
use std::time::Instant;

/// What a step must leave behind: at the till, in the gateway's log, and in its ledger.
pub(super) struct Expected {
    pub(super) till: &'static str,
    /// The answers that the gateway gave, one for each request.
    pub(super) gateway: &'static [&'static str],
    /// Movements under the step's request id.
    pub(super) charges: usize,
    pub(super) refunds: usize,
    /// By how many cents the account is lower than at the beginning.
    pub(super) spent: u64,
}

/// What the cashier would read, and the request id it came with.
pub(super) struct Told {
    text: String,
    request_id: String,
}

impl Told {
    /// What stands in the journal of a sale, where nobody was told anything.
    pub(super) fn by_journal(before: &str, row: Option<&Transaction>) -> Self {
        match row {
            Some(row) => {
                Self { text: format!("{before}journal says {}", row.state), request_id: row.request_id.to_string() }
            }
            None => Self { text: format!("{before}journal has no sale"), request_id: "none".into() },
        }
    }
}

impl From<&Result<Receipt, Error>> for Told {
    fn from(result: &Result<Receipt, Error>) -> Self {
        let (text, request_id) = match result {
            Ok(receipt) => {
                let amount = receipt.amount.map_or(String::new(), |amount| format!(" {amount}"));
                let attempts =
                    if receipt.attempts == 1 { String::new() } else { format!(", {} attempts", receipt.attempts) };
                (format!("{}{amount}{attempts}", receipt.card_status), receipt.request_id.as_str())
            }
            Err(error) => (error.kind().to_string(), error.request_id().unwrap_or("none")),
        };
        Self { text, request_id: request_id.to_owned() }
    }
}

/// Writes down each step, with what the sandbox holds after it, and compares.
pub(super) struct Book<'a> {
    sandbox: &'a Sandbox,
    output: &'a Output,
    steps: Vec<Step>,
    before: u64,
    requests: usize,
    started: Instant,
}

impl<'a> Book<'a> {
    pub(super) fn open(sandbox: &'a Sandbox, output: &'a Output) -> Result<Self, Error> {
        let before = available(sandbox)?;
        Ok(Self { sandbox, output, steps: Vec::new(), before, requests: 0, started: Instant::now() })
    }

    pub(super) fn enter(
        &mut self,
        step: &'static str,
        told: impl Into<Told>,
        id: &RequestId,
        expected: Expected,
    ) -> Result<(), Error> {
        let log = self.sandbox.requests();
        let answers: Vec<_> = log.iter().skip(self.requests).map(answer).collect();
        self.requests = log.len();
        let movements = self.sandbox.movements()?;
        let count = |kind| movements.iter().filter(|m| m.kind == kind && m.request_id == id.as_str()).count();
        let (charges, refunds) = (count(MovementKind::Charge), count(MovementKind::Refund));
        let Told { text: till, request_id: named } = told.into();
        let balance = decimal(available(self.sandbox)?);

        let mut differences = Vec::new();
        let mut compare = |what: &str, expected: &str, came: &str| {
            if expected != came {
                differences.push(format!("{what}: expected {expected}, came {came}"));
            }
        };
        compare("the till", expected.till, &till);
        compare("the request id", id.as_str(), &named);
        compare("the gateway", &expected.gateway.join(", "), &answers.join(", "));
        compare("charges", &expected.charges.to_string(), &charges.to_string());
        compare("refunds", &expected.refunds.to_string(), &refunds.to_string());
        compare("the balance", &decimal(self.before.saturating_sub(expected.spent)), &balance);
        let (ok, request_id) = (differences.is_empty(), id.to_string());
        let step = Step { step, ok, till, request_id, gateway: answers, charges, refunds, balance, differences };
        self.output.progress(&step);
        self.steps.push(step);
        Ok(())
    }

    pub(super) fn close(self, left_out: Option<String>) -> Result<Report, Error> {
        let movements = self.sandbox.movements()?;
        let sum =
            |kind| movements.iter().filter(|m| m.kind == kind).map(|m| cents(&m.amount)).sum::<Result<u64, Error>>();
        let (charges, refunds, after) =
            (sum(MovementKind::Charge)?, sum(MovementKind::Refund)?, available(self.sandbox)?);
        let agrees = self.before.checked_add(refunds) == after.checked_add(charges);
        Ok(Report {
            ok: agrees && self.steps.iter().all(|step| step.ok),
            steps: self.steps,
            left_out,
            ledger: Ledger {
                agrees,
                before: decimal(self.before),
                charges: decimal(charges),
                refunds: decimal(refunds),
                after: decimal(after),
                currency: Currency::Usd.code(),
            },
            requests: self.requests,
            milliseconds: self.started.elapsed().as_millis(),
        })
    }
}

fn answer(entry: &RequestEntry) -> String {
    // An answer that is held back is not heard any more by whoever was killed.
    match (entry.status, entry.fault.as_deref()) {
        (None, _) | (_, Some("delay")) => format!("{} (lost)", entry.verdict),
        (Some(_), _) => entry.verdict.clone(),
    }
}

fn available(sandbox: &Sandbox) -> Result<u64, Error> {
    let funds = sandbox.funds()?;
    let dollars = funds.iter().find(|funds| funds.currency == Currency::Usd.code());
    cents(&dollars.ok_or_else(|| Error::configuration("funds", "the sandbox has no account in USD"))?.available)
}

/// An exact count of cents; an account holds more than any one [`posa_core::Amount`].
fn cents(decimal: &str) -> Result<u64, Error> {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    format!("{whole}{fraction:0<2}").parse().map_err(|_| {
        Error::configuration("funds", format!("the sandbox's ledger holds {decimal:?}, which is no amount in USD"))
    })
}

fn decimal(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
