//! Takes back what was activated: every sale by its journal, then every card by what the gateway says of it.

use super::cards::Cards;
use super::play::REFERENCE;
use posa_core::journal::{Filter, State};
use posa_core::{CardNumber, CardStatus, Client, Deactivate, Delivery, Error, ErrorKind, RequestId, StatusCheck};
use serde::Serialize;

/// A page of the journal.
const PAGE: usize = 256;

/// Something that could not be taken back.
#[derive(Serialize)]
pub(super) struct Left {
    pub(super) card: String,
    pub(super) request_id: String,
    pub(super) why: String,
    /// Nobody knows whether the card is active.
    pub(super) unknown: bool,
}

impl Left {
    fn new(card: &CardNumber, id: &RequestId, error: &Error) -> Self {
        let unknown = error.delivery() != Delivery::Answered;
        Self { card: card.to_string(), request_id: id.to_string(), why: error.message().to_owned(), unknown }
    }
}

/// Gives up the sales that the journal has as activated or without an outcome; those that resist are returned.
pub(super) async fn take_back(client: &Client, sold: &[(RequestId, CardNumber)]) -> Vec<Left> {
    let mut left: Vec<Left> = Vec::new();
    for (id, card) in sold.iter().filter(|(id, _)| !id.is_mock()) {
        if left.iter().any(|known| known.request_id == id.as_str()) {
            continue;
        }
        let outcome = match client.transaction(id).await {
            Ok(Some(sale)) if !matches!(sale.state, State::Deactivated | State::Rejected) => {
                client.void(id).await.map(|_| ())
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        left.extend(outcome.err().map(|error| Left::new(card, id, &error)));
    }
    left
}

/// What an earlier run left that did not come to its end: its sales bear this command's mark.
pub(super) async fn leftovers(client: &Client) -> Result<Vec<(RequestId, CardNumber)>, Error> {
    let mut found = Vec::new();
    let mut filter = Filter { limit: Some(PAGE), ..Filter::default() };
    loop {
        let page = client.transactions(&filter).await?;
        let Some(last) = page.last() else { return Ok(found) };
        filter.after = Some((last.started_at, last.request_id.clone()));
        let ours = page.iter().filter(|sale| sale.external_reference() == Some(REFERENCE));
        let active = ours.filter(|sale| !matches!(sale.state, State::Deactivated | State::Rejected));
        found.extend(active.map(|sale| (sale.request_id.clone(), sale.card().clone())));
    }
}

/// Asks for the state of each card that was sold, past the journal, and takes back what is active all the same: a
/// gateway may have done other than it said.
pub(super) async fn sweep(wire: &Client, cards: &Cards, sold: &[(RequestId, CardNumber)]) -> Vec<Left> {
    let mut left = Vec::new();
    for card in cards.all() {
        let mut ids: Vec<_> = sold.iter().filter(|(id, on)| on == card && !id.is_mock()).map(|(id, _)| id).collect();
        ids.sort();
        ids.dedup();
        left.extend(sweep_card(wire, card, &ids).await);
    }
    left
}

async fn sweep_card(wire: &Client, card: &CardNumber, ids: &[&RequestId]) -> Option<Left> {
    let last = ids.last()?;
    match is_active(wire, card, ids).await {
        Ok(true) => {}
        Ok(false) => return None,
        Err(error) => return Some(Left::new(card, last, &error)),
    }
    for id in ids {
        // All but one of them are refused.
        let _ = wire.deactivate(Deactivate::new((*id).clone(), card.clone())).await;
    }
    match is_active(wire, card, ids).await {
        Ok(false) => None,
        Ok(true) => {
            let why = "the card is active, and no request id of this run takes it back".to_owned();
            Some(Left { card: card.to_string(), request_id: last.to_string(), why, unknown: false })
        }
        Err(error) => Some(Left::new(card, last, &error)),
    }
}

/// The answer to the first id that the gateway takes. It knows none of them: then it has activated nothing.
async fn is_active(wire: &Client, card: &CardNumber, ids: &[&RequestId]) -> Result<bool, Error> {
    for id in ids.iter().rev() {
        match wire.status(StatusCheck::new((*id).clone(), card.clone())).await {
            Ok(receipt) => return Ok(receipt.card_status == CardStatus::Activated),
            Err(error) if error.kind() == ErrorKind::Rejected => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
