use super::book::{Told, Verb};
use super::cashier::{Cashier, told};
use super::network::short;
use posa_core::journal::State;
use posa_core::recovery::Recover;
use posa_core::{Deactivate, StatusCheck};

/// What a cashier does with sales that there are.
impl Cashier<'_> {
    pub(super) async fn void(&self) {
        let Some(sale) = self.any(|sale| sale.id.is_some() && !sale.calls.is_empty()) else { return };
        let id = self.id(sale);
        let call = self.world.book().call(sale, self.till, Verb::Void);
        self.world.note(self.name, format_args!("voids sale {sale}"));
        let outcome = self.client.void(&id).await;
        self.hear(sale, call, told(outcome.map(|_| ())), None);
    }

    pub(super) async fn take_back(&self) {
        let Some(sale) = self.any(|sale| sale.has(Verb::Activate, Told::Done)) else { return };
        let (id, card) = (self.id(sale), self.world.book().sale(sale).card.clone());
        let call = self.world.book().call(sale, self.till, Verb::Return);
        self.world.note(self.name, format_args!("takes sale {sale} back"));
        let told = told(self.client.deactivate(Deactivate::new(id, card)).await.map(|_| ()));
        self.hear(sale, call, told, None);
        if matches!(told, Told::NotSent | Told::Rejected) && self.dice.coin() {
            self.world.book().leave(sale);
            self.world.note(self.name, format_args!("lets the customer of sale {sale} keep the card"));
        }
    }

    pub(super) async fn look(&self) {
        let Some(sale) = self.any(|sale| sale.id.is_some() && sale.activation().is_some()) else { return };
        let (id, card) = (self.id(sale), self.world.book().sale(sale).card.clone());
        // What it says is of the card, not of the sale: nobody relies on it.
        let _ = self.client.status(StatusCheck::new(id, card)).await;
    }

    pub(super) async fn resolve(&self) {
        let Some(sale) = self.any(|sale| sale.id.is_some() && !sale.calls.is_empty() && !sale.is_reversed()) else {
            return;
        };
        let id = self.id(sale);
        let call = self.world.book().call(sale, self.till, Verb::Activate);
        self.world.note(self.name, format_args!("resolves sale {sale}"));
        let told = match self.client.resolve(&id).await {
            Ok(row) if row.state == State::Activated => Told::Done,
            Ok(row) if row.state == State::Rejected => Told::Rejected,
            Ok(_) => Told::GivenBack,
            Err(error) => told(Err(error)),
        };
        self.hear(sale, call, told, None);
    }

    pub(super) async fn recover(&self) {
        let void = self.dice.per_mille(self.world.given_up);
        if void {
            self.world.book().give_up(self.journal);
        }
        self.world.note(self.name, if void { "recovers, and voids" } else { "recovers" });
        let recovered = self.client.recover(Recover { void, ..Recover::default() }).await.unwrap_or_default();
        for row in recovered.settled {
            self.world.note(self.name, format_args!("recovered {}: {}", short(row.request_id.as_str()), row.state));
        }
    }

    /// The customer uses the card at home: it cannot be deactivated any more.
    pub(super) fn customer_buys(&self) {
        let Some(sale) = self.any(|sale| sale.has(Verb::Activate, Told::Done)) else { return };
        let card = self.world.book().sale(sale).card.clone();
        if self.world.gateway().claim(card.digits()) {
            self.world.note("customer", format_args!("uses the card of sale {sale}"));
        }
    }
}
