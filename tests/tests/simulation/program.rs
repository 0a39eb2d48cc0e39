use super::defects::{Defect, FaultyJournal, FaultyTransport};
use super::dice::Dice;
use super::life::Life;
use super::machine::Machine;
use super::network::Wire;
use super::seams::{DiskJournal, MachineClock, SeededEntropy, SlowSigner};
use super::world::World;
use posa_core::journal::Journal;
use posa_core::model::Region;
use posa_core::transport::Transport;
use posa_core::{Client, Endpoint, PartnerId};
use std::sync::Arc;

pub(super) const PARTNER: &str = "Awssb";

/// The real client, as the program of `till` that lives `life` makes it at its start.
pub(super) fn client(world: &Arc<World>, machine: &Arc<Machine>, life: &Arc<Life>, till: &str, dice: &Dice) -> Client {
    let journal = DiskJournal { machine: Arc::clone(machine), life: Arc::clone(life) };
    let wire = Wire {
        world: Arc::clone(world),
        machine: Arc::clone(machine),
        life: Arc::clone(life),
        dice: Arc::new(dice.fork()),
        till: till.to_owned(),
    };
    let (journal, transport): (Arc<dyn Journal>, Arc<dyn Transport>) = match world.defect {
        Some(
            defect @ (Defect::RecordsAfterSending
            | Defect::ForgetsTheLease
            | Defect::RecoversTheSettled
            | Defect::DeactivatesEarly),
        ) => (Arc::new(FaultyJournal::new(journal, defect)), Arc::new(wire)),
        Some(defect @ (Defect::NewIdOnRetry | Defect::TimeOutIsRefusal | Defect::BelievesSuccess)) => {
            (Arc::new(journal), Arc::new(FaultyTransport::new(wire, defect)))
        }
        Some(Defect::LosesTheLastCommit) | None => (Arc::new(journal), Arc::new(wire)),
    };
    Client::builder(
        PartnerId::new(PARTNER).unwrap(),
        Endpoint::custom("http://127.0.0.1:1", Region::NorthAmerica).unwrap(),
    )
    .journal(journal)
    .transport(transport)
    .signer(Arc::new(SlowSigner { life: Arc::clone(life), dice: dice.fork(), slow: world.slow_signer() }))
    .clock(Arc::new(MachineClock(Arc::clone(machine))))
    .entropy(Arc::new(SeededEntropy(dice.fork())))
    .build()
    .unwrap()
}
