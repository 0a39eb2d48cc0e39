use super::book::{Sale, Told, Verb};
use super::cashier::reference;
use super::gateway::Charge;
use super::machine::Machine;
use super::network::short;
use super::world::World;
use posa_core::journal::{State, Transaction};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Compares, when all is over, the gateway's ledger, the journals and what each cashier was told.
pub(super) async fn judge(world: &World, journals: &[Arc<Machine>]) {
    let mut rows = BTreeMap::new();
    for machine in journals {
        for row in machine.disk.rows().await {
            rows.insert(row.request_id.as_str().to_owned(), row);
        }
    }
    let charges: BTreeMap<String, Charge> =
        world.gateway().charges().map(|(id, charge)| (id.to_owned(), charge.clone())).collect();
    let sales = world.book().sales().to_vec();
    let mut broken = Vec::new();
    rows.values().for_each(|row| journal_and_ledger(row, charges.get(row.request_id.as_str()), &mut broken));
    for (id, charge) in charges.iter().filter(|(id, _)| !rows.contains_key(*id)) {
        broken.push(("I8", format!("the gateway charged {} for {}; no journal has it", short(id), charge.reference)));
    }
    for (number, sale) in sales.iter().enumerate() {
        cashier_and_ledger(number, sale, &charges, &rows, &mut broken);
    }
    broken.into_iter().for_each(|(invariant, what)| world.broken(invariant, what));
}

type Broken = Vec<(&'static str, String)>;

fn journal_and_ledger(row: &Transaction, charge: Option<&Charge>, broken: &mut Broken) {
    let tail = short(row.request_id.as_str());
    let in_force = charge.is_some_and(|charge| !charge.refunded);
    if charge.is_some_and(|charge| charge.card != row.card().digits() || charge.amount != row.amount().minor_units()) {
        broken.push(("I4", format!("{tail} was charged with another card or amount than the journal has")));
    }
    let said =
        |invariant, what: &str| Some((invariant, format!("the journal has {tail} as {}, and {what}", row.state)));
    broken.extend(match row.state {
        State::Sending | State::Unknown | State::Reversing => said("I8", "it stays undecided"),
        State::Activated if !in_force => said("D4", "no charge is in force"),
        State::Rejected if charge.is_some() && row.voided => said("I14", "the gateway charged it"),
        State::Rejected if charge.is_some() => said("I11", "the gateway charged it"),
        State::Deactivated if in_force => said("I18", "its charge is in force"),
        State::Deactivated if charge.is_none() => said("D4", "the gateway never saw it"),
        State::Attention if row.note.as_ref().is_none_or(String::is_empty) => said("I21", "no reason is given"),
        _ => None,
    });
}

fn cashier_and_ledger(
    number: usize,
    sale: &Sale,
    charges: &BTreeMap<String, Charge>,
    rows: &BTreeMap<String, Transaction>,
    broken: &mut Broken,
) {
    let of_sale = || charges.iter().filter(|(_, charge)| charge.reference == reference(number));
    if of_sale().count() > 1 {
        let ids: Vec<_> = of_sale().map(|(id, _)| short(id)).collect();
        broken.push(("I1", format!("sale {number} was charged under {}", ids.join(" and "))));
    }
    let in_force = of_sale().any(|(_, charge)| !charge.refunded);
    let row = sale.id.as_ref().and_then(|id| rows.get(id.as_str()));
    if sale.has(Verb::Activate, Told::Done) && !sale.is_reversed() {
        if !in_force {
            broken.push(("D4", format!("sale {number} was told done, and no charge is in force")));
        }
        if row.is_none_or(|row| row.state != State::Activated) {
            broken.push(("I7", format!("sale {number} was told done, and the journal does not have it so")));
        }
    }
    if sale.is_rejected() && in_force {
        broken.push(("I11", format!("sale {number} was told rejected, and its charge is in force")));
    }
    if sale.is_given_back() && in_force {
        broken.push(("I18", format!("sale {number} was told reversed, and its charge is in force")));
    }
}
