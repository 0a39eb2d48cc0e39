//! The sandbox from its owner's side: the same verbs in the process and, under `/_sandbox/`, over HTTP.

mod http;

pub(crate) use http::{answer, refuse};

use crate::faults::Fault;
use crate::ledger::{Card, Condition, Funds, Movement, NewCard, Transaction};
use crate::server::{ClockView, Gateway, RequestEntry, Sandbox};
use posa_core::{Delivery, Error, ErrorKind};
use serde::Serialize;
use std::num::NonZeroU32;

/// Everything at once: what `GET /_sandbox/state` answers.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// The inventory.
    pub cards: Vec<Card>,
    /// The prepaid accounts.
    pub funds: Vec<Funds>,
    /// Every activation.
    pub transactions: Vec<Transaction>,
    /// Every charge and refund.
    pub movements: Vec<Movement>,
    /// Faults that wait for a request.
    pub faults: Vec<Fault>,
    /// The time.
    pub clock: ClockView,
    /// Accepted requests per partner and second; `None` for no limit.
    pub throttle: Option<NonZeroU32>,
}

/// Control. Every error says what was wrong; besides the ones named, a state file may fail.
impl Sandbox {
    /// Back to the first moment: the default cards and funds, no faults, an empty log, the machine's time.
    ///
    /// # Errors
    /// The ledger could not be written.
    pub fn reset(&self) -> Result<(), Error> {
        self.change(|gateway| gateway.reset()).map_err(refusal)
    }

    /// Everything at once.
    ///
    /// # Errors
    /// The ledger could not be read.
    pub fn state(&self) -> Result<State, Error> {
        state(&self.gateway).map_err(refusal)
    }

    /// Every card, in the order of the inventory.
    ///
    /// # Errors
    /// The ledger could not be read.
    pub fn cards(&self) -> Result<Vec<Card>, Error> {
        self.gateway.ledger.cards().map_err(refusal)
    }

    /// One card, by its 16 digits, with or without the checksum.
    ///
    /// # Errors
    /// No such card.
    pub fn card(&self, number: &str) -> Result<Card, Error> {
        self.gateway.ledger.card(number).map_err(refusal)
    }

    /// Adds a card at the end of the inventory.
    ///
    /// # Errors
    /// A value that does not fit, or a number that is there already.
    pub fn add_card(&self, card: &NewCard) -> Result<Card, Error> {
        self.change(|gateway| gateway.ledger.add_card(card)).map_err(refusal)
    }

    /// Does to a card what a customer, time or the vendor would.
    ///
    /// # Errors
    /// No such card.
    pub fn set_condition(&self, number: &str, condition: Condition) -> Result<Card, Error> {
        self.change(|gateway| gateway.ledger.set_condition(number, condition)).map_err(refusal)
    }

    /// Every prepaid account.
    ///
    /// # Errors
    /// The ledger could not be read.
    pub fn funds(&self) -> Result<Vec<Funds>, Error> {
        self.gateway.ledger.funds().map_err(refusal)
    }

    /// Sets what a partner can still spend; `available` is a decimal such as `100.00`.
    ///
    /// # Errors
    /// An unknown partner or currency, or no decimal of that currency.
    pub fn set_funds(&self, partner_id: &str, currency: &str, available: &str) -> Result<Funds, Error> {
        self.change(|gateway| gateway.ledger.set_funds(partner_id, currency, available)).map_err(refusal)
    }

    /// Every activation, oldest first.
    ///
    /// # Errors
    /// The ledger could not be read.
    pub fn transactions(&self) -> Result<Vec<Transaction>, Error> {
        self.gateway.ledger.transactions().map_err(refusal)
    }

    /// Every charge and refund, oldest first: a double charge shows as two.
    ///
    /// # Errors
    /// The ledger could not be read.
    pub fn movements(&self) -> Result<Vec<Movement>, Error> {
        self.gateway.ledger.movements().map_err(refusal)
    }

    /// The sandbox's clock.
    pub fn clock(&self) -> ClockView {
        self.gateway.clock.view()
    }

    /// Sets the clock so many seconds ahead of the machine's, or behind it.
    ///
    /// # Errors
    /// Field `offset_seconds`: more than a century.
    pub fn set_clock_offset(&self, seconds: i64) -> Result<(), Error> {
        self.change(|gateway| gateway.clock.set_offset(seconds))
    }

    /// Moves the clock from where it is.
    ///
    /// # Errors
    /// Field `offset_seconds`: more than a century from the machine's clock.
    pub fn advance_clock(&self, seconds: i64) -> Result<(), Error> {
        self.change(|gateway| gateway.clock.advance(seconds))
    }

    /// Stops the clock, or lets it run again; a stopped one can still be moved.
    pub fn freeze_clock(&self, frozen: bool) {
        self.change(|gateway| gateway.clock.freeze(frozen));
    }

    /// Accepted requests per partner and second; `None` for no limit.
    pub fn throttle(&self) -> Option<NonZeroU32> {
        self.gateway.throttle.limit()
    }

    /// Sets the throttle until the sandbox is reset; `None` switches it off.
    pub fn set_throttle(&self, per_second: Option<NonZeroU32>) {
        self.change(|gateway| gateway.throttle.set(per_second));
    }

    /// Puts a fault at the end of the queue.
    ///
    /// # Errors
    /// Field `times`, `error_type` or `card_number`: a value that could never come true.
    pub fn inject(&self, fault: Fault) -> Result<(), Error> {
        self.change(|gateway| gateway.faults.inject(fault))
    }

    /// Faults that wait for a request.
    pub fn faults(&self) -> Vec<Fault> {
        self.gateway.faults.list()
    }

    /// Forgets every fault, and every late request that was not applied yet.
    pub fn clear_faults(&self) {
        self.change(|gateway| gateway.faults.clear());
    }

    /// Applies the late requests in the order in which they were sent; what each came to, such as
    /// `SUCCESS Activated`.
    pub fn release(&self) -> Vec<String> {
        release(&self.gateway)
    }

    /// The last 10,000 requests, or fewer where they take more than 32 MiB, oldest first.
    pub fn requests(&self) -> Vec<RequestEntry> {
        self.gateway.log.list()
    }

    /// Empties the request log.
    pub fn clear_requests(&self) {
        self.change(|gateway| gateway.log.clear());
    }

    /// Changes something, and tells the open dashboards.
    fn change<T>(&self, change: impl FnOnce(&Gateway) -> T) -> T {
        let done = change(&self.gateway);
        self.gateway.changes.note();
        done
    }
}

fn state(gateway: &Gateway) -> Result<State, String> {
    Ok(State {
        cards: gateway.ledger.cards()?,
        funds: gateway.ledger.funds()?,
        transactions: gateway.ledger.transactions()?,
        movements: gateway.ledger.movements()?,
        faults: gateway.faults.list(),
        clock: gateway.clock.view(),
        throttle: gateway.throttle.limit(),
    })
}

fn release(gateway: &Gateway) -> Vec<String> {
    std::iter::from_fn(|| gateway.release(None)).collect()
}

fn refusal(message: String) -> Error {
    Error::new(ErrorKind::InvalidInput, Delivery::NotSent, message)
}
