use super::bare;
use super::life::Life;
use super::machine::Machine;
use super::network::short;
use super::program::PARTNER;
use super::world::World;
use posa_core::PartnerId;
use posa_core::journal::{State, Transaction};
use posa_core::model::Operation;
use posa_core::wire::{Format, Request, encode};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every request that some program is sending, and what was ever sent: looked at as each leaves.
#[derive(Default)]
pub(super) struct Flights {
    sent: u64,
    aloft: BTreeMap<u64, Flight>,
    /// The bytes of each id's first request of each operation.
    bodies: BTreeMap<(String, &'static str), Vec<u8>>,
}

struct Flight {
    journal: usize,
    operation: Operation,
    id: String,
    card: String,
}

/// A request that leaves, as the gateway will read it.
pub(super) struct Departure<'a> {
    pub(super) operation: Operation,
    pub(super) id: &'a str,
    pub(super) card: &'a str,
    pub(super) reference: &'a str,
    pub(super) body: &'a [u8],
}

/// Until it is dropped, its program waits for the answer. A program that crashed waits no more.
pub(super) struct Aloft {
    world: Arc<World>,
    number: u64,
}

impl Drop for Aloft {
    fn drop(&mut self) {
        self.world.flights().aloft.remove(&self.number);
    }
}

/// Called at the instant at which the first byte leaves.
pub(super) async fn leaves(world: &Arc<World>, machine: &Machine, life: &Life, what: &Departure<'_>) -> Aloft {
    debug_assert!(!life.is_dead());
    if what.operation == Operation::Activate {
        world.is_asked_for_still(what.reference, machine.now());
    }
    let explained = world.is_explained(what.card);
    if !explained && !what.reference.starts_with(bare::REFERENCE) {
        against_the_journal(world, machine, what).await;
    }
    let (journal, id, card) = (machine.disk.number, what.id.to_owned(), what.card.to_owned());
    let mut flights = world.flights();
    flights.sent += 1;
    let number = flights.sent;
    let flight = Flight { journal, operation: what.operation, id, card };
    let broken: Vec<_> = flights.aloft.values().filter_map(|other| collides(&flight, other)).collect();
    let first = flights.bodies.entry((what.id.to_owned(), what.operation.path())).or_insert_with(|| what.body.to_vec());
    let changed = first != what.body;
    flights.aloft.insert(number, flight);
    drop(flights);
    for (invariant, text) in broken.into_iter().filter(|_| !explained) {
        world.broken(invariant, text);
    }
    if changed && !explained && what.operation != Operation::StatusCheck {
        world.broken("I5", format!("{} sends {} with other bytes than before", short(what.id), what.operation));
    }
    Aloft { world: Arc::clone(world), number }
}

/// The intent is durable, and whoever sends has the claim.
async fn against_the_journal(world: &World, machine: &Machine, what: &Departure<'_>) {
    let tail = short(what.id);
    let Some(row) = machine.disk.row(what.id).await else {
        // Asking changes nothing, and a sale may be asked for that the journal had no time to record.
        if what.operation == Operation::StatusCheck {
            return;
        }
        let recorded = machine.disk.rows().await;
        let of_sale = recorded.iter().find(|row| row.external_reference() == Some(what.reference));
        return match of_sale {
            Some(row) => {
                let known = short(row.request_id.as_str());
                world.broken("I2", format!("{tail} is sent for the sale that the journal has as {known}"))
            }
            None => world.broken("I6", format!("{tail} is sent and the journal has no such intent")),
        };
    };
    let same_card = match what.operation {
        Operation::StatusCheck => row.card().number() == &what.card[..16],
        _ => row.card().digits() == what.card,
    };
    if !same_card {
        world.broken("I17", format!("{tail} is sent for another card than the journal's"));
    }
    if what.operation == Operation::Activate && body_of(&row, world.format) != what.body {
        world.broken("I33", format!("{tail} is sent with other bytes than the journal has"));
    }
    let wanted = match what.operation {
        Operation::Activate => State::Sending,
        Operation::Deactivate => State::Reversing,
        Operation::StatusCheck => return,
    };
    if row.state != wanted {
        let why = if row.state == State::Reversing { "I19" } else { "I9" };
        world.broken(why, format!("{} of {tail} is sent while the journal has it as {}", what.operation, row.state));
    } else if !row.is_held() {
        world.broken("I9", format!("{} of {tail} is sent and its lease is over", what.operation));
    }
}

/// The activation that the journal has, as it is sent.
pub(super) fn body_of(row: &Transaction, format: Format) -> Vec<u8> {
    encode(Request::Activate(&row.sale, &row.request_id), &PartnerId::new(PARTNER).unwrap(), format)
}

impl Flights {
    /// The gateway refused the sale, so that its next request may have other bytes.
    pub(super) fn begins_anew(&mut self, id: &str) {
        self.bodies.remove(&(id.to_owned(), Operation::Activate.path()));
    }
}

fn collides(flight: &Flight, other: &Flight) -> Option<(&'static str, String)> {
    use Operation::{Activate, Deactivate};
    if flight.journal != other.journal || (flight.id != other.id && flight.card != other.card) {
        return None;
    }
    let (ours, theirs) = (short(&flight.id), short(&other.id));
    let what = format!("{} of {ours} is sent while {} of {theirs} is in flight", flight.operation, other.operation);
    match (flight.operation, other.operation) {
        (Activate, Deactivate) | (Deactivate, Activate) => Some(("I19", what)),
        (Activate, Activate) | (Deactivate, Deactivate) => Some(("I9", what)),
        _ => None,
    }
}
