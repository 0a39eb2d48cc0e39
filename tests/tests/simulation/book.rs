use posa_core::model::{Amount, CardNumber, RequestId};
use std::collections::BTreeSet;

/// What the cashiers know: every sale, what was asked of the client for it, and what it said.
#[derive(Default)]
pub(super) struct Book {
    sales: Vec<Sale>,
    /// The journals whose open sales somebody gave up, all together.
    given_up: BTreeSet<usize>,
    /// What somebody heard of each sale: the state that it was in then.
    heard: BTreeSet<(usize, &'static str)>,
    /// The lists of sales that are run as one, each with its journal.
    lists: Vec<(usize, Vec<usize>)>,
    /// Counts what happened, to tell before from after.
    moments: u64,
}

/// One business intent. Its number is its external reference too.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    /// The journal it is in.
    pub(super) journal: usize,
    /// The till that began it.
    pub(super) till: usize,
    pub(super) card: CardNumber,
    pub(super) amount: Amount,
    /// The cashier's own id, or the one the client chose, once the cashier heard of it.
    pub(super) id: Option<RequestId>,
    pub(super) calls: Vec<Call>,
    /// It is of a list, which alone knows its id until somebody has heard it.
    pub(super) is_listed: bool,
    /// The customer has gone, believing what was told: nobody asks for anything again.
    pub(super) over: bool,
}

/// Something the client was asked to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) till: usize,
    pub(super) verb: Verb,
    pub(super) began: u64,
    /// When the cashier heard of it, or the program that worked on it was gone.
    pub(super) ended: Option<u64>,
    pub(super) told: Option<Told>,
    /// Its client was closed, which waits for whatever comes of it.
    pub(super) closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Activate,
    Return,
    Void,
}

/// What the cashier heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Done,
    /// The gateway refused it.
    Rejected,
    Unknown,
    /// Nothing left, and nothing later will send it; of other calls nothing was said.
    NotSent,
    /// Asked to settle the sale, the client finds it given back.
    GivenBack,
    /// A person has to look.
    Attention,
}

impl Verb {
    /// The states that whoever is told this knows the sale to be in, or one of them.
    fn leaves(self, told: Told) -> &'static [&'static str] {
        match (self, told) {
            (_, Told::Unknown) => &[],
            (_, Told::GivenBack) => &["deactivated"],
            (_, Told::Attention) => &["attention"],
            (Self::Activate, Told::Done) => &["activated"],
            (Self::Activate, Told::Rejected | Told::NotSent) => &["rejected"],
            (Self::Return, Told::Done) => &["deactivated"],
            (Self::Return, Told::Rejected | Told::NotSent) => &["activated", "attention"],
            // What activated nothing is given up by that.
            (Self::Void, Told::Done) => &["deactivated", "rejected"],
            (Self::Void, Told::Rejected | Told::NotSent) => &[],
        }
    }
}

impl Sale {
    /// Some program may have crashed while it worked on it.
    pub(super) fn is_cut_short(&self) -> bool {
        self.calls.iter().any(|call| call.told.is_none() && !call.closed)
    }

    pub(super) fn has(&self, verb: Verb, told: Told) -> bool {
        self.calls.iter().any(|call| call.verb == verb && call.told == Some(told))
    }

    pub(super) fn has_any(&self, told: Told) -> bool {
        self.calls.iter().any(|call| call.told == Some(told))
    }

    /// Those calls for an activation of which something may come, or has come.
    fn activations(&self) -> impl Iterator<Item = &Call> {
        let nothing = [Some(Told::NotSent), Some(Told::GivenBack)];
        self.calls.iter().filter(move |call| call.verb == Verb::Activate && !nothing.contains(&call.told))
    }

    /// Those calls for a reversal of which something may come, or has come. A return that the gateway refused is over.
    fn reversals(&self) -> impl Iterator<Item = &Call> {
        let over = |call: &&Call| call.verb == Verb::Return && call.told == Some(Told::Rejected);
        let reversals = self.calls.iter().filter(|call| call.verb != Verb::Activate);
        reversals.filter(move |call| call.told != Some(Told::NotSent) && !over(call))
    }

    /// Somebody asked for a reversal, and it may have been made.
    pub(super) fn is_reversed(&self) -> bool {
        self.reversals().next().is_some()
    }

    /// It was told done, and nobody was told anything else of a reversal than that there is none.
    pub(super) fn is_sold(&self) -> bool {
        self.has(Verb::Activate, Told::Done) && !self.is_reversed()
    }

    /// Somebody asked for it, and everybody who did was told that nothing left.
    pub(super) fn is_unsent(&self) -> bool {
        self.activations().next().is_none() && self.has(Verb::Activate, Told::NotSent)
    }

    /// The last thing said of the activation was a refusal, and nothing else was under way when it was asked for.
    pub(super) fn is_rejected(&self) -> bool {
        let Some(last) = self.activations().max_by_key(|call| call.began) else { return false };
        let before = |call: &Call| call.ended.is_some_and(|ended| ended < last.began);
        last.told == Some(Told::Rejected) && self.activations().all(|call| call.began == last.began || before(call))
    }

