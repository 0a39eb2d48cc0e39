use super::book::Told;
use super::cashier::told;
use super::defects::Defect;
use super::dice::Dice;
use super::machine::Machine;
use super::program::{PARTNER, Program};
use super::world::World;
use posa_core::journal::{Journal, MemoryJournal, NoJournal};
use posa_core::model::{Amount, CardNumber, Currency, RequestId};
use posa_core::{Activate, PartnerId};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Begins the external reference of a sale that no journal has.
pub(super) const REFERENCE: &str = "bare ";

/// A caller that keeps the record itself: it has no journal, gives each sale's id, and repeats the sale as it was for as
/// long as the outcome is unknown, in one program after another.
pub(super) struct Bare {
    world: Arc<World>,
    machine: Arc<Machine>,
    dice: Dice,
    sales: Vec<Sale>,
}

struct Sale {
    order: Activate,
    card: CardNumber,
    reference: String,
    told: Told,
}

impl Bare {
    /// In some worlds there is one.
    pub(super) fn new(world: &Arc<World>, machine: &Arc<Machine>, dice: Dice) -> Self {
        let count = if dice.per_mille(250) { dice.number(1, 4) } else { 0 };
        let sales = (0..count).map(Sale::new).collect();
        Self { world: Arc::clone(world), machine: Arc::clone(machine), dice, sales }
    }

    /// Sells, and asks again a few times for what stays unknown.
    pub(super) async fn day(mut self) -> Self {
        for number in 0..self.sales.len() {
            for _ in 0..self.dice.number(1, 6) {
                let (low, high) = *self.dice.pick(&[(1, 2_000), (2_000, 60_000), (60_000, 1_500_000)]).unwrap();
                sleep(self.dice.millis(low, high)).await;
                if self.sales[number].told == Told::Unknown {
                    self.ask(number).await;
                }
            }
        }
        self
    }

    async fn ask(&mut self, number: usize) {
        let crashes = !self.world.is_calm() && self.dice.per_mille(300);
        let life = self.machine.start(if crashes { self.dice.number(1, 20).into() } else { -1 }, false).await;
        let (world, machine, dice) = (&self.world, &self.machine, &self.dice);
        let entropy = Arc::new(dice.fork());
        let program = Program { world, machine, life: Arc::clone(&life), till: "bare till", dice, entropy };
        let journal: Arc<dyn Journal> = match world.defect {
            // It knows of no earlier program either, and takes each id for a new one.
            Some(Defect::TakesGivenIdsForNew) => Arc::new(MemoryJournal::new()),
            _ => Arc::new(NoJournal),
        };
        let client = program.client_without_a_disk(journal);
        let sale = &mut self.sales[number];
        tokio::select! {
            biased;
            () = life.died() => world.note("bare till", "crashes"),
            outcome = client.activate(sale.order.clone()) => {
                sale.told = told(outcome.map(|_| ()));
                world.note("bare till", format_args!("is told {:?} of {}", sale.told, sale.reference));
            }
        }
        life.end();
    }

    /// What nobody knows is asked for until the gateway tells; then the ledger is compared with what was told.
    pub(super) async fn judge(mut self) {
        self.world.gateway().add_funds(1_000_000);
        for number in 0..self.sales.len() {
            for _ in 0..3 {
                if self.sales[number].told == Told::Unknown {
                    self.ask(number).await;
                    sleep(Duration::from_secs(60)).await;
                }
            }
        }
        for Sale { reference, told, card, .. } in &self.sales {
            let charges: Vec<_> = {
                let gateway = self.world.gateway();
                gateway.charges().filter(|(_, charge)| charge.reference == *reference).map(|_| ()).collect()
            };
            match (told, charges.len()) {
                (Told::Done, 1) | (Told::Rejected | Told::NotSent, 0) => {}
                _ if self.world.is_explained(card.digits()) => {}
                (told, count) => {
                    self.world.broken("I35", format!("{reference} was told {told:?}, and was charged {count} times"));
                }
            }
        }
    }
}

impl Sale {
    fn new(number: u32) -> Self {
        let card = CardNumber::new(&format!("90000000009{number:05}")).unwrap();
        let id = RequestId::new(&format!("{PARTNER}BARE{number}"), &PartnerId::new(PARTNER).unwrap()).unwrap();
        let reference = format!("{REFERENCE}{number}");
        let order = Activate::new(card.clone(), Amount::new("25.00", Currency::Usd).unwrap()).request_id(id);
        let order = order.external_reference(&reference).unwrap();
        Self { order, card, reference, told: Told::Unknown }
    }
}
