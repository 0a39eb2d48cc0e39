use super::book::{Sale, Told, Verb};
use super::dice::Dice;
use super::gateway::{MISTYPED, checksum};
use super::machine::Machine;
use super::program::PARTNER;
use super::world::World;
use posa_core::journal::{Filter, State, Transaction};
use posa_core::model::{Amount, CardNumber, Currency, RequestId};
use posa_core::{Activate, CardStatus, Client, Delivery, Error, ErrorKind, PartnerId, Receipt};
use std::sync::Arc;
use tokio::time::{sleep, timeout};

/// Who stands at a till and works with the real client, as the product's documents tell a caller to.
pub(super) struct Cashier<'a> {
    pub(super) world: &'a Arc<World>,
    pub(super) till: usize,
    pub(super) name: &'a str,
    pub(super) journal: usize,
    pub(super) client: &'a Client,
    pub(super) machine: &'a Machine,
    pub(super) dice: &'a Dice,
}

impl Cashier<'_> {
    /// Does what there is to do; after a restart, recovery comes first.
    pub(super) async fn work(&self, chores: &mut u32, restarted: bool) {
        if restarted {
            self.recover().await;
        }
        while *chores > 0 {
            *chores -= 1;
            match self.dice.number(0, 99) {
                0..25 => self.sell().await,
                25..45 => self.again().await,
                45..50 => self.twice().await,
                50..60 => self.void().await,
                60..70 => self.take_back().await,
                70..75 => self.look().await,
                75..79 => self.resolve().await,
                79..80 => self.adopt().await,
                80..84 => self.recover().await,
                84..86 => self.untold().await,
                86..87 => self.customer_buys(),
                87..90 => self.batch().await,
                90..92 => self.world.gateway().add_funds(5_000),
                _ => sleep(self.dice.millis(1, 600_000)).await,
            }
            sleep(self.dice.millis(0, 3_000)).await;
        }
    }

    pub(super) async fn sell(&self) {
        self.serve(self.new_sale()).await;
    }

    /// Sells, and believes what is said: of a sale of which nothing can come the customer hears that it is off, or it is
    /// rung up as another one.
    async fn serve(&self, mut sale: usize) {
        loop {
            self.activate(sale).await;
            let (over, unknown) = {
                let book = self.world.book();
                let sale = book.sale(sale);
                (sale.is_unsent() || sale.is_rejected(), sale.activation() == Some(Told::Unknown))
            };
            if unknown && self.dice.coin() {
                sleep(self.dice.millis(0, 20_000)).await;
                continue;
            }
            if !over || self.dice.coin() {
                return;
            }
            self.world.book().leave(sale);
            if self.dice.coin() {
                return self.world.note(self.name, format_args!("sends the customer of sale {sale} away"));
            }
            let other = self.new_sale();
            self.world.note(self.name, format_args!("rings sale {sale} up again as sale {other}"));
            if self.dice.coin() {
                self.world.book().same_card(other, sale);
            }
            sale = other;
        }
    }

    fn new_sale(&self) -> usize {
        // Some cards lie at every till.
        self.sale_of(self.dice.per_mille(400).then(|| self.dice.number(0, 1) as usize))
    }

    /// A sale of that card, or of one of its own.
    pub(super) fn sale_of(&self, card: Option<usize>) -> usize {
        let mut book = self.world.book();
        let number = book.sales().len();
        let card = card.unwrap_or(100 + number);
        let maker = if self.dice.per_mille(self.world.mistyped) { MISTYPED } else { "9000" };
        let own_id = RequestId::new(&format!("{PARTNER}{}X{number}", self.till), &PartnerId::new(PARTNER).unwrap());
        book.open(Sale {
            journal: self.journal,
            till: self.till,
            card: CardNumber::new(&format!("{maker}{card:012}")).unwrap(),
            amount: Amount::new(self.dice.pick(&["10.00", "25.00", "50.00"]).unwrap(), Currency::Usd).unwrap(),
            id: self.dice.coin().then(|| own_id.unwrap()),
            calls: Vec::new(),
            is_listed: false,
            over: false,
        })
    }

    /// A sale that is not done, once more and with its own id.
    async fn again(&self) {
        if let Some(sale) = self.any(|sale| sale.activation() != Some(Told::Done) && !sale.is_reversed()) {
            self.serve(sale).await;
        }
    }

    /// Takes a sale that was done into the journal, which may have lost it.
    async fn adopt(&self) {
        if let Some(sale) = self.any(|sale| sale.id.is_some() && sale.is_sold()) {
            self.activate(sale).await;
        }
    }

    /// The button is pressed twice.
    async fn twice(&self) {
        let sale = self.new_sale();
        if self.world.book().sale(sale).id.is_some() {
            tokio::join!(self.activate(sale), self.activate(sale));
        }
    }

    async fn activate(&self, number: usize) {
        let sale = self.world.book().sale(number).clone();
        let adopts = sale.has(Verb::Activate, Told::Done);
        let mut order = self.order(&sale).external_reference(&reference(number)).unwrap();
        let id = match sale.id {
            Some(id) => Some(id),
            None if sale.calls.is_empty() => None,
            // The client chose it, and nobody heard which: the journal has it, or nothing was sent.
            None => match self.look_up(number).await {
                Ok(id) => id,
                Err(_) => return,
            },
        };
        let walks_away = id.is_some() && self.dice.per_mille(150);
        if let Some(id) = id {
            order = order.request_id(id);
        }
        let call = self.world.book().call(number, self.till, Verb::Activate);
        self.world.note(self.name, format_args!("sells sale {number}"));
        self.world.is_asked_for(&reference(number), self.machine.now());
        let waiting = async { if adopts { self.client.adopt(order).await } else { self.client.activate(order).await } };
        let outcome = match walks_away {
            true => timeout(self.dice.millis(1, 10_000), waiting).await.ok(),
            false => Some(waiting.await),
        };
        self.world.is_asked_for(&reference(number), self.machine.now());
        let Some(outcome) = outcome else {
            return self.world.note(self.name, format_args!("walks away from sale {number}"));
        };
        let id = match &outcome {
            Ok(receipt) => Some(receipt.request_id.clone()),
            Err(error) => error.request_id().and_then(|id| RequestId::recorded(id).ok()),
        };
        if let Ok(receipt) = &outcome {
            self.check_receipt(number, receipt).await;
        }
        self.hear(number, call, told(outcome.map(|_| ())), id).await;
    }

    /// The sale as it is typed this time: some type the checksum too, some type it wrong, and some name a program.
    pub(super) fn order(&self, sale: &Sale) -> Activate {
        let (mut digits, mut program) = (sale.card.digits().to_owned(), None);
        if self.dice.per_mille(self.world.changes) {
            digits += &match self.dice.number(0, 3) {
                0 => String::new(),
                1 => "000".into(),
                _ => checksum(&digits),
            };
            program = self.dice.pick(&[None, Some("Program1"), Some("Program2")]).copied().flatten();
        }
        let order = Activate::new(CardNumber::new(&digits).unwrap(), sale.amount);
        match program {
            Some(program) => order.program_id(program).unwrap(),
            None => order,
        }
    }

    /// What is told is in the journal already.
    pub(super) async fn check_receipt(&self, sale: usize, receipt: &Receipt) {
        let row = self.client.transaction(&receipt.request_id).await;
        let state = row.ok().flatten().map(|row| row.state);
        // The disk may fail to read, and another till may have begun to reverse it.
        let kept = state.is_none_or(|state| !matches!(state, State::Sending | State::Unknown | State::Rejected));
        if self.world.is_explained(self.world.book().sale(sale).card.digits()) {
            return;
        }
        if !kept || receipt.card_status != CardStatus::Activated {
            self.world.broken("I7", format!("sale {sale} is told done, and the journal has it as {state:?}"));
        }
    }

    async fn look_up(&self, number: usize) -> Result<Option<RequestId>, Error> {
        let rows = self.client.transactions(&Filter::default()).await?;
        let of_sale = |row: &Transaction| row.external_reference() == Some(&reference(number));
        Ok(rows.into_iter().find(of_sale).map(|row| row.request_id))
    }

    pub(super) async fn hear(&self, sale: usize, call: usize, told: Told, id: Option<RequestId>) {
        self.world.note(self.name, format_args!("is told {told:?} of sale {sale}"));
        self.world.book().hear(sale, call, told, id);
        if self.world.acknowledges {
            self.acknowledge(sale).await;
        }
    }

    /// Notes that what the journal has of a sale was heard, if it is what was heard.
    async fn acknowledge(&self, sale: usize) {
        let Some(id) = self.world.book().sale(sale).id.clone() else { return };
        let Ok(Some(row)) = self.client.transaction(&id).await else { return };
        if self.world.book().has_heard(sale, row.state.name()) {
            let _ = self.client.acknowledge(&row).await;
        }
    }

    /// A person is shown whatever nobody heard.
    pub(super) async fn untold(&self) {
        for row in self.client.untold().await.unwrap_or_default() {
            let sale = row.external_reference().and_then(|text| text.strip_prefix("sale ")?.parse().ok());
            let Some(sale) = sale else { continue };
            self.world.note(self.name, format_args!("sees that sale {sale} is {}", row.state));
            self.world.book().show(sale, row.state.name());
            let _ = self.client.acknowledge(&row).await;
        }
    }

    pub(super) fn id(&self, sale: usize) -> RequestId {
        self.world.book().sale(sale).id.clone().unwrap()
    }

    /// A sale of this journal; one whose id nobody heard is its own till's affair.
    pub(super) fn any(&self, suits: impl Fn(&Sale) -> bool) -> Option<usize> {
        let book = self.world.book();
        let known = |sale: &Sale| sale.id.is_some() || (sale.till == self.till && !sale.is_listed);
        let mine = |sale: &Sale| sale.journal == self.journal && known(sale);
        let suitable = book.sales().iter().enumerate().filter(|(_, sale)| mine(sale) && !sale.over && suits(sale));
        let numbers: Vec<_> = suitable.map(|(number, _)| number).collect();
        self.dice.pick(&numbers).copied()
    }
}

pub(super) fn reference(sale: usize) -> String {
    format!("sale {sale}")
}

pub(super) fn told(outcome: Result<(), Error>) -> Told {
    let Err(error) = outcome else { return Told::Done };
    match (error.kind(), error.delivery()) {
        (ErrorKind::OutcomeUnknown, _) | (_, Delivery::Unknown) => Told::Unknown,
        (ErrorKind::NeedsAttention, _) => Told::Attention,
        (_, Delivery::NotSent) => Told::NotSent,
        (_, Delivery::Answered) => Told::Rejected,
    }
}
