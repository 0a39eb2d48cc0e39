use posa_core::model::{Amount, CardNumber, RequestId};

/// What the cashiers know: every sale, what was asked of the client for it, and what it said.
#[derive(Default)]
pub(super) struct Book {
    sales: Vec<Sale>,
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
    Rejected,
    Unknown,
    /// The call was refused, or the journal failed; nothing was said of what became of the sale.
    Refused,
    /// A person has to look.
    Attention,
}

impl Sale {
    pub(super) fn has(&self, verb: Verb, told: Told) -> bool {
        self.calls.iter().any(|call| call.verb == verb && call.told == Some(told))
    }

    /// Somebody asked for a reversal, with whatever result.
    pub(super) fn is_reversed(&self) -> bool {
        self.calls.iter().any(|call| call.verb != Verb::Activate)
    }

    /// The last thing said of the activation was a refusal, and nothing else was under way when it was asked for.
    pub(super) fn is_rejected(&self) -> bool {
        let calls = || self.calls.iter().filter(|call| call.verb == Verb::Activate);
        let Some(last) = calls().max_by_key(|call| call.began) else { return false };
        let alone = calls().all(|call| call.began == last.began || call.ended.is_some_and(|ended| ended < last.began));
        last.told == Some(Told::Rejected) && alone
    }

    /// A reversal was told done, and no activation was under way when it was asked for, or began later.
    pub(super) fn is_given_back(&self) -> bool {
        let done = self.calls.iter().filter(|call| call.verb != Verb::Activate && call.told == Some(Told::Done));
        let Some(began) = done.map(|call| call.began).min() else { return false };
        let activations = || self.calls.iter().filter(|call| call.verb == Verb::Activate);
        activations().all(|call| call.ended.is_some_and(|ended| ended < began))
    }

    /// What was last said of the activation.
    pub(super) fn activation(&self) -> Option<Told> {
        let told = |call: &&Call| call.verb == Verb::Activate && call.told != Some(Told::Refused);
        self.calls.iter().rfind(told).and_then(|call| call.told)
    }
}

impl Book {
    /// A new sale; its number.
    pub(super) fn open(&mut self, sale: Sale) -> usize {
        self.sales.push(sale);
        self.sales.len() - 1
    }

    /// A till asks for something; the number of the call.
    pub(super) fn call(&mut self, sale: usize, till: usize, verb: Verb) -> usize {
        self.moments += 1;
        let calls = &mut self.sales[sale].calls;
        calls.push(Call { till, verb, began: self.moments, ended: None, told: None });
        calls.len() - 1
    }

    pub(super) fn hear(&mut self, sale: usize, call: usize, told: Told, id: Option<RequestId>) {
        self.moments += 1;
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

    pub(super) fn sale(&self, number: usize) -> &Sale {
        &self.sales[number]
    }

    pub(super) fn sales(&self) -> &[Sale] {
        &self.sales
    }
}
