use crate::moment::{Moment, Part};
use fastrand::Rng;
use posa_sandbox::{Fault, FaultKind, Sandbox};
use posa_tests::shop::add_card;
use posa_tests::till::{Account, Orders, Process, Recovery, Said, Sale, Then};

/// Cards that several sales may want.
pub(crate) const SHARED: u32 = 40;
const SALES: usize = 8;

/// One till's place in the shop, where one process follows the other.
pub(crate) struct Place<'a> {
    sandbox: &'a Sandbox,
    journal: &'a str,
    /// Numbers its own cards and sales, apart from those of other places.
    number: u32,
    pub(crate) random: Rng,
    sold: u32,
    /// Sales with an id of the store's own that no cashier heard the end of: the next life presses the button again.
    again: Vec<Sale>,
}

/// What one process said, and in which part of its life it was killed; `None` if it came to its end before.
pub(crate) struct Life {
    pub(crate) said: Vec<Said>,
    pub(crate) killed: Option<Part>,
}

impl<'a> Place<'a> {
    pub(crate) fn new(sandbox: &'a Sandbox, journal: &'a str, number: u32, random: Rng) -> Self {
        Self { sandbox, journal, number, random, sold: 0, again: Vec::new() }
    }

    pub(crate) fn live(&mut self) -> Life {
        let orders = self.orders();
        self.disturb(&orders);
        let mut moment = Moment::choose(&mut self.random);
        let mut till = Process::start(env!("CARGO_BIN_EXE_till"), &orders);
        let mut said = Vec::new();
        while !moment.is_near()
            && let Some(next) = till.hear()
        {
            said.push(next);
            moment.comes_with(&said[said.len() - 1]);
        }
        // The random moment is the subject here; nothing waits for anything.
        std::thread::sleep(moment.after);
        let (rest, killed) = till.kill();
        said.extend(rest);
        self.again = unheard(orders.sales, &said);
        Life { said, killed: killed.then_some(moment.part) }
    }

    fn orders(&mut self) -> Orders {
        let random = &mut self.random;
        let recovery = *random.choice(&[Recovery::Complete, Recovery::GiveUp]).unwrap();
        let at_once = random.usize(1..=4);
        let mut sales = std::mem::take(&mut self.again);
        while sales.len() < SALES {
            sales.push(self.sale());
        }
        let journal = self.journal.to_owned();
        Orders { account: Account::at(self.sandbox), journal, recovery, at_once, in_step: false, sales }
    }

    fn sale(&mut self) -> Sale {
        if self.random.u32(..4) == 0 {
            let card = card(0, self.random.u32(..SHARED));
            return Sale { request_id: None, card, then: Then::Keep };
        }
        self.sold += 1;
        let card = card(self.number, self.sold);
        add_card(self.sandbox, &card);
        let request_id = self.random.bool().then(|| format!("Awssb{}x{}", self.number, self.sold));
        let then = *self.random.choice(&[Then::Keep, Then::Return, Then::Void]).unwrap();
        Sale { request_id, card, then }
    }

    /// Half of the lives meet faults. They fall upon cards that nobody else sells: a request that arrives late could
    /// find a shared one free again.
    fn disturb(&mut self, orders: &Orders) {
        let own: Vec<_> = orders.sales.iter().filter(|sale| sale.card.starts_with(&prefix(self.number))).collect();
        if own.is_empty() || self.random.bool() {
            return;
        }
        for _ in 0..3 {
            let kind = match self.random.u32(..9) {
                0 => FaultKind::DropBeforeCommit,
                1 => FaultKind::DropAfterCommit,
                2 => FaultKind::Truncate,
                3 => FaultKind::Late { delay_ms: Some(self.random.u64(1..150)) },
                4 => FaultKind::Late { delay_ms: None },
                5 => FaultKind::Delay { delay_ms: self.random.u64(1..40) },
                6 => FaultKind::Duplicate,
                7 => FaultKind::Resend,
                _ => FaultKind::Http500,
            };
            let card = &self.random.choice(&own).unwrap().card;
            self.sandbox.inject(Fault::new(kind).times(self.random.u32(1..=4)).card(card)).unwrap();
        }
    }
}

/// Sales with an id of their own that began, or did not, without a last word.
fn unheard(sales: Vec<Sale>, said: &[Said]) -> Vec<Sale> {
    let ended = |id: &str| {
        said.iter().any(|said| match said {
            Said::Done(of) | Said::Rejected(of) | Said::Undone(of) | Said::Unknown(of) => of == id,
            _ => false,
        })
    };
    let begun = |sale: &Sale| said.iter().any(|said| matches!(said, Said::Begin(card) if *card == sale.card));
    sales.into_iter().filter(|sale| begun(sale) && sale.request_id.as_deref().is_some_and(|id| !ended(id))).collect()
}

pub(crate) fn card(place: u32, number: u32) -> String {
    format!("{}{number:07}", prefix(place))
}

fn prefix(place: u32) -> String {
    format!("21{place:07}")
}
