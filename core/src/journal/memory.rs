use super::rules::{Admission, admit_activation, admit_reversal, bound_elsewhere, hearing, lost};
use super::transaction::{Asker, Begun, Claim, Filter, Purpose, Settlement, Transaction};
use super::{BatchKey, HistoryEntry, Journal};
use crate::BoxFuture;
use crate::error::Error;
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A lease that is longer than a clock can count.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A journal that lives as long as the process: for tests, and for callers that keep the durable record themselves.
#[derive(Default)]
pub struct MemoryJournal {
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    bound: Option<(PartnerId, String)>,
    batch_key: Option<BatchKey>,
    /// Boxed, so that a growing table moves pointers and not whole rows.
    by_id: HashMap<RequestId, Box<Transaction>>,
    open_on_card: HashMap<CardNumber, RequestId>,
    /// When each claim ends, by a clock that nobody sets.
    leases: HashMap<RequestId, Instant>,
    history: HashMap<RequestId, Vec<HistoryEntry>>,
}

impl MemoryJournal {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn begin(
        &mut self,
        id: &RequestId,
        sale: &Activate,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Begun, Error> {
        let (known, on_card) = (self.row(id), self.other_on_card(&sale.card, id));
        match (admit_activation(id, sale, asker, known.as_ref(), on_card.as_ref()), known) {
            (Admission::Refused(error), _) => Err(error),
            (Admission::Settled, Some(known)) => Ok(Begun::Settled(Box::new(known))),
            (Admission::Resume, Some(_)) => {
                let begun = self.claim(id, now, until, |row| row.claim_activation(sale, asker, now, until));
                self.note(id, now, "activate", None);
                begun
            }
            (Admission::New | Admission::Settled | Admission::Resume, _) => {
                let row = Transaction::begin(id, sale, now, until);
                let claim = Claim::new(id, until);
                self.open_on_card.insert(sale.card.clone(), id.clone());
                self.by_id.insert(id.clone(), Box::new(row));
                self.lease(id, now, until);
                self.note(id, now, "activate", None);
                Ok(Begun::Claimed(claim))
            }
        }
    }

    /// Adds to the history; `attempt` is the number of one that is about to be sent.
    fn note(&mut self, id: &RequestId, at: Timestamp, event: &str, attempt: Option<u32>) {
        let Some(row) = self.by_id.get(id) else { return };
        let settled = row.lease_until.is_none();
        let entry = HistoryEntry {
            at,
            event: event.to_owned(),
            attempts: attempt.unwrap_or(row.attempts),
            note: row.note.clone().filter(|_| settled),
        };
        self.history.entry(id.clone()).or_default().push(entry);
    }

    fn row(&self, id: &RequestId) -> Option<Transaction> {
        self.by_id.get(id).map(|row| self.read(row))
    }

    fn read(&self, row: &Transaction) -> Transaction {
        let ends = self.leases.get(&row.request_id);
        let holds = ends.is_some_and(|ends| Instant::now() < *ends);
        Transaction { lease_until: row.lease_until.filter(|_| holds), ..row.clone() }
    }

    /// From now on, for as long as `until` is after `now`.
    fn lease(&mut self, id: &RequestId, now: Timestamp, until: Timestamp) {
        let length = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        let now = Instant::now();
        let ends = now.checked_add(length).unwrap_or(now + FOR_EVER);
        self.leases.insert(id.clone(), ends);
    }

    fn other_on_card(&self, card: &CardNumber, id: &RequestId) -> Option<Transaction> {
        self.open_on_card.get(card).filter(|other| *other != id).and_then(|other| self.row(other))
    }

    fn claim(
        &mut self,
        id: &RequestId,
        now: Timestamp,
        until: Timestamp,
        claim: impl FnOnce(&mut Transaction) -> Claim,
    ) -> Result<Begun, Error> {
        let row = self.by_id.get_mut(id).ok_or_else(|| lost(id))?;
        self.open_on_card.insert(row.sale.card.clone(), id.clone());
        let claimed = claim(row);
        self.lease(id, now, until);
        Ok(Begun::Claimed(claimed))
    }

    fn held(&mut self, claim: &Claim) -> Result<&mut Transaction, Error> {
        let row = self.by_id.get_mut(&claim.request_id).filter(|row| row.is_claimed(claim.fence));
        row.map(Box::as_mut).ok_or_else(|| lost(&claim.request_id))
    }
}

impl Journal for MemoryJournal {
    fn bind<'a>(&'a self, partner: &'a PartnerId, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let mut rows = self.rows();
            let wanted = (partner.clone(), endpoint.url().to_owned());
            let bound = rows.bound.get_or_insert_with(|| wanted.clone());
            if *bound == wanted {
                return Ok(());
            }
            Err(bound_elsewhere(bound.0.as_str(), &bound.1, partner, endpoint))
        })
    }

    fn begin_activation<'a>(
        &'a self,
        id: &'a RequestId,
        sale: &'a Activate,
        asker: Asker,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move { self.rows().begin(id, sale, asker, now, lease_until) })
    }

    fn begin_reversal<'a>(
        &'a self,
        id: &'a RequestId,
        card: &'a CardNumber,
        purpose: Purpose,
        asker: Asker,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move {
            let mut rows = self.rows();
            let (known, on_card) = (rows.row(id), rows.other_on_card(card, id));
            match (admit_reversal(id, card, purpose, asker, known.as_ref(), on_card.as_ref()), known) {
                (Admission::Refused(error), _) => Err(error),
                (Admission::Settled, Some(known)) => Ok(Begun::Settled(Box::new(known))),
                _ => {
                    let claim = |row: &mut Transaction| row.claim_reversal(purpose, now, lease_until);
                    let begun = rows.claim(id, now, lease_until, claim);
                    rows.note(id, now, purpose.name(), None);
                    begun
                }
            }
        })
    }

    fn attempt<'a>(
        &'a self,
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        lease_until: Timestamp,
        signed_until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let mut rows = self.rows();
            rows.held(claim)?.attempt(now, lease_until, signed_until);
            rows.lease(&claim.request_id, now, lease_until);
            rows.note(&claim.request_id, now, "attempt", Some(attempt));
            Ok(())
        })
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        settlement: Settlement,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let mut rows = self.rows();
            let row = rows.held(claim)?;
            row.settle(settlement, now);
            let state = row.state;
            let decided = (!state.is_open()).then(|| row.sale.card.clone());
            rows.leases.remove(&claim.request_id);
            if let Some(card) = decided {
                rows.open_on_card.remove(&card);
            }
            rows.note(&claim.request_id, now, state.name(), None);
            Ok(())
        })
    }

    fn note_told<'a>(
        &'a self,
        id: &'a RequestId,
        fence: u64,
        told: bool,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let mut rows = self.rows();
            if let Some(row) = rows.by_id.get_mut(id).filter(|row| row.is_told_otherwise(fence, told)) {
                row.told = told;
                rows.note(id, now, hearing(told), None);
            }
            Ok(())
        })
    }

    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>> {
        Box::pin(async move { Ok(self.rows().row(id)) })
    }

    fn history<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Vec<HistoryEntry>, Error>> {
        Box::pin(async move { Ok(self.rows().history.get(id).cloned().unwrap_or_default()) })
    }

    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>> {
        Box::pin(async move {
            let kept = self.rows();
            let matching = kept.by_id.values().filter(|row| filter.matches(row));
            let mut rows: Vec<_> = matching.map(|row| kept.read(row)).collect();
            drop(kept);
            rows.sort_by(|a, b| (a.started_at, &a.request_id).cmp(&(b.started_at, &b.request_id)));
            rows.truncate(filter.limit.unwrap_or(usize::MAX));
            Ok(rows)
        })
    }

    fn batch_key<'a>(&'a self, fresh: &'a BatchKey) -> BoxFuture<'a, Result<BatchKey, Error>> {
        Box::pin(async { Ok(self.rows().batch_key.get_or_insert_with(|| fresh.clone()).clone()) })
    }
}

impl fmt::Debug for MemoryJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryJournal").field("transactions", &self.rows().by_id.len()).finish()
    }
}
