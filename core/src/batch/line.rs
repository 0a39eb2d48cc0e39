//! The way to the gateway for all rows of a batch: open, or held until one of them gets through again.

use crate::engine::{Client, EventKind};
use crate::error::{Delivery, Error, ErrorKind};
use crate::model::{Activate, Operation, Receipt, RequestId};
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// The pause before the next try, at first and at the most.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// So many unknown outcomes, with no answer between them, are an outage, and not a trouble of those cards.
const OUTAGE: u32 = 5;

/// While it is held one row at a time tries, and the others wait.
pub(super) struct Line {
    patience: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// Unknown outcomes since the last answer.
    unknown: u32,
    stopped: bool,
    tickets: u64,
    /// The tickets of the rows that wait, of which the lowest tries next.
    waiting: BTreeSet<u64>,
}

struct Held {
    since: Instant,
    pause: Duration,
    next: Instant,
    trying: bool,
    because: Error,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Free,
    /// To find out for all whether the line is open again.
    Trying,
}

enum Admitted {
    Now(Pass),
    NotBefore(Instant),
    /// The batch has waited long enough, or was stopped.
    Never(Error),
}

enum News {
    Held,
    Open,
}

impl Line {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, state: Mutex::default(), changed: Notify::new() }
    }

    /// Lets nobody wait any longer.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_waiters();
    }

    /// Makes the attempt once the line is open, and again if it did not get through for no fault of the sale's.
    pub(super) async fn through<F>(
        &self,
        client: &Client,
        id: &RequestId,
        sale: &Activate,
        mut attempt: impl FnMut() -> F,
    ) -> Result<Receipt, Error>
    where
        F: Future<Output = Result<Receipt, Error>>,
    {
        let mut last = None;
        loop {
            let pass = match self.enter().await {
                Ok(pass) => pass,
                Err(because) => return Err(last.unwrap_or_else(|| self.unsent(&because, id, sale))),
            };
            let outcome = attempt().await;
            let (news, again) = self.hear(pass, &outcome);
            let because = outcome.as_ref().err().map_or("", Error::message);
            if let Some(news) = news {
                let kind = match news {
                    News::Held => EventKind::BatchPaused { because },
                    News::Open => EventKind::BatchResumed,
                };
                client.inner.tell(Operation::Activate, id, &sale.card, 0, kind);
            }
            match outcome {
                Err(error) if again => last = Some(error),
                outcome => return outcome,
            }
        }
    }

    async fn enter(&self) -> Result<Pass, Error> {
        let mut ticket = None;
        loop {
            let mut changed = pin!(self.changed.notified());
            // Enabled before the look, so that no change in between is missed.
            changed.as_mut().enable();
            let admitted = self.state().admit(&mut ticket, self.patience, Instant::now());
            match admitted {
                Admitted::Now(pass) => return Ok(pass),
                Admitted::Never(because) => return Err(because),
                Admitted::NotBefore(at) => drop(timeout_at(at, changed).await),
            }
        }
    }

    /// What an outcome says of the line, and whether its row tries again.
    fn hear(&self, pass: Pass, outcome: &Result<Receipt, Error>) -> (Option<News>, bool) {
        let now = Instant::now();
        let mut state = self.state();
        let heard = state.hear(pass, outcome, now);
        let held = state.held.as_ref().is_some_and(|held| now < held.since + self.patience);
        let again = held && !state.stopped && outcome.as_ref().is_err_and(is_in_the_way);
        drop(state);
        self.changed.notify_waiters();
        (heard, again)
    }

    fn unsent(&self, because: &Error, id: &RequestId, sale: &Activate) -> Error {
        let kind = if is_in_the_way(because) { because.kind() } else { ErrorKind::Unreachable };
        let message = format!(
            "not sent: the batch waited, for {} s at the most, and no sale got through ({}); run it again",
            self.patience.as_secs(),
            because.message()
        );
        Error::new(kind, Delivery::NotSent, message).with_transaction(id, &sale.card, 0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admit(&mut self, ticket: &mut Option<u64>, patience: Duration, now: Instant) -> Admitted {
        let Self { held, stopped, tickets, waiting, .. } = self;
        let Some(held) = held else {
            ticket.take().map(|ticket| waiting.remove(&ticket));
            return Admitted::Now(Pass::Free);
        };
        let (end, is_time) = (held.since + patience, !held.trying && now >= held.next);
        if *stopped || now >= end {
            ticket.take().map(|ticket| waiting.remove(&ticket));
            // One now and then finds out whether those that come later may go.
            if *stopped || !is_time {
                return Admitted::Never(held.because.clone());
            }
            held.trying = true;
            return Admitted::Now(Pass::Trying);
        }
        let own = *ticket.get_or_insert_with(|| {
            *tickets += 1;
            waiting.insert(*tickets);
            *tickets
        });
        let is_next = waiting.first() == Some(&own);
        if is_next && is_time {
            waiting.remove(&own);
            held.trying = true;
            return Admitted::Now(Pass::Trying);
        }
        Admitted::NotBefore(if is_next && !held.trying { held.next.min(end) } else { end })
    }

    fn hear(&mut self, pass: Pass, outcome: &Result<Receipt, Error>, now: Instant) -> Option<News> {
        let blocked = match outcome {
            Err(error) if is_in_the_way(error) => Some(error),
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                self.unknown = self.unknown.saturating_add(1);
                (self.held.is_some() || self.unknown >= OUTAGE).then_some(error)
            }
            _ => None,
        };
        let answered = match outcome {
            Ok(receipt) => receipt.attempts > 0,
            Err(error) => blocked.is_none() && error.delivery() == Delivery::Answered,
        };
        if answered {
            self.unknown = 0;
        }
        match (&mut self.held, blocked) {
            (None, Some(error)) => {
                let (since, next) = (now, now + FIRST);
                self.held = Some(Held { since, pause: FIRST, next, trying: false, because: error.clone() });
                return Some(News::Held);
            }
            (Some(held), Some(error)) if pass == Pass::Trying => {
                held.pause = (held.pause * 2).min(LONGEST);
                held.next = now + held.pause;
                held.trying = false;
                held.because = error.clone();
            }
            (Some(_), None) if pass == Pass::Trying && answered => {
                self.held = None;
                return Some(News::Open);
            }
            // It was settled without the gateway, which tells nothing.
            (Some(held), None) if pass == Pass::Trying => held.trying = false,
            _ => {}
        }
        None
    }
}

/// Whether it is no fault of the sale's, and passes.
fn is_in_the_way(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Throttled)
}
