use super::sales::Sales;
use super::silence::{Heard, Silence};
use crate::engine::{Client, Hearers, Inner};
use crate::error::{Delivery, Error, ErrorKind};
use crate::journal::{Asker, Purpose, Transaction};
use crate::model::RequestId;
use jiff::SignedDuration;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::task::{self, JoinSet};
use tokio::time::Instant;

/// What [`Client::recover`] does about sales whose activation has no outcome. Their customers may have left; how long ago
/// they were asked for is told by the gateway's date, where an answer has one that can be trusted, else by this
/// machine's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unfinished {
    /// Complete them.
    #[default]
    Complete,
    /// Give them up, and reverse whatever became of them.
    Void,
    /// Complete those that were asked for in so long a time, and give the older ones up.
    VoidOlderThan(SignedDuration),
    /// Complete those that were asked for in so long a time, and leave the older ones as they are, for a person to
    /// [resolve](Client::resolve) or [void](Client::void).
    LeaveOlderThan(SignedDuration),
}

impl Unfinished {
    /// The choice of a caller who names at most one of three; none of them completes all sales.
    ///
    /// # Errors
    /// Kind [`InvalidInput`](ErrorKind::InvalidInput), field `void_older_than` or `leave_older_than`: a second one is
    /// named.
    pub fn chosen(
        void: bool,
        void_older_than: Option<SignedDuration>,
        leave_older_than: Option<SignedDuration>,
    ) -> Result<Self, Error> {
        let second = |field, first| Err(Error::invalid(field, format!("{field} does not go with {first}; give one")));
        match (void, void_older_than, leave_older_than) {
            (false, None, None) => Ok(Self::Complete),
            (true, None, None) => Ok(Self::Void),
            (false, Some(age), None) => Ok(Self::VoidOlderThan(age)),
            (false, None, Some(age)) => Ok(Self::LeaveOlderThan(age)),
            (true, Some(_), _) => second("void_older_than", "void"),
            (true, None, Some(_)) => second("leave_older_than", "void"),
            (false, Some(_), Some(_)) => second("leave_older_than", "void_older_than"),
        }
    }
}

/// How [`Client::recover`] goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Recover {
    /// What it does about sales whose activation has no outcome.
    pub unfinished: Unfinished,
    /// How many sales at a time; 16 by default. The rate limit holds for all together.
    pub concurrency: NonZeroUsize,
}

impl Default for Recover {
    fn default() -> Self {
        Self { unfinished: Unfinished::default(), concurrency: NonZeroUsize::new(16).unwrap_or(NonZeroUsize::MIN) }
    }
}

/// What [`Client::recover`] did.
#[derive(Debug, Clone, Default)]
pub struct Recovered {
    /// Sales that have their outcome now. Nobody heard it yet: each is [untold](Client::untold) until it is
    /// [acknowledged](Client::acknowledge).
    pub settled: Vec<Transaction>,
    /// Sales that still have none, and what stood in the way: also that they were not tried.
    pub open: Vec<(RequestId, Error)>,
    /// Rows of the journal that cannot be read, and what is wrong with each. Their sales were left alone: a person has
    /// to look.
    pub damaged: Vec<String>,
}

impl Client {
    /// Settles one sale with the id it has: activates again, or goes on with its reversal.
    ///
    /// A sale that has its outcome is returned as it is. One that no caller of this process asked for in the last 32
    /// minutes is looked at first, and the date of the gateway's answer tells its age: if its card is not active and
    /// nothing that was sent can still arrive, it is closed as rejected instead of being activated for a customer who
    /// has left. If the gateway refuses to tell, that is an answer too: it knows no such card or no such request, and the
    /// sale is closed then, or a person has to look.
    ///
    /// # Errors
    /// Kind [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) if it still has no outcome,
    /// [`NeedsAttention`](ErrorKind::NeedsAttention) if its reversal was refused or tried too often, or if what the
    /// gateway says of it makes no sense,
    /// [`Conflict`](ErrorKind::Conflict) if somebody works on it or the journal does not know it.
    pub async fn resolve(&self, id: &RequestId) -> Result<Transaction, Error> {
        let deadline = self.inner.deadline();
        self.settle(id, deadline, |inner, id, hearers| async move {
            inner.resolve(&id, true, deadline, Some(&hearers)).await.0
        })
        .await
    }

    /// Gives up a sale, whatever became of its activation: the intent is durable before the card is deactivated with
    /// the original id, and [`Client::recover`] goes on with it until the gateway confirms.
    ///
    /// # Errors
    /// As for [`Client::resolve`]. `OutcomeUnknown` means that the reversal goes on: an activation that the gateway has
    /// not seen may still arrive, so the sale is closed only 32 minutes after it was last sent, by the gateway's time.
    pub async fn void(&self, id: &RequestId) -> Result<Transaction, Error> {
        let deadline = self.inner.deadline();
        self.settle(id, deadline, |inner, id, hearers| async move {
            let row = inner.sale(&id, deadline).await?;
            inner.reverse(&row, Purpose::Void, Asker::Caller, deadline, Some(&hearers)).await?;
            inner.outcome_of_step(&row).await
        })
        .await
    }