    /// A person has to look at it, that is the last thing said of a reversal, and nothing else was under way then.
    pub(super) fn is_stuck(&self) -> bool {
        let Some(last) = self.reversals().max_by_key(|call| call.began) else { return false };
        let before = |call: &Call| call.ended.is_some_and(|ended| ended < last.began);
        last.told == Some(Told::Attention)
            && self
                .calls
                .iter()
                .all(|call| call.began == last.began || before(call) || call.told == Some(Told::NotSent))
    }

    /// A reversal was told done, and no activation was under way when it was asked for, or began later.
    pub(super) fn is_given_back(&self) -> bool {
        let done = self.calls.iter().filter(|call| call.verb != Verb::Activate && call.told == Some(Told::Done));
        let Some(began) = done.map(|call| call.began).min() else { return false };
        self.activations().all(|call| call.ended.is_some_and(|ended| ended < began))
    }

    /// What was last said of the activation.
    pub(super) fn activation(&self) -> Option<Told> {
        self.activations().last().and_then(|call| call.told)
    }
}

impl Book {
    /// A new sale; its number.
    pub(super) fn open(&mut self, sale: Sale) -> usize {
        self.sales.push(sale);
        self.sales.len() - 1
    }

    /// Sales that are run as one list; its number.
    pub(super) fn open_list(&mut self, journal: usize, sales: Vec<usize>) -> usize {
        sales.iter().for_each(|sale| self.sales[*sale].is_listed = true);
        self.lists.push((journal, sales));
        self.lists.len() - 1
    }

    pub(super) fn list(&self, number: usize) -> &[usize] {
        &self.lists[number].1
    }

    /// The lists of a journal with sales that are not done.
    pub(super) fn open_lists(&self, journal: usize) -> impl Iterator<Item = usize> {
        let pending = |sales: &[usize]| sales.iter().any(|sale| self.sales[*sale].is_pending());
        let open = self.lists.iter().enumerate().filter(move |(_, (at, sales))| *at == journal && pending(sales));
        open.map(|(number, _)| number)
    }

    /// A till asks for something; the number of the call.
    pub(super) fn call(&mut self, sale: usize, till: usize, verb: Verb) -> usize {
        self.moments += 1;
        let calls = &mut self.sales[sale].calls;
        calls.push(Call { till, verb, began: self.moments, ended: None, told: None, closed: false });
        calls.len() - 1
    }

    pub(super) fn hear(&mut self, sale: usize, call: usize, told: Told, id: Option<RequestId>) {
        self.moments += 1;
        let states = self.sales[sale].calls[call].verb.leaves(told);
        self.heard.extend(states.iter().map(|state| (sale, *state)));
        let sale = &mut self.sales[sale];
        sale.calls[call].told = Some(told);
        sale.calls[call].ended = Some(self.moments);
        sale.id = sale.id.take().or(id);
    }

    /// The program of a till is gone, and with it everything it worked on.
    pub(super) fn crashed(&mut self, till: usize) {
        self.moments += 1;
        let calls = self.sales.iter_mut().flat_map(|sale| &mut sale.calls);
        calls.filter(|call| call.till == till && call.ended.is_none()).for_each(|call| call.ended = Some(self.moments));
    }

    /// The client of a till is closed.
    pub(super) fn closed(&mut self, till: usize) {
        let calls = self.sales.iter_mut().flat_map(|sale| &mut sale.calls);
        calls.filter(|call| call.till == till && call.ended.is_none()).for_each(|call| call.closed = true);
    }

    /// The card of one sale is on the counter for another one, before anybody asked for it.
    pub(super) fn same_card(&mut self, sale: usize, other: usize) {
        self.sales[sale].card = self.sales[other].card.clone();
    }

    /// A person is shown what became of a sale that nobody had been told of.
    pub(super) fn show(&mut self, sale: usize, state: &'static str) {
        self.heard.insert((sale, state));
    }

    pub(super) fn has_heard(&self, sale: usize, state: &'static str) -> bool {
        self.heard.contains(&(sale, state))
    }

    /// Nobody asks for this sale again.
    pub(super) fn leave(&mut self, sale: usize) {
        self.sales[sale].over = true;
    }

    /// Somebody gives up whatever is open in a journal.
    pub(super) fn give_up(&mut self, journal: usize) {
        self.given_up.insert(journal);
    }

    /// A reversal of the sale that the journal has was asked for, as far as anybody was told.
    pub(super) fn may_be_reversed(&self, sale: &Sale) -> bool {
        let asked = |call: &Call| call.verb != Verb::Activate && call.told != Some(Told::NotSent);
        sale.calls.iter().any(asked) || self.given_up.contains(&sale.journal)
    }

    pub(super) fn sale(&self, number: usize) -> &Sale {
        &self.sales[number]
    }

    pub(super) fn sales(&self) -> &[Sale] {
        &self.sales
    }
}
