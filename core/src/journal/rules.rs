use super::transaction::{State, Transaction};
use crate::error::{Delivery, Error, ErrorKind};
use crate::model::{Activate, CardNumber, RequestId};
use jiff::Timestamp;

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
pub fn admit_activation(
    id: &RequestId,
    sale: &Activate,
    known: Option<&Transaction>,
    on_card: Option<&Transaction>,
    now: Timestamp,
) -> Admission {
    if let Some(known) = known {
        if known.sale.card != sale.card {
            return conflict(id, sale, "another card", "one id is one sale");
        }
        if known.sale.amount != sale.amount {
            return conflict(id, sale, &known.sale.amount.to_string(), "a sale's amount never changes");
        }
        match known.state {
            State::Activated => return Admission::Settled,
            State::Reversing | State::Deactivated | State::Attention => {
                return conflict(id, sale, "a sale that was reversed", "a new sale needs a new id");
            }
            State::Pending | State::Sending | State::Unknown | State::Rejected if known.is_held(now) => {
                return refused(
                    id,
                    &sale.card,
                    format!("request id {id} has an attempt under way; wait for its outcome"),
                );
            }
            State::Pending | State::Sending | State::Unknown | State::Rejected => {}
        }
    }
    if let Some(other) = on_card {
        let message = format!(
            "card {} is {} under request id {}; settle that sale first, with that id",
            sale.card, other.state, other.request_id
        );
        return refused(id, &sale.card, message);
    }
    if known.is_some() { Admission::Resume } else { Admission::New }
}

/// Whether what `id` activated may be deactivated.
pub fn admit_reversal(id: &RequestId, card: &CardNumber, known: Option<&Transaction>, now: Timestamp) -> Admission {
    let Some(known) = known else {
        let message = format!(
            "the journal has no activation with request id {id}; only what it activated can be deactivated, \
             with the original id"
        );
        return refused(id, card, message);
    };
    if known.sale.card != *card {
        let message = format!("request id {id} activated card {}, not {card}", known.sale.card);
        return refused(id, card, message);
    }
    match known.state {
        State::Deactivated => Admission::Settled,
        State::Activated | State::Reversing if known.is_held(now) => {
            refused(id, card, format!("request id {id} has a deactivation under way; wait for its outcome"))
        }
        State::Activated | State::Reversing | State::Attention => Admission::Resume,
        State::Pending | State::Sending if known.is_held(now) => {
            refused(id, card, format!("request id {id} has an activation under way; wait for its outcome"))
        }
        State::Pending | State::Sending | State::Unknown => {
            let message = format!(
                "it is not known whether request id {id} activated the card; activate again with that id first"
            );
            refused(id, card, message)
        }
        State::Rejected => {
            refused(id, card, format!("request id {id} activated nothing, so nothing needs deactivating"))
        }
    }
}

fn conflict(id: &RequestId, sale: &Activate, was: &str, why: &str) -> Admission {
    refused(id, &sale.card, format!("request id {id} belongs to {was}; {why}"))
}

fn refused(id: &RequestId, card: &CardNumber, message: String) -> Admission {
    Admission::Refused(Error::new(ErrorKind::Conflict, Delivery::NotSent, message).with_transaction(id, card, 0))
}