    async fn settle<F, R>(&self, id: &RequestId, deadline: Instant, operation: F) -> Result<Transaction, Error>
    where
        F: FnOnce(Arc<Inner>, RequestId, Arc<Hearers>) -> R,
        R: Future<Output = Result<Transaction, Error>> + Send + 'static,
    {
        let done = async {
            let place = self.alone(id, deadline).await?;
            self.run(place, id, |_| None, |inner, hearers| operation(inner, id.clone(), hearers)).await
        };
        done.await.map_err(|error| error.or_of_sale(id, None))
    }

    /// Settles every sale without an outcome that nobody works on. Call it at start-up, and from time to time. What it
    /// settled is [untold](Self::untold): show it to somebody, for the customers of sales that were completed may have
    /// left.
    ///
    /// It ends by itself where it is of no use: once three sales in a row, and for as long as one operation may take, got
    /// no answer, and once the client is closed, no other is taken up. Those that were not tried are in
    /// [`Recovered::open`] and say so.
    ///
    /// # Errors
    /// Kind [`Journal`](ErrorKind::Journal) if the journal cannot be read. What stands in the way of a single sale is
    /// in [`Recovered::open`].
    pub async fn recover(&self, how: Recover) -> Result<Recovered, Error> {
        self.detached(move |inner| async move { recover(inner, how).await }).await
    }
}

async fn recover(inner: Arc<Inner>, how: Recover) -> Result<Recovered, Error> {
    inner.bind().await?;
    // What cannot be read is in no list, and keeps no other sale from its outcome.
    let mut recovered = Recovered { damaged: inner.journal.check().await?, ..Recovered::default() };
    let (mut sales, mut silence) = (Sales::open(), Silence::new(inner.deadline));
    let (mut running, mut ids, mut failed) = (JoinSet::new(), HashMap::new(), None);
    loop {
        while running.len() < how.concurrency.get() && failed.is_none() {
            match sales.next(&*inner.journal).await {
                Ok(None) => break,
                // What is under way is not torn down.
                Err(error) => failed = Some(error),
                Ok(Some(row)) => match no_use(&inner, &silence) {
                    Some(why) => recovered.open.push((row.request_id.clone(), untried(&row, why))),
                    None => {
                        let (id, inner) = (row.request_id.clone(), Arc::clone(&inner));
                        let task = running.spawn(async move { inner.recover_one(&row, how.unfinished).await });
                        ids.insert(task.id(), id);
                    }
                },
            }
        }
        let Some(ended) = running.join_next_with_id().await else { return failed.map_or(Ok(recovered), Err) };
        let (task, (outcome, heard)) = ended.unwrap_or_else(|stopped| (stopped.id(), interrupted(&stopped)));
        silence.note(heard);
        match (outcome, ids.remove(&task)) {
            (Ok(row), _) => recovered.settled.push(row),
            (Err(error), Some(id)) => recovered.open.push((id.clone(), error.or_of_sale(&id, None))),
            (Err(_), None) => {}
        }
    }
}

/// Why no other sale is taken up.
fn no_use(inner: &Inner, silence: &Silence) -> Option<&'static str> {
    if inner.check_open().is_err() {
        return Some("the client was closed first");
    }
    silence.is_long().then_some("the sales before it got no answer; recover again once the gateway answers")
}

fn untried(row: &Transaction, why: &str) -> Error {
    let message = format!("the sale is {} and was not tried: {why}", row.state);
    let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message);
    error.with_transaction(&row.request_id, &row.sale.card, row.attempts)
}

/// What is known of a sale whose task was stopped: its row stays open for the next recovery.
fn interrupted(stopped: &task::JoinError) -> (Result<Transaction, Error>, Heard) {
    let why = if stopped.is_panic() { "panicked" } else { "was stopped with the runtime" };
    let message = format!("what settles it {why}; the journal tells how far it came");
    (Err(Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)), Heard::Nothing)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_choice_is_taken_and_a_second_is_named() {
        let age = SignedDuration::from_hours(24);
        let day = Some(age);
        let chosen = [(true, None, None), (false, day, None), (false, None, day), (false, None, None)]
            .map(|(void, old, left)| Unfinished::chosen(void, old, left).unwrap());
        let named =
            [Unfinished::Void, Unfinished::VoidOlderThan(age), Unfinished::LeaveOlderThan(age), Unfinished::Complete];
        assert_eq!(chosen, named);
        for (void, old, left, field) in [
            (true, day, None, "void_older_than"),
            (true, None, day, "leave_older_than"),
            (false, day, day, "leave_older_than"),
            (true, day, day, "void_older_than"),
        ] {
            assert_eq!(Unfinished::chosen(void, old, left).unwrap_err().field(), Some(field));
        }
    }
}
