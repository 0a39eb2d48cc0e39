use super::book::Sale;
use super::defects::Defect;
use super::dice::Dice;
use super::machine::Machine;
use super::run::alone;
use super::world::{BEGINNING, World};
use jiff::SignedDuration;
use posa_core::journal::State;
use posa_core::recovery::{Period, Reason, RegisterSale};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often a card is sold, by each of those who know of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Card {
    /// At the registers, by what the cashiers were told.
    sold: u32,
    /// In the journals.
    activated: u32,
    /// At the gateway.
    in_force: u32,
    /// Somebody who is asked has it, in whatever state: a card of which only the gateway knows is in nobody's list.
    known: bool,
}

/// The product's own comparison of the books has to name each card of which register, journal and gateway differ, and
/// none of which they do not.
pub(super) async fn judge(world: &Arc<World>, journals: &[&Arc<Machine>], dice: &Dice) {
    let mut cards: BTreeMap<String, Card> = BTreeMap::new();
    for (_, charge) in world.gateway().charges() {
        cards.entry(charge.card.clone()).or_default().in_force += u32::from(!charge.refunded);
    }
    let (mut named, mut open) = (BTreeSet::new(), BTreeSet::new());
    // A sale is in the books at the time that its machine's clock showed.
    let off = SignedDuration::from_hours(40 * 24);
    let period = Period::new(BEGINNING - off, world.now() + off).unwrap();
    for machine in journals {
        for row in machine.disk.rows().await {
            let card = cards.entry(row.card().number().to_owned()).or_default();
            card.known = true;
            card.activated += u32::from(row.state == State::Activated);
            open.extend(row.state.is_open().then(|| (row.card().number().to_owned(), Reason::StillOpen)));
        }
        let register = register(world.book().sales(), machine.disk.number);
        for line in &register {
            let card = cards.entry(line.card_number.number().to_owned()).or_default();
            card.known = true;
            card.sold += 1;
        }
        let register = if world.defect == Some(Defect::ForgetsTheRegister) { Vec::new() } else { register };
        let client = alone(world, machine, "the books", dice).await;
        let report = client.reconcile(period, Some(register)).await.unwrap();
        for one in report.differences {
            world.note("the books", format_args!("{} {}", one.card, one.reason));
            named.insert((one.card.number().to_owned(), one.reason));
        }
    }
    for (card, _) in open.difference(&named) {
        world.broken("I36", format!("a sale of card {} is open, and reconcile does not name it", end(card)));
    }
    for (card, counts) in cards {
        let Card { sold, activated, in_force, known } = counts;
        let reasons: Vec<_> = named.iter().filter(|(named, _)| *named == card).map(|(_, reason)| *reason).collect();
        let differs = sold != activated || activated != in_force;
        let end = end(&card);
        if differs && known && reasons.is_empty() {
            world.broken("I31", format!("card {end} is {counts:?}, and reconcile does not name it"));
        }
        // A card at several tills may be active by another journal, and one of which something was lost by another id.
        let alone = card.as_str() >= "9000000000000100" && !world.is_explained(&card);
        if !differs && alone && !reasons.is_empty() && !reasons.contains(&Reason::NeedsAttention) {
            world.broken("I31", format!("card {end} is {counts:?}, and reconcile says {reasons:?}"));
        }
    }
}

fn end(card: &str) -> &str {
    &card[card.len() - 4..]
}

/// What the cashiers of a journal sold, as far as they were told.
fn register(sales: &[Sale], journal: usize) -> Vec<RegisterSale> {
    let sold = sales.iter().filter(|sale| sale.journal == journal && sale.is_sold());
    let line = |(number, sale): (usize, &Sale)| RegisterSale {
        line: number as u64 + 1,
        card_number: sale.card.clone(),
        amount: sale.amount,
        request_id: sale.id.clone(),
        sold_at: None,
    };
    sold.enumerate().map(line).collect()
}
