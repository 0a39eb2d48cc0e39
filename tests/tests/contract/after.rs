use super::scenario::Scenario;
use super::stage::Stage;
use posa_core::journal::Filter;
use posa_sandbox::{Movement, MovementKind};
use std::collections::{BTreeMap, BTreeSet};

impl Stage {
    /// Compares what the sandbox and the journals hold with what the scenario says, and with what is always true.
    pub(crate) async fn check(&self, scenario: &Scenario) {
        let (name, after) = (&scenario.name, &scenario.after);
        for (card, status) in &after.cards {
            let held = self.sandbox.card(&self.cards[card]).unwrap();
            assert_eq!(held.status.name(), status, "{name}: card {card}");
        }
        let movements = self.sandbox.movements().unwrap();
        let count = |kind| movements.iter().filter(|movement| movement.kind == kind).count();
        let (charges, refunds) = (count(MovementKind::Charge), count(MovementKind::Refund));
        assert_eq!((charges, refunds), (after.charges, after.refunds), "{name}: charges and refunds");
        no_card_is_charged_twice(&movements, name);
        for funds in self.sandbox.funds().unwrap() {
            let expected = after.available.get(&funds.currency);
            assert!(expected.is_none_or(|expected| *expected == funds.available), "{name}: {funds:?}");
        }
        self.check_requests(scenario);
        for (client, sales) in &after.journal {
            let held = self.clients[client].transactions(&Filter::default()).await.unwrap();
            let held: BTreeMap<_, _> = held.iter().map(|sale| (sale.request_id.as_str(), sale.state.name())).collect();
            let expected = sales.iter().map(|(label, state)| (self.ids[label].as_str(), state.as_str())).collect();
            assert_eq!(held, expected, "{name}: the journal of {client}");
        }
    }

    fn check_requests(&self, scenario: &Scenario) {
        let (name, after) = (&scenario.name, &scenario.after);
        let log = self.sandbox.requests();
        let mut by_operation = BTreeMap::new();
        for entry in &log {
            *by_operation.entry(entry.operation.clone().unwrap_or_default()).or_insert(0) += 1;
        }
        if let Some(requests) = &after.requests {
            assert_eq!(by_operation, *requests, "{name}: requests");
        }
        let ids: BTreeSet<_> = log.iter().filter_map(|entry| entry.request_id.as_deref()).collect();
        assert!(after.request_ids.is_none_or(|expected| expected == ids.len()), "{name}: request ids {ids:?}");
    }
}

fn no_card_is_charged_twice(movements: &[Movement], name: &str) {
    let mut charged = BTreeMap::new();
    for movement in movements {
        let balance = charged.entry(&movement.card_number).or_insert(0);
        *balance += if movement.kind == MovementKind::Charge { 1 } else { -1 };
        assert!((0..=1).contains(balance), "{name}: {movement:?}");
    }
}
