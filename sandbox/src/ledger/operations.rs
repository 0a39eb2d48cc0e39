//! The three operations on cards that exist, inside one database transaction each (protocol sections 6.1 to 6.4).

use super::checks::{Action, Input};
use super::store::{self, CardRow, Sale};
use super::views::{CardState, Condition};
use super::{Stop, expiry};
use crate::catalogue;
use crate::wire::{CardInfo, Decimal, Misfit, Success, Value};
use jiff::Timestamp;
use posa_core::{Currency, PartnerId};
use rusqlite::Connection;

/// A positive answer, and whether it changed the ledger.
pub(super) type Done = (Success, bool);

pub(super) fn run(ledger: &Connection, partner: &PartnerId, input: &Input<'_>, now: Timestamp) -> Result<Done, Stop> {
    let (number, checksum) = input.card_number();
    let card = store::card(ledger, number)?.ok_or(Stop::Late(catalogue::CARD_NUMBER_NOT_FOUND))?;
    if checksum.is_some_and(|checksum| checksum != card.checksum) {
        return Err(Stop::Late(catalogue::CARD_NUMBER_CHECKSUM_ERROR));
    }
    let sale = store::sale(ledger, partner.as_str(), input.request_id)?;
    match input.action {
        Action::Activate { amount, currency } => {
            let amount = issued_amount(&card, amount, currency)?;
            activate(ledger, partner, input, &card, sale, amount, now)
        }
        Action::Deactivate => deactivate(ledger, input, &card, sale, now),
        Action::StatusCheck => status_check(input, card, sale),
    }
}

/// The amount in smallest units, if the card's marketplace issues it.
fn issued_amount(card: &CardRow, amount: &Decimal, currency: &str) -> Result<i64, Stop> {
    let currency: Currency = currency.parse().map_err(|_| Stop::Late(catalogue::INVALID_CURRENCY))?;
    if currency != card.marketplace.currency() {
        return Err(Stop::Late(catalogue::CURRENCY_CODE_MISMATCH));
    }
    let amount = amount.minor_units(currency.scale()).map_err(|misfit| match misfit {
        Misfit::Fractional => Stop::Late(catalogue::FRACTIONAL_AMOUNT_NOT_ALLOWED),
        Misfit::TooLarge => Stop::Late(catalogue::MAX_AMOUNT_EXCEEDED),
    })?;
    let (min, max) = card.marketplace.range();
    if amount.unsigned_abs() < min.minor_units() {
        return Err(Stop::Late(catalogue::AMOUNT_BELOW_MIN));
    }
    if amount.unsigned_abs() > max.minor_units() {
        return Err(Stop::Late(catalogue::MAX_AMOUNT_EXCEEDED));
    }
    Ok(amount)
}

fn activate(
    ledger: &Connection,
    partner: &PartnerId,
    input: &Input<'_>,
    card: &CardRow,
    sale: Option<Sale>,
    amount: i64,
    now: Timestamp,
) -> Result<Done, Stop> {
    if let Some(sale) = sale {
        if sale.card != card.number {
            return Err(Stop::Late(catalogue::REQUEST_ID_USED));
        }
        return Ok((answer(input, card, Some(&sale)), false));
    }
    if card.active.is_some() {
        return Err(Stop::Late(catalogue::ALREADY_ACTIVATED));
    }
    if card.condition != Condition::None {
        return Err(Stop::Late(catalogue::ACTIVATION_NOT_ALLOWED));
    }
    if card.denomination.is_some_and(|denomination| denomination != amount) {
        return Err(Stop::Late(catalogue::DENOMINATION_MISMATCH));
    }
    let currency = card.marketplace.currency();
    if store::available(ledger, partner.as_str(), currency)? < amount {
        return Err(Stop::Late(catalogue::INSUFFICIENT_FUNDS));
    }
    let sale = Sale {
        partner: partner.as_str().to_owned(),
        request_id: input.request_id.to_owned(),
        card: card.number.clone(),
        amount,
        currency,
        activated_at: now,
        expires_at: expiry::expiry(card.marketplace, now).map_err(|e| Stop::Internal(e.to_string()))?,
        deactivated_at: None,
    };
    store::activate(ledger, &sale)?;
    Ok((answer(input, card, Some(&sale)), true))
}

fn deactivate(
    ledger: &Connection,
    input: &Input<'_>,
    card: &CardRow,
    sale: Option<Sale>,
    now: Timestamp,
) -> Result<Done, Stop> {
    let sale = sale.ok_or(Stop::Late(catalogue::NON_EXISTING_REQUEST_ID))?;
    if sale.card != card.number {
        return Err(Stop::Late(catalogue::WRONG_REQUEST_ID));
    }
    if sale.deactivated_at.is_some() {
        return Ok((answer(input, card, Some(&sale)), false));
    }
    if card.condition != Condition::None || sale.expires_at.is_some_and(|end| now > end) {
        return Err(Stop::Late(catalogue::DEACTIVATION_NOT_ALLOWED));
    }
    store::deactivate(ledger, &sale, now)?;
    Ok((answer(input, card, Some(&Sale { deactivated_at: Some(now), ..sale })), true))
}

/// The card's own state: an id that never arrived is no error, for that is what the check is asked after a timeout.
fn status_check(input: &Input<'_>, card: CardRow, sale: Option<Sale>) -> Result<Done, Stop> {
    if sale.is_some_and(|sale| sale.card != card.number) {
        return Err(Stop::Late(catalogue::WRONG_REQUEST_ID));
    }
    Ok((answer(input, &card, card.active.as_ref()), false))
}

/// What the sale has come to: a replay tells the state of now, not of then.
fn answer(input: &Input<'_>, card: &CardRow, sale: Option<&Sale>) -> Success {
    let in_force = sale.filter(|sale| sale.deactivated_at.is_none());
    let value = sale.filter(|_| matches!(input.action, Action::Activate { .. })).map(|sale| Value {
        amount: Some(Decimal::from_minor(sale.amount, sale.currency.scale())),
        currency_code: Some(sale.currency.code().to_owned()),
    });
    let card = CardInfo {
        card_number: Some(input.card.to_owned()),
        card_status: Some(CardState::of(card.condition, in_force.is_some()).name()),
        expiration_date: in_force.and_then(|sale| sale.expires_at).map(expiry::unix_date),
        value,
    };
    Success { request_id: input.request_id.to_owned(), card }
}
