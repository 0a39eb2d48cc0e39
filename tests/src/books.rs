//! Compares what the gateway charged, what the journals hold and what cashiers were told.

use crate::postgres::Database;
use crate::shop::{LATER, Later};
use crate::till::{Account, Said};
use jiff::SignedDuration;
use posa_core::journal::{Filter, State, Transaction};
use posa_core::recovery::Recover;
use posa_sandbox::{MovementKind, Sandbox};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A journal by its name.
#[derive(Debug, Clone)]
pub struct Book {
    /// A path or a URL.
    pub name: String,
    database: Option<Database>,
}

impl Book {
    /// A SQLite file.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self { name: path.as_ref().display().to_string(), database: None }
    }

    /// A PostgreSQL database, over its socket: a build for tests spends longest on the password of each connection.
    pub fn database(database: Database) -> Self {
        Self { name: database.socket_url(), database: Some(database) }
    }

    /// Has so much time pass for the leases and pauses in it that no client's clock decides.
    ///
    /// # Panics
    /// The database cannot be written.
    pub fn let_time_pass(&self, time: SignedDuration) {
        let Some(database) = &self.database else { return };
        let by = format!("- interval '{} seconds'", time.as_secs());
        let statement = format!("UPDATE posa.sale SET lease_until = lease_until {by}, retry_at = retry_at {by}");
        database.sql(&statement).expect("the database can be written");
    }
}

/// Has everything decided that is still open, 33 minutes later, and compares. `told` is what cashiers heard and `seen`
/// holds the request ids that the gateway ever saw; `about` tells how to see a failure again.
///
/// # Panics
/// A sale stays open, or the books differ.
pub async fn close(sandbox: &Sandbox, journals: &[Book], told: &[Said], mut seen: BTreeSet<String>, about: &str) {
    sandbox.release();
    sandbox.clear_faults();
    sandbox.set_clock_offset(LATER.as_secs()).expect("33 minutes are less than a century");
    let mut rows = BTreeMap::new();
    for book in journals {
        book.let_time_pass(LATER);
        let journal = posa_core::journal::open(&book.name).expect("the journal opens");
        let client = Account::at(sandbox).client(Arc::clone(&journal)).and_then(|builder| {
            // Whatever is left is settled in one go, however slow the machine.
            builder.clock(Arc::new(Later)).deadline(Duration::from_secs(30)).build()
        });
        let recovered = client.expect("a client").recover(Recover::default()).await.expect("the journal is read");
        assert!(recovered.open.is_empty(), "{about}: left open {:?}", recovered.open);
        let all = journal.transactions(&Filter::default()).await.expect("the journal is read");
        rows.extend(all.into_iter().map(|row| (row.request_id.to_string(), row)));
    }
    seen.extend(request_ids(sandbox));
    let mut books = Books { net: ledger(sandbox), rows, wrong: Vec::new() };
    books.compare(told, &seen);
    assert!(books.wrong.is_empty(), "{about}: {} differences\n{}", books.wrong.len(), books.wrong.join("\n"));
}

/// The request ids of the last 10,000 requests that the gateway saw.
pub fn request_ids(sandbox: &Sandbox) -> impl Iterator<Item = String> {
    sandbox.requests().into_iter().filter_map(|request| request.request_id)
}

struct Books {
    net: BTreeMap<String, Net>,
    rows: BTreeMap<String, Transaction>,
    /// One line for each difference.
    wrong: Vec<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Net {
    charges: u32,
    refunds: u32,
}

impl Books {
    fn compare(&mut self, told: &[Said], seen: &BTreeSet<String>) {
        for id in seen.iter().chain(self.net.keys()).filter(|id| !self.rows.contains_key(*id)) {
            self.wrong.push(format!("{id}: the gateway knows it and no journal does"));
        }
        for (id, row) in &self.rows {
            let net = self.net(id);
            if !fits(row.state, net) {
                let note = row.note.as_deref().unwrap_or_default();
                self.wrong.push(format!("{id}: {} in the journal, {net:?} at the gateway ({note})", row.state));
            }
        }
        self.compare_with(told);
    }

    fn net(&self, id: &str) -> Net {
        self.net.get(id).copied().unwrap_or_default()
    }

    fn compare_with(&mut self, told: &[Said]) {
        let reversed: BTreeSet<_> = told
            .iter()
            .filter_map(|said| match said {
                Said::Reversing(id) => Some(id),
                _ => None,
            })
            .collect();
        for said in told {
            let (id, fits): (_, fn(Net, bool) -> bool) = match said {
                Said::Done(id) => (id, |net, reversed| net.charges == 1 && (net.refunds == 0 || reversed)),
                Said::Rejected(id) => (id, |net, _| net == Net::default()),
                Said::Undone(id) => (id, |net, _| net.charges == net.refunds),
                Said::Unknown(id) | Said::Sending(id) | Said::Answered(id) | Said::Reversing(id) => (id, |_, _| true),
                _ => continue,
            };
            let net = self.net(id);
            // The commit of an intent may have got no answer and been lost: then nothing was sent either.
            let is_accounted =
                self.rows.contains_key(id) || (matches!(said, Said::Unknown(_)) && net == Net::default());
            if !is_accounted || !fits(net, reversed.contains(id)) {
                self.wrong.push(format!("{id}: a till said {said:?}, and the gateway has {net:?}"));
            }
        }
    }
}

fn fits(state: State, net: Net) -> bool {
    match state {
        State::Activated => net == Net { charges: 1, refunds: 0 },
        State::Deactivated => net == Net { charges: 1, refunds: 1 },
        State::Rejected => net == Net::default(),
        State::Sending | State::Unknown | State::Reversing | State::Attention => false,
    }
}

fn ledger(sandbox: &Sandbox) -> BTreeMap<String, Net> {
    let mut net: BTreeMap<String, Net> = BTreeMap::new();
    for movement in sandbox.movements().expect("the ledger can be read") {
        let net = net.entry(movement.request_id).or_default();
        match movement.kind {
            MovementKind::Charge => net.charges += 1,
            MovementKind::Refund => net.refunds += 1,
        }
    }
    net
}
