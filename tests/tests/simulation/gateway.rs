use super::dice::Dice;
use jiff::Timestamp;
use posa_core::model::{Amount, Currency, Operation};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How far the time of a signature may be off, in seconds.
const WINDOW: i64 = 15 * 60;

/// The gateway's ledger: exact, and never wrong. What goes wrong goes wrong on the way to it and back.
pub(super) struct Gateway {
    charges: BTreeMap<String, Charge>,
    cards: BTreeMap<String, Card>,
    /// Cents.
    funds: u64,
}

/// An activation that was applied.
#[derive(Debug, Clone)]
pub(super) struct Charge {
    pub(super) card: String,
    /// Cents.
    pub(super) amount: u64,
    /// The external reference: which sale it was for.
    pub(super) reference: String,
    pub(super) refunded: bool,
}

#[derive(Default)]
struct Card {
    /// The id it is active under.
    active: Option<String>,
    claimed: bool,
}

/// A request as the gateway reads it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    #[serde(rename = "activationRequestId", alias = "statusCheckRequestId")]
    pub(super) id: String,
    pub(super) card_number: String,
    value: Option<Money>,
    #[serde(default)]
    pub(super) external_reference: String,
}

#[derive(Deserialize)]
struct Money {
    amount: Box<RawValue>,
}

/// An answer: HTTP status and body.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn refusal(code: &str, error_type: &str) -> Self {
        let status = if code == "F400" { "RESEND" } else { "FAILURE" };
        let body = json!({
            "agcodResponse": { "__type": "Response:http://internal.amazon.com/coral/com.amazonaws.agcod/", "status": status },
            "errorCode": code, "errorType": error_type, "message": error_type,
        });
        Self { status: 400, body: body.to_string() }
    }

    pub(super) fn exception(status: u16, name: &str, message: &str) -> Self {
        let body = json!({ "__type": format!("com.amazon.coral.service#{name}"), "message": message });
        Self { status, body: body.to_string() }
    }
}

impl Gateway {
    pub(super) fn new(dice: &Dice) -> Self {
        let funds = u64::from(*dice.pick(&[10_000_000u32, 10_000_000, 12_000, 5_000]).unwrap());
        Self { charges: BTreeMap::new(), cards: BTreeMap::new(), funds }
    }

    /// One request that arrived, signed for the second `signed`.
    pub(super) fn answer(&mut self, operation: Operation, body: &[u8], signed: i64, now: Timestamp) -> Reply {
        let off = signed - now.as_second();
        if off.abs() > WINDOW {
            let what =
                if off < 0 { "Signature expired: it is too old" } else { "Signature not yet current: it is too new" };
            return Reply::exception(403, "InvalidSignatureException", what);
        }
        let Ok(asked) = serde_json::from_slice::<Asked>(body) else {
            return Reply::exception(400, "SerializationException", "the body cannot be read");
        };
        let done = match operation {
            Operation::Activate => self.activate(&asked),
            Operation::Deactivate => self.deactivate(&asked),
            Operation::StatusCheck => self.check(&asked),
        };
        done.map_or_else(
            |error_type| Reply::refusal(class(error_type), error_type),
            |active| success(operation, &asked, active),
        )
    }

    /// A success that applies nothing, with the state that was not asked for.
    pub(super) fn idle(operation: Operation, body: &[u8]) -> Option<Reply> {
        let asked = serde_json::from_slice::<Asked>(body).ok()?;
        Some(success(operation, &asked, operation != Operation::Activate))
    }

    /// Whether the card is active now.
    fn activate(&mut self, asked: &Asked) -> Result<bool, &'static str> {
        let amount = asked.value.as_ref().and_then(|value| Amount::new(value.amount.get(), Currency::Usd).ok());
        let amount = amount.ok_or("InvalidAmountValue")?.minor_units();
        if let Some(charge) = self.charges.get(&asked.id) {
            return if charge.card == asked.card_number {
                Ok(!charge.refunded)
            } else {
                Err("ActivationRequestIdAlreadyBeenUsed")
            };
        }
        if is_mistyped(&asked.card_number) {
            return Err("CardNumberNotFound");
        }
        let card = self.cards.entry(asked.card_number.clone()).or_default();
        if card.active.is_some() {
            return Err("CardAlreadyActivatedWithDifferentRequestId");
        }
        if card.claimed {
            return Err("ActivationNotAllowed");
        }
        self.funds = self.funds.checked_sub(amount).ok_or("InsufficientFunds")?;
        card.active = Some(asked.id.clone());
        let reference = asked.external_reference.clone();
        let charge = Charge { card: asked.card_number.clone(), amount, reference, refunded: false };
        self.charges.insert(asked.id.clone(), charge);
        Ok(true)
    }

    fn deactivate(&mut self, asked: &Asked) -> Result<bool, &'static str> {
        let charge = self.charges.get_mut(&asked.id).ok_or("NonExistingActivationRequestId")?;
        if charge.card != asked.card_number {
            return Err("WrongActivationRequestId");
        }
        let card = self.cards.entry(asked.card_number.clone()).or_default();
        if !charge.refunded {
            if card.claimed {
                return Err("DeactivationNotAllowed");
            }
            charge.refunded = true;
            card.active = None;
            self.funds += charge.amount;
        }
        Ok(false)
    }

    fn check(&self, asked: &Asked) -> Result<bool, &'static str> {
        if is_mistyped(&asked.card_number) {
            return Err("CardNumberNotFound");
        }
        if self.charges.get(&asked.id).is_some_and(|charge| charge.card != asked.card_number) {
            return Err("WrongActivationRequestId");
        }
        Ok(self.cards.get(&asked.card_number).is_some_and(|card| card.active.is_some()))
    }

    /// The customer uses the card: it cannot be deactivated any more.
    pub(super) fn claim(&mut self, card: &str) -> bool {
        match self.cards.get_mut(card).filter(|card| card.active.is_some()) {
            Some(card) => !std::mem::replace(&mut card.claimed, true),
            None => false,
        }
    }

    pub(super) fn add_funds(&mut self, cents: u64) {
        self.funds += cents;
    }

    pub(super) fn charges(&self) -> impl Iterator<Item = (&str, &Charge)> {
        self.charges.iter().map(|(id, charge)| (id.as_str(), charge))
    }
}

/// What cards that nobody made begin with.
pub(super) const MISTYPED: &str = "9009";

fn is_mistyped(card: &str) -> bool {
    card.starts_with(MISTYPED)
}

fn class(error_type: &str) -> &'static str {
    if error_type == "InsufficientFunds" { "F300" } else { "F200" }
}

fn success(operation: Operation, asked: &Asked, active: bool) -> Reply {
    let id = if operation == Operation::StatusCheck { "statusCheckRequestId" } else { "activationRequestId" };
    let value =
        asked.value.as_ref().map_or(Value::Null, |value| json!({ "amount": value.amount, "currencyCode": "USD" }));
    let status = if active { "Activated" } else { "AwaitingActivation" };
    let card = json!({ "cardNumber": asked.card_number, "cardStatus": status, "expirationDate": null, "value": value });
    Reply { status: 200, body: json!({ id: asked.id, "cardInfo": card, "status": "SUCCESS" }).to_string() }
}
