use super::bare;
use super::book::{Book, Sale, Told};
use super::cashier::reference;
use super::gateway::Charge;
use super::machine::Machine;
use super::network::short;
use super::watch::body_of;
use super::world::World;
use posa_core::journal::{State, Transaction};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Compares, when all is over, the gateway's ledger, the journals and what each cashier was told.
pub(super) async fn judge(world: &World, journals: &[&Arc<Machine>]) {
    let mut rows = BTreeMap::new();
    for machine in journals {
        for row in machine.disk.rows().await {
            rows.insert(row.request_id.as_str().to_owned(), row);
        }
    }
    let charges: BTreeMap<String, Charge> =
        world.gateway().charges().map(|(id, charge)| (id.to_owned(), charge.clone())).collect();
    let fulfilled = world.gateway().fulfilled;
    let mut broken = Vec::new();
    for row in rows.values() {
        let charge = charges.get(row.request_id.as_str());
        if !world.is_explained(row.card().digits()) {
            journal_and_ledger(row, charge, world, fulfilled, &mut broken);
        }
    }
    let unknown = |(id, charge): &(&String, &Charge)| {
        let bare = charge.reference.starts_with(bare::REFERENCE);
        !bare && !rows.contains_key(*id) && !world.is_explained(&charge.card)
    };
    for (id, charge) in charges.iter().filter(unknown) {
        broken.push(("I8", format!("the gateway charged {} for {}; no journal has it", short(id), charge.reference)));
    }
    let book = world.book();
    ids(&book, &mut broken);
    for (number, sale) in book.sales().iter().enumerate() {
        let of_sale: Vec<_> = charges.iter().filter(|(_, charge)| charge.reference == reference(number)).collect();
        match world.is_explained(sale.card.digits()) {
            true => once(number, &of_sale, &mut broken),
            false => cashier_and_ledger(number, sale, &of_sale, &rows, &book, world, &mut broken),
        }
    }
    drop(book);
    broken.into_iter().for_each(|(invariant, what)| world.broken(invariant, what));
}

type Broken = Vec<(&'static str, String)>;

fn journal_and_ledger(row: &Transaction, charge: Option<&Charge>, world: &World, fulfilled: bool, broken: &mut Broken) {
    let tail = short(row.request_id.as_str());
    let in_force = charge.is_some_and(|charge| !charge.refunded);
    if charge.is_some_and(|charge| charge.card != row.card().number() || charge.amount != row.amount().minor_units()) {
        broken.push(("I4", format!("{tail} was charged with another card or amount than the journal has")));
    } else if charge.is_some_and(|charge| charge.body != body_of(row, world.format)) {
        broken.push(("I33", format!("{tail} was charged with other bytes than the journal has")));
    }
    let said =
        |invariant, what: &str| Some((invariant, format!("the journal has {tail} as {}, and {what}", row.state)));
    broken.extend(match row.state {
        State::Sending | State::Unknown | State::Reversing => said("I36", "it stays undecided"),
        State::Activated if !in_force => said("D4", "no charge is in force"),
        State::Rejected if charge.is_some() && row.voided => said("I14", "the gateway charged it"),
        State::Rejected if charge.is_some() => said("I11", "the gateway charged it"),
        State::Deactivated if in_force => said("I18", "its charge is in force"),
        // One that calls every success Fulfilled does not tell whether there was something to take back.
        State::Deactivated if charge.is_none() && !fulfilled => said("D4", "the gateway never saw it"),
        State::Attention if row.note.as_ref().is_none_or(String::is_empty) => said("I21", "no reason is given"),
        _ => None,
    });
}

/// No two sales have one id.
fn ids(book: &Book, broken: &mut Broken) {
    let mut sale_of = BTreeMap::new();
    for (number, sale) in book.sales().iter().enumerate() {
        let other = sale.id.as_ref().and_then(|id| sale_of.insert(id.as_str(), number));
        if let (Some(other), Some(id)) = (other, &sale.id) {
            broken.push(("I3", format!("sales {other} and {number} have one id, {}", short(id.as_str()))));
        }
    }
}

/// Whatever was lost, no card is paid for twice at a time.
fn once(number: usize, of_sale: &[(&String, &Charge)], broken: &mut Broken) {
    if of_sale.iter().filter(|(_, charge)| !charge.refunded).count() > 1 {
        broken.push(("I1", format!("two charges of sale {number} are in force")));
    }
}

fn cashier_and_ledger(
    number: usize,
    sale: &Sale,
    of_sale: &[(&String, &Charge)],
    rows: &BTreeMap<String, Transaction>,
    book: &Book,
    world: &World,
    broken: &mut Broken,
) {
    if of_sale.len() > 1 {
        let ids: Vec<_> = of_sale.iter().map(|(id, _)| short(id)).collect();
        broken.push(("I1", format!("sale {number} was charged under {}", ids.join(" and "))));
    }
    let in_force = of_sale.iter().any(|(_, charge)| !charge.refunded);
    let row = sale.id.as_ref().and_then(|id| rows.get(id.as_str()));
    if sale.is_sold() {
        if !in_force {
            broken.push(("D4", format!("sale {number} was told done, and no charge is in force")));
        }
        if row.is_none_or(|row| row.state != State::Activated) {
            broken.push(("I7", format!("sale {number} was told done, and the journal does not have it so")));
        }
    }
    // An activation may come before a person too.
    let reversed = |row: &Transaction| {
        row.voided || row.state == State::Deactivated || (row.state == State::Attention && row.confirmed)
    };
    let heard = |row: &Transaction| {
        let excused = !world.acknowledges
            && (sale.is_cut_short() || sale.has_any(Told::Unknown) || world.may_be_unlisted(row.request_id.as_str()));
        row.state.is_open() || !row.told || excused || book.has_heard(number, row.state.name())
    };
    if row.is_some_and(|row| !heard(row)) {
        broken.push(("I37", format!("nobody heard what became of sale {number}, and it is not listed")));
    }
    if row.is_some_and(reversed) && !book.may_be_reversed(sale) {
        broken.push(("I32", format!("every reversal of sale {number} was told not sent, and one was made")));
    }
    if sale.is_stuck() && row.is_some_and(|row| row.state != State::Attention) {
        broken.push(("I32", format!("a person was to look at sale {number}, and it went on without one")));
    }
    if sale.is_unsent() && in_force {
        broken.push(("I32", format!("sale {number} was told not sent, and its charge is in force")));
    }
    if sale.is_rejected() && in_force {
        broken.push(("I11", format!("sale {number} was told rejected, and its charge is in force")));
    }
    if sale.is_given_back() && in_force {
        broken.push(("I18", format!("sale {number} was told reversed, and its charge is in force")));
    }
}
