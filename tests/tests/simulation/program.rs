use super::defects::{Defect, FaultyJournal, FaultyTransport};
use super::dice::Dice;
use super::life::Life;
use super::machine::Machine;
use super::network::Wire;
use super::seams::{DiskJournal, MachineClock, SeededEntropy, SlowSigner, Witness};
use super::world::World;
use jiff::SignedDuration;
use posa_core::journal::Journal;
use posa_core::model::Region;
use posa_core::transport::Transport;
use posa_core::{Client, Endpoint, PartnerId};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

pub(super) const PARTNER: &str = "Awssb";

/// What runs at a till: a process with its life, and the randomness that it has.
pub(super) struct Program<'a> {
    pub(super) world: &'a Arc<World>,
    pub(super) machine: &'a Arc<Machine>,
    pub(super) life: Arc<Life>,
    pub(super) till: &'a str,
    pub(super) dice: &'a Dice,
    pub(super) entropy: Arc<Dice>,
}

impl Program<'_> {
    /// The real client, as a program makes it at its start.
    pub(super) fn client(&self) -> Client {
        self.client_over(false)
    }

    /// The one that its parent made, with a journal that is not this process's.
    pub(super) fn parents_client(&self) -> Client {
        self.client_over(true)
    }

    fn client_over(&self, inherited: bool) -> Client {
        let Self { world, machine, life, .. } = self;
        let journal = DiskJournal { machine: Arc::clone(machine), life: Arc::clone(life), inherited };
        let (journal, transport) = spoilt(world.defect, journal, self.wire());
        self.client_of(journal, transport, Some(Arc::clone(machine)))
    }

    /// The one of a caller that has no journal on the disk.
    pub(super) fn client_without_a_disk(&self, journal: Arc<dyn Journal>) -> Client {
        self.client_of(journal, Arc::new(self.wire()), None)
    }

    fn wire(&self) -> Wire {
        Wire {
            world: Arc::clone(self.world),
            machine: Arc::clone(self.machine),
            life: Arc::clone(&self.life),
            dice: Arc::new(self.dice.fork()),
            till: self.till.to_owned(),
        }
    }

    /// `recorded`: the machine whose disk has to have what is told settled.
    fn client_of(
        &self,
        journal: Arc<dyn Journal>,
        transport: Arc<dyn Transport>,
        recorded: Option<Arc<Machine>>,
    ) -> Client {
        let Self { world, machine, life, dice, .. } = self;
        let (slow, deadline) = (world.slow_signer(), world.deadline);
        let (life, key) = (Arc::clone(life), AtomicUsize::new(world.key()));
        let signer = SlowSigner { world: Arc::clone(world), life, dice: dice.fork(), slow, deadline, key };
        let builder = Client::builder(
            PartnerId::new(PARTNER).unwrap(),
            Endpoint::custom("http://127.0.0.1:1", Region::NorthAmerica).unwrap(),
        );
        let builder = if world.acknowledges { builder.acknowledged() } else { builder };
        builder
            .format(world.format)
            .journal(journal)
            .transport(transport)
            .signer(Arc::new(signer))
            .deadline(world.deadline)
            .clock(Arc::new(MachineClock(Arc::clone(machine))))
            .entropy(Arc::new(SeededEntropy(Arc::clone(&self.entropy))))
            .observer(Witness { world: Arc::clone(world), recorded, dice: dice.fork() })
            .deadline(world.deadline)
            .build()
            .unwrap()
    }
}

/// The seams, with what is wrong with them on purpose.
fn spoilt(defect: Option<Defect>, journal: DiskJournal, wire: Wire) -> (Arc<dyn Journal>, Arc<dyn Transport>) {
    let lease = SignedDuration::try_from(wire.world.deadline).unwrap() + SignedDuration::from_secs(6);
    match defect {
        Some(
            defect @ (Defect::RecordsAfterSending
            | Defect::ForgetsTheLease
            | Defect::RecoversTheSettled
            | Defect::DeactivatesEarly
            | Defect::KeepsTheFirstForm
            | Defect::LeasesByTheTillsClock
            | Defect::TellsNobody
            | Defect::SentWhenClaimed),
        ) => (Arc::new(FaultyJournal::new(journal, defect, lease)), Arc::new(wire)),
        Some(
            defect @ (Defect::NewIdOnRetry
            | Defect::TimeOutIsRefusal
            | Defect::BelievesSuccess
            | Defect::HidesRefusals
            | Defect::EveryRefusalSettles
            | Defect::IgnoresWhoIsRefused
            | Defect::BelievesFulfilled
            | Defect::DatesByTheTillsClock),
        ) => (Arc::new(journal), Arc::new(FaultyTransport::new(wire, defect))),
        _ => (Arc::new(journal), Arc::new(wire)),
    }
}
