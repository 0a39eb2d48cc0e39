//! Which line of the register is which sale of the journal.

use super::register::RegisterSale;
use super::report::{Difference, Period, Reason, Report};
use crate::journal::{State, Transaction};
use crate::model::{CardNumber, RequestId};
use std::collections::{HashMap, HashSet};

/// The register's lines, and those of the journal's sales that have a card or an id in common with one.
pub(super) struct Comparison {
    period: Period,
    /// Those of the period first, each in the order of its line.
    lines: Vec<RegisterSale>,
    cards: HashSet<CardNumber>,
    ids: HashSet<RequestId>,
    sales: HashMap<RequestId, Sale>,
    on_card: HashMap<CardNumber, Vec<RequestId>>,
}

struct Sale {
    /// Its difference, if it turns out to be one.
    row: Difference,
    state: State,
    /// Outside the period, so that nobody looked at it yet.
    elsewhere: bool,
    /// A line has it.
    taken: bool,
}

impl Comparison {
    pub(super) fn new(mut lines: Vec<RegisterSale>, period: Period) -> Self {
        lines.sort_by_key(|line| (!inside(line, period), line.line));
        let cards = lines.iter().map(|line| line.card_number.clone()).collect();
        let ids = lines.iter().filter_map(|line| line.request_id.clone()).collect();
        Self { period, lines, cards, ids, sales: HashMap::new(), on_card: HashMap::new() }
    }

    /// Takes a sale of the period in. One that the register cannot have is a difference at once.
    pub(super) fn meet(&mut self, row: &Transaction) -> Option<Difference> {
        if self.ids.contains(&row.request_id) || self.cards.contains(row.card()) {
            self.keep(row, false);
            return None;
        }
        (row.state == State::Activated).then(|| Difference::of(row, Reason::ActivatedNotSold))
    }

    /// Takes a sale of another time in, which a line names by its id.
    pub(super) fn meet_elsewhere(&mut self, row: &Transaction) {
        self.keep(row, true);
    }

    /// The ids that lines name and that no sale of the period has.
    pub(super) fn unmet_ids(&self) -> Vec<RequestId> {
        self.ids.iter().filter(|id| !self.sales.contains_key(id)).cloned().collect()
    }

    fn keep(&mut self, row: &Transaction, elsewhere: bool) {
        // The reason is set when one is found.
        let kept = Difference::of(row, Reason::ActivatedNotSold);
        self.sales.insert(row.request_id.clone(), Sale { row: kept, state: row.state, elsewhere, taken: false });
        self.on_card.entry(row.sale.card.clone()).or_default().push(row.request_id.clone());
    }

    pub(super) fn finish(mut self, report: &mut Report) {
        let lines = std::mem::take(&mut self.lines);
        // What a line names by its id is no other line's by its card.
        let named: Vec<bool> = lines.iter().map(|line| self.take_named(line)).collect();
        let mut earlier = HashSet::new();
        for (line, named) in lines.iter().zip(named) {
            let inside = inside(line, self.period);
            report.counts.register += u64::from(inside);
            report.counts.register_elsewhere += u64::from(!inside);
            let again = !earlier.insert(&line.card_number);
            let id = if named { line.request_id.clone() } else { self.take_by_card(line, inside, again) };
            let sale = id.as_ref().and_then(|id| self.sales.get(id));
            let reason = match sale {
                Some(sale) => sale.differs(line),
                None if !inside => None,
                None if again => Some(Reason::SoldTwice),
                None => Some(Reason::SoldNotActivated),
            };
            report.differences.extend(reason.map(|reason| difference(line, sale, reason)));
        }
        let unsold = self.sales.into_values().filter(|sale| sale.state == State::Activated && !sale.taken);
        report.differences.extend(unsold.filter(|sale| !sale.elsewhere).map(|sale| sale.row));
    }

    /// Whether the line names a sale that no earlier line has.
    fn take_named(&mut self, line: &RegisterSale) -> bool {
        let sale = line.request_id.as_ref().and_then(|id| self.sales.get_mut(id));
        sale.is_some_and(|sale| !std::mem::replace(&mut sale.taken, true))
    }

    /// The sale on the line's card that nobody has yet and that most likely is the line's.
    fn take_by_card(&mut self, line: &RegisterSale, inside: bool, again: bool) -> Option<RequestId> {
        let ids = self.on_card.get(&line.card_number)?;
        let sales = &self.sales;
        let free = ids.iter().filter_map(|id| sales.get(id).map(|sale| (id, sale)));
        let free = free.filter(|(_, sale)| !sale.taken && (inside && !again || sale.state == State::Activated));
        let (id, _) = free.min_by_key(|(_, sale)| (sale.state.likelihood(), std::cmp::Reverse(sale.row.at)))?;
        let id = id.clone();
        self.sales.get_mut(&id)?.taken = true;
        Some(id)
    }
}

fn inside(line: &RegisterSale, period: Period) -> bool {
    line.sold_at.is_none_or(|at| period.contains(at))
}

impl State {
    /// How soon a sale in this state is what a register sold; lowest first.
    fn likelihood(self) -> u8 {
        match self {
            Self::Activated => 0,
            Self::Sending | Self::Unknown | Self::Reversing | Self::Attention => 1,
            Self::Deactivated => 2,
            Self::Rejected => 3,
        }
    }
}

impl Sale {
    fn differs(&self, line: &RegisterSale) -> Option<Reason> {
        if self.row.card != line.card_number {
            return Some(Reason::CardDiffers);
        }
        match self.state {
            State::Activated => (self.row.amount != Some(line.amount)).then_some(Reason::AmountDiffers),
            State::Rejected | State::Deactivated => Some(Reason::SoldNotActivated),
            // In the period, that stands in the report already.
            State::Attention => self.elsewhere.then_some(Reason::NeedsAttention),
            State::Sending | State::Unknown | State::Reversing => self.elsewhere.then_some(Reason::StillOpen),
        }
    }
}

fn difference(line: &RegisterSale, sale: Option<&Sale>, reason: Reason) -> Difference {
    let register = Difference {
        reason,
        request_id: line.request_id.clone(),
        card: line.card_number.clone(),
        amount: None,
        journal: None,
        gateway: None,
        register_line: Some(line.line),
        register_amount: Some(line.amount),
        at: line.sold_at,
        note: None,
    };
    match sale {
        None => register,
        Some(sale) => Difference {
            reason,
            note: (reason == Reason::CardDiffers).then(|| format!("the journal has card {}", sale.row.card)),
            card: register.card,
            register_line: register.register_line,
            register_amount: register.register_amount,
            ..sale.row.clone()
        },
    }
}
