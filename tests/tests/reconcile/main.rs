//! The report on a period: what journal, gateway and register say, and where they differ.
#![allow(clippy::panic, clippy::unwrap_used)]

mod at_the_gateway;
mod at_the_register;
mod files;
mod forms;
#[path = "../batch/gateway.rs"]
mod gateway;
#[path = "../batch/till.rs"]
mod till;

use gateway::Gateway;
use jiff::SignedDuration;
use posa_core::journal::{Journal, MemoryJournal};
use posa_core::recovery::{Period, RegisterSale, Report};
use posa_core::{Amount, CardNumber, Client, Currency};
use std::sync::Arc;
use till::{Going, NOON, digits, id, sale, till};

/// A client and what is around it.
struct Shop {
    gateway: Gateway,
    journal: Arc<dyn Journal>,
    client: Client,
}

impl Shop {
    fn open() -> Self {
        let (gateway, journal) = (Gateway::default(), Arc::new(MemoryJournal::new()));
        let client = till(&gateway, Arc::clone(&journal) as Arc<dyn Journal>, Going::from_noon());
        Self { gateway, journal, client }
    }

    /// Sells card `n` for 25.00 under the id `Awssb<n>`, whatever comes of it.
    async fn sell(&self, n: u64) {
        let _ = self.client.activate(sale(n).request_id(id(&format!("Awssb{n}")))).await;
    }

    async fn report(&self, register: Option<Vec<RegisterSale>>) -> Report {
        self.client.reconcile(today(), register).await.unwrap()
    }
}

fn hours(from: i64, to: i64) -> Period {
    Period::new(NOON + SignedDuration::from_hours(from), NOON + SignedDuration::from_hours(to)).unwrap()
}

fn today() -> Period {
    hours(-12, 12)
}

fn card(n: u64) -> CardNumber {
    CardNumber::new(&digits(n)).unwrap()
}

/// Card `n` for that much, on line `line`.
fn sold(line: u64, n: u64, decimal: &str) -> RegisterSale {
    let amount = Amount::new(decimal, Currency::Usd).unwrap();
    RegisterSale { line, card_number: card(n), amount, request_id: None, sold_at: None }
}

/// Each difference: its reason, its id, its register line.
fn found(report: &Report) -> Vec<(&'static str, Option<String>, Option<u64>)> {
    let found = report.differences.iter();
    found.map(|one| (one.reason.name(), one.request_id.as_ref().map(ToString::to_string), one.register_line)).collect()
}

fn by_id(reason: &'static str, n: u64) -> (&'static str, Option<String>, Option<u64>) {
    (reason, Some(format!("Awssb{n}")), None)
}
