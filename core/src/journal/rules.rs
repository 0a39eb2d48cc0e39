use super::transaction::{Asker, Purpose, State, Transaction};
use crate::error::{Cause, Delivery, Error, ErrorKind};
use crate::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};

/// Whether an operation may begin, and how.
#[derive(Debug)]
pub enum Admission {
    /// The id is new: insert a row.
    New,
    /// Claim the row that is there.
    Resume,
    /// It is done already.
    Settled,
    /// It must not begin.
    Refused(Error),
}

/// Whether `sale` may begin under `id`.
///
/// `known` is the row of that id and `on_card` an open row of another id on the same card, if there are any.
///
/// One id is one whole sale, for every attempt carries the same bytes. Card and amount never change under an id. The
/// rest may once the gateway refused the sale, which is then recorded anew with what is sent; whatever of the refused
/// bytes is still on its way can only come to the same card and amount under the same id. Where the sale is activated
/// already, nothing is sent, and the receipt tells of the sale that was made.
pub fn admit_activation(
    id: &RequestId,
    sale: &Activate,
    asker: Asker,
    known: Option<&Transaction>,
    on_card: Option<&Transaction>,
) -> Admission {
    if let Some(known) = known {
        if has_its_outcome(known, asker) {
            return Admission::Settled;
        }
        let differs = known.sale.differences(sale).next();
        match differs {
            Some(field @ "card_number") => {
                return changed(id, sale, field, "another card", "another card is another sale, with an id of its own");
            }
            Some(field @ "amount") => {
                let amount = known.sale.amount.to_string();
                return changed(id, sale, field, &amount, "another amount is another sale, with an id of its own");
            }
            _ => {}
        }
        if known.voided {
            return conflict(id, sale, "a sale that was given up", "a new sale needs a new id");
        }
        match known.state {
            State::Activated => return Admission::Settled,
            State::Attention => {
                return conflict(id, sale, "a sale that a person has to look at", "a new sale needs a new id");
            }
            State::Reversing | State::Deactivated => {
                return conflict(id, sale, "a sale that was reversed", "a new sale needs a new id");
            }
            State::Sending | State::Unknown if let Some(field) = differs => {
                let was = format!("a sale with another {field}, which has no outcome yet");
                return changed(id, sale, field, &was, "repeat it as it was, or resolve it first");
            }
            State::Sending | State::Unknown | State::Rejected if known.is_held() => {
                return refused(
                    id,
                    &sale.card,
                    format!("request id {id} has an attempt under way; wait for its outcome"),
                );
            }
            State::Sending | State::Unknown | State::Rejected => {}
        }
    }
    if let Some(other) = on_card {
        return busy(id, &sale.card, other);
    }
    match (known, asker) {
        (Some(_), _) => Admission::Resume,
        (None, Asker::Caller) => Admission::New,
        (None, Asker::Recovery) => {
            refused(id, &sale.card, format!("the journal has no sale with request id {id}, so nothing is open"))
        }
    }
}

/// Whether what `id` activated, or may have activated, may be deactivated; the rows are as for [`admit_activation`].
pub fn admit_reversal(
    id: &RequestId,
    card: &CardNumber,
    purpose: Purpose,
    asker: Asker,
    known: Option<&Transaction>,
    on_card: Option<&Transaction>,
) -> Admission {
    let Some(known) = known else {
        let message = format!(
            "the journal has no activation with request id {id}; only what it activated can be deactivated, \
             with the original id"
        );
        return Admission::Refused(refusal(id, card, message).because(Cause::UnknownId));
    };
    if has_its_outcome(known, asker) {
        return Admission::Settled;
    }
    if known.sale.card != *card {
        let message = format!("request id {id} activated card {}, not {card}", known.sale.card);
        return refused(id, card, message);
    }
    match known.state {
        State::Deactivated => Admission::Settled,
        // What activated nothing needs no reversal; a sale that is given up is over then.
        State::Rejected if purpose == Purpose::Void => Admission::Settled,
        State::Rejected => {
            refused(id, card, format!("request id {id} activated nothing, so nothing needs deactivating"))
        }
        _ if known.is_held() => {
            refused(id, card, format!("request id {id} has an attempt under way; wait for its outcome"))
        }
        State::Sending | State::Unknown if purpose == Purpose::Return => {
            let message = format!(
                "it is not known whether request id {id} activated the card; activate again with that id, or void it"
            );
            refused(id, card, message)
        }
        State::Activated | State::Reversing | State::Attention | State::Sending | State::Unknown => {
            on_card.map_or(Admission::Resume, |other| busy(id, card, other))
        }
    }
}

/// Recovery looked before it asked: whoever held the sale may have settled it in between, and told a caller so.
fn has_its_outcome(known: &Transaction, asker: Asker) -> bool {
    asker == Asker::Recovery && !known.state.is_open()
}

/// How the history names that somebody heard an outcome, or that nobody did.
pub(super) fn hearing(told: bool) -> &'static str {
    if told { "told" } else { "untold" }
}

/// A claim that is not worth anything any more.
pub(super) fn lost(id: &RequestId) -> Error {
    Error::new(ErrorKind::Conflict, Delivery::NotSent, format!("the claim on request id {id} was taken over"))
}

/// A journal that was bound to another partner or endpoint at its first use.
pub(super) fn bound_elsewhere(partner: &str, url: &str, wanted: &PartnerId, at: &Endpoint) -> Error {
    let message = format!(
        "the journal belongs to partner {partner} at {url}, not to {wanted} at {}; open another journal",
        at.url()
    );
    Error::new(ErrorKind::Conflict, Delivery::NotSent, message).because(Cause::OtherJournal)
}

fn busy(id: &RequestId, card: &CardNumber, other: &Transaction) -> Admission {
    let message = format!(
        "card {card} is {} under request id {}; settle that sale first, with that id",
        other.state, other.request_id
    );
    Admission::Refused(refusal(id, card, message).because(Cause::OpenSale(other.request_id.to_string())))
}

fn conflict(id: &RequestId, sale: &Activate, was: &str, why: &str) -> Admission {
    refused(id, &sale.card, format!("request id {id} belongs to {was}; {why}"))
}

/// Another sale than the journal has; `field` is what differs.
fn changed(id: &RequestId, sale: &Activate, field: &'static str, was: &str, why: &str) -> Admission {
    match conflict(id, sale, was, why) {
        Admission::Refused(error) => Admission::Refused(error.with_field(field)),
        other => other,
    }
}

fn refused(id: &RequestId, card: &CardNumber, message: String) -> Admission {
    Admission::Refused(refusal(id, card, message))
}

fn refusal(id: &RequestId, card: &CardNumber, message: String) -> Error {
    Error::new(ErrorKind::Conflict, Delivery::NotSent, message).with_transaction(id, card, 0)
}
