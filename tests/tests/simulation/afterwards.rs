use super::book::{Told, Verb};
use super::cashier::{Cashier, told};
use super::network::short;
use jiff::SignedDuration;
use posa_core::journal::State;
use posa_core::recovery::{Recover, Unfinished};
use posa_core::{Deactivate, StatusCheck};

/// What a cashier does with sales that there are.
impl Cashier<'_> {
    pub(super) async fn void(&self) {
        let Some(sale) = self.any(|sale| sale.id.is_some() && !sale.calls.is_empty()) else { return };
        let id = self.id(sale);
        let call = self.world.book().call(sale, self.till, Verb::Void);
        self.world.note(self.name, format_args!("voids sale {sale}"));
        let outcome = self.client.void(&id).await;
        self.hear(sale, call, told(outcome.map(|_| ())), None).await;
    }

    pub(super) async fn take_back(&self) {
        let Some(sale) = self.any(|sale| sale.has(Verb::Activate, Told::Done)) else { return };
        let (id, card) = (self.id(sale), self.world.book().sale(sale).card.clone());
        let call = self.world.book().call(sale, self.till, Verb::Return);
        self.world.note(self.name, format_args!("takes sale {sale} back"));
        let told = told(self.client.deactivate(Deactivate::new(id, card)).await.map(|_| ()));
        self.hear(sale, call, told, None).await;
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
        self.hear(sale, call, told, None).await;
    }

    pub(super) async fn recover(&self) {
        let age = SignedDuration::try_from(self.dice.millis(0, 3_600_000)).unwrap();
        let unfinished = match self.dice.per_mille(self.world.given_up) {
            true => *self.dice.pick(&[Unfinished::Void, Unfinished::VoidOlderThan(age)]).unwrap(),
            false if self.dice.per_mille(100) => Unfinished::LeaveOlderThan(age),
            false => Unfinished::Complete,
        };
        if matches!(unfinished, Unfinished::Void | Unfinished::VoidOlderThan(_)) {
            self.world.book().give_up(self.journal);
        }
        let what = match unfinished {
            Unfinished::Complete => "recovers",
            Unfinished::Void => "recovers, and voids",
            Unfinished::VoidOlderThan(_) => "recovers, and voids what is old",
            Unfinished::LeaveOlderThan(_) => "recovers, and leaves what is old",
        };
        self.world.note(self.name, what);
        let recovered = self.client.recover(Recover { unfinished, ..Recover::default() }).await.unwrap_or_default();
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
