use super::dice::Dice;
use super::disk::Wanted;
use super::life::Life;
use super::machine::Machine;
use super::network::short;
use super::step::Step;
use super::world::World;
use jiff::Timestamp;
use posa_core::engine::{Clock, Entropy, Event, EventKind, Observer};
use posa_core::journal::{Asker, BatchKey, Begun, Claim, Filter, Journal, Purpose, Settlement, State, Transaction};
use posa_core::model::{Activate, CardNumber, Endpoint, Operation, PartnerId, RequestId};
use posa_core::sign::canonical::amz_date;
use posa_core::sign::{SignedHeaders, Signer, Unsigned};
use posa_core::{BoxFuture, Delivery, Error, ErrorKind};
use std::fmt;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// One program's view of its machine's disk.
pub(super) struct DiskJournal {
    pub(super) machine: Arc<Machine>,
    pub(super) life: Arc<Life>,
    /// It was opened before the program was forked: this process may not use it.
    pub(super) inherited: bool,
}

impl DiskJournal {
    /// A journal goes on with a step that it was given, whether or not somebody still waits; it takes steps in order.
    fn write(&self, step: Step) -> BoxFuture<'_, Result<Option<Begun>, Error>> {
        Box::pin(self.life.live(async move {
            self.may_be_used()?;
            self.machine.hold_up(&step).await;
            let (machine, life) = (Arc::clone(&self.machine), Arc::clone(&self.life));
            let taken = tokio::spawn(async move { life.live(machine.disk.write(&life, step)).await });
            taken.await.unwrap_or_else(|panic| {
                self.machine.world.broken("assert", panic.to_string());
                resume_unwind(Box::new("the step panics, which prints nothing"))
            })
        }))
    }

    async fn read(&self, wanted: Wanted<'_>) -> Result<Vec<Transaction>, Error> {
        self.may_be_used()?;
        self.life.live(self.machine.disk.read(&self.life, wanted)).await
    }

    fn may_be_used(&self) -> Result<(), Error> {
        let forked = || {
            let message = "the journal was opened before this process was forked; open it again here";
            Error::new(ErrorKind::Journal, Delivery::NotSent, message)
        };
        if self.inherited { Err(forked()) } else { Ok(()) }
    }

    async fn begin(&self, step: Step) -> Result<Begun, Error> {
        let nothing = || Error::new(ErrorKind::Journal, Delivery::NotSent, "the step began nothing");
        self.write(step).await?.ok_or_else(nothing)
    }
}

impl Journal for DiskJournal {
    fn bind<'a>(&'a self, partner: &'a PartnerId, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { self.write(Step::Bind(partner.clone(), endpoint.clone())).await.map(|_| ()) })
    }

    fn begin_activation<'a>(
        &'a self,
        id: &'a RequestId,
        sale: &'a Activate,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(self.begin(Step::Activation { id: id.clone(), sale: sale.clone(), asker, now, until }))
    }

    fn begin_reversal<'a>(
        &'a self,
        id: &'a RequestId,
        card: &'a CardNumber,
        purpose: Purpose,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(self.begin(Step::Reversal { id: id.clone(), card: card.clone(), purpose, asker, now, until }))
    }

    fn attempt<'a>(
        &'a self,
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        until: Timestamp,
        signed_until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let claim = claim.clone();
        Box::pin(
            async move { self.write(Step::Attempt { claim, attempt, now, until, signed_until }).await.map(|_| ()) },
        )
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        settlement: Settlement,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let claim = claim.clone();
        Box::pin(async move { self.write(Step::Settle { claim, settlement, now }).await.map(|_| ()) })
    }

    fn note_told<'a>(
        &'a self,
        id: &'a RequestId,
        fence: u64,
        told: bool,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let id = id.clone();
        Box::pin(async move { self.write(Step::Hear { id, fence, told, now }).await.map(|_| ()) })
    }

    fn batch_key<'a>(&'a self, fresh: &'a BatchKey) -> BoxFuture<'a, Result<BatchKey, Error>> {
        Box::pin(async {
            self.write(Step::BatchKey(fresh.clone())).await?;
            self.machine.disk.batch_key(fresh).await
        })
    }

    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>> {
        Box::pin(async { Ok(self.read(Wanted::One(id)).await?.pop()) })
    }

    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>> {
        Box::pin(self.read(Wanted::Those(filter)))
    }
}

impl fmt::Debug for DiskJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DiskJournal({})", self.machine)
    }
}

/// The machine's clock.
pub(super) struct MachineClock(pub(super) Arc<Machine>);

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// Chance that the seed decides.
pub(super) struct SeededEntropy(pub(super) Arc<Dice>);

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

/// Signs with the time alone, which is all that this gateway checks; sometimes slowly or not at all, as a signer
/// elsewhere does.
pub(super) struct SlowSigner {
    pub(super) world: Arc<World>,
    pub(super) life: Arc<Life>,
    pub(super) dice: Dice,
    /// How many in a thousand signatures take seconds, up to the deadline and past it, never come, or end in a panic.
    pub(super) slow: u32,
    pub(super) deadline: Duration,
    /// The key that it has.
    pub(super) key: AtomicUsize,
}

impl Signer for SlowSigner {
    fn sign<'a>(&'a self, request: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        Box::pin(self.life.live(async move {
            self.life.point().await;
            if self.dice.per_mille(self.slow) {
                let slowest = u32::try_from(self.deadline.as_millis()).unwrap_or(u32::MAX);
                match self.dice.number(0, 5) {
                    0 => std::future::pending().await,
                    1 => resume_unwind(Box::new("the signer panics, which prints nothing")),
                    _ => sleep(self.dice.millis(500, slowest)).await,
                }
            }
            let authorization = format!("{} {}", request.now.as_second(), self.key.load(Ordering::SeqCst));
            Ok(SignedHeaders { amz_date: amz_date(request.now), authorization })
        }))
    }

    fn renew(&self, _: Instant) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.life.live(async move {
            self.life.point().await;
            if self.dice.per_mille(self.slow) {
                return Err(Error::configuration("credentials", "the file cannot be read"));
            }
            let key = self.world.key();
            Ok(self.key.swap(key, Ordering::SeqCst) != key)
        }))
    }
}

/// Looks whether the journal has what it is told, and panics now and then.
pub(super) struct Witness {
    pub(super) world: Arc<World>,
    pub(super) recorded: Option<Arc<Machine>>,
    pub(super) dice: Dice,
}

impl Observer for Witness {
    fn on_event(&self, event: &Event<'_>) {
        if let (EventKind::Settled { outcome: "done" }, Operation::Activate) = (event.kind, event.operation) {
            self.is_recorded(event.request_id);
        }
        if self.dice.per_mille(self.world.jumpy_observer) {
            resume_unwind(Box::new("the observer panics, which prints nothing"));
        }
    }
}

impl Witness {
    fn is_recorded(&self, id: &RequestId) {
        // It answers at once, since nobody's disk is asked.
        let Some(machine) = &self.recorded else { return };
        let row = pin!(machine.disk.row(id.as_str())).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(row) = row else { return };
        let open = |row: &Transaction| matches!(row.state, State::Sending | State::Unknown | State::Rejected);
        if row.as_ref().is_none_or(open) && row.is_none_or(|row| !self.world.is_explained(row.card().digits())) {
            self.world.broken("I7", format!("{} is told settled before the journal has it", short(id.as_str())));
        }
    }
}
