use super::dice::Dice;
use super::format::as_json;
use super::refusals::{Refusal, lasting};
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
    /// It calls a success Fulfilled, as the vendor's tables do, and not by the card's state.
    pub(super) fulfilled: bool,
    /// What some cards are refused with whenever they are to be activated, or deactivated.
    lasting: BTreeMap<&'static str, Refusal>,
}

/// An activation that was applied.
#[derive(Debug, Clone)]
pub(super) struct Charge {
    /// The 16 digits.
    pub(super) card: String,
    /// Cents.
    pub(super) amount: u64,
    /// The external reference: which sale it was for.
    pub(super) reference: String,
    /// The bytes that were applied.
    pub(super) body: Vec<u8>,
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

impl Asked {
    /// What is asked for in a body of either format.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(&as_json(body)).ok()
    }

    /// The 16 digits.
    pub(super) fn number(&self) -> &str {
        self.card_number.get(..16).unwrap_or(&self.card_number)
    }
}

/// The one that is right for the 16 digits of a card.
pub(super) fn checksum(number: &str) -> String {
    let sum: u32 = number.bytes().zip(1..).map(|(digit, place)| u32::from(digit - b'0') * place).sum();
    format!("{:03}", sum * 37 % 1000)
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
        Self::refusal_of(None, code, error_type)
    }

    /// The refusal of a request that it names.
    pub(super) fn refusal_of(id: impl Into<Option<&'static str>>, code: &str, error_type: &str) -> Self {
        let status = if code == "F400" { "RESEND" } else { "FAILURE" };
        let shape = "Response:http://internal.amazon.com/coral/com.amazonaws.agcod/";
        let body = json!({
            "agcodResponse": { "__type": shape, "activationRequestId": id.into(), "status": status },
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
        let operations = [Operation::Activate, Operation::Deactivate];
        let some = operations.into_iter().filter(|_| dice.per_mille(300));
        let lasting = some.map(|operation| (operation.name(), lasting(operation, dice))).collect();
        let fulfilled = dice.per_mille(150);
        Self { charges: BTreeMap::new(), cards: BTreeMap::new(), funds, fulfilled, lasting }
    }

    /// One request that arrived, signed for the second `signed`.
    pub(super) fn answer(&mut self, operation: Operation, body: &[u8], signed: i64, now: Timestamp) -> Reply {
        let off = signed - now.as_second();
        if off.abs() > WINDOW {
            let what =
                if off < 0 { "Signature expired: it is too old" } else { "Signature not yet current: it is too new" };
            return Reply::exception(403, "InvalidSignatureException", what);
        }
        let Some(asked) = Asked::read(body) else {
            return Reply::exception(400, "SerializationException", "the body cannot be read");
        };
        // A status check passes over it: it is asked for the card.
        let given = asked.card_number.get(16..).filter(|given| !given.is_empty());
        if operation != Operation::StatusCheck && given.is_some_and(|given| given != checksum(asked.number())) {
            return Reply::refusal("F200", "CardNumberCheckSumError");
        }
        if let Some((code, error_type)) = self.lasting.get(operation.name()).filter(|_| asked.number().ends_with('5')) {
            return Reply::refusal(code, error_type);
        }
        let done = match operation {
            Operation::Activate => self.activate(&asked, body),
            Operation::Deactivate => self.deactivate(&asked),
            Operation::StatusCheck => self.check(&asked),
        };
        done.map_or_else(
            |error_type| Reply::refusal(class(error_type), error_type),
            |active| self.success(operation, &asked, active),
        )
    }

    /// How often it changed something.
    pub(super) fn moved(&self) -> usize {
        self.charges.values().map(|charge| 1 + usize::from(charge.refunded)).sum()
    }

    /// Whether it ever activated something under this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.charges.contains_key(id)
    }

    /// A success that applies nothing, with the state that was not asked for.
    pub(super) fn idle(&self, operation: Operation, body: &[u8]) -> Option<Reply> {
        let asked = Asked::read(body)?;
        Some(self.success(operation, &asked, operation != Operation::Activate))
    }

    /// Whether the card is active now.
    fn activate(&mut self, asked: &Asked, body: &[u8]) -> Result<bool, &'static str> {
        let amount = asked.value.as_ref().and_then(|value| Amount::new(value.amount.get(), Currency::Usd).ok());
        let amount = amount.ok_or("InvalidAmountValue")?.minor_units();
        if let Some(charge) = self.charges.get(&asked.id) {
            return if charge.card == asked.number() {
                Ok(!charge.refunded)
            } else {
                Err("ActivationRequestIdAlreadyBeenUsed")
            };
        }
        if is_mistyped(&asked.card_number) {
            return Err("CardNumberNotFound");
        }
        let card = self.cards.entry(asked.number().to_owned()).or_default();
        if card.active.is_some() {
            return Err("CardAlreadyActivatedWithDifferentRequestId");
        }
        if card.claimed {
            return Err("ActivationNotAllowed");
        }
        self.funds = self.funds.checked_sub(amount).ok_or("InsufficientFunds")?;
        card.active = Some(asked.id.clone());
        let reference = asked.external_reference.clone();
        let charge =
            Charge { card: asked.number().to_owned(), amount, reference, body: body.to_vec(), refunded: false };
        self.charges.insert(asked.id.clone(), charge);
        Ok(true)
    }

    fn deactivate(&mut self, asked: &Asked) -> Result<bool, &'static str> {
        let charge = self.charges.get_mut(&asked.id).ok_or("NonExistingActivationRequestId")?;
        if charge.card != asked.number() {
            return Err("WrongActivationRequestId");
        }
        let card = self.cards.entry(asked.number().to_owned()).or_default();
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
        if self.charges.get(&asked.id).is_some_and(|charge| charge.card != asked.number()) {
            return Err("WrongActivationRequestId");
        }
        Ok(self.cards.get(asked.number()).is_some_and(|card| card.active.is_some()))
    }

    fn success(&self, operation: Operation, asked: &Asked, active: bool) -> Reply {
        let id = if operation == Operation::StatusCheck { "statusCheckRequestId" } else { "activationRequestId" };
        let value =
            asked.value.as_ref().map_or(Value::Null, |value| json!({ "amount": value.amount, "currencyCode": "USD" }));
        let status = match (self.fulfilled, active, operation) {
            (true, true, _) | (true, _, Operation::Deactivate) => "Fulfilled",
            (_, true, _) => "Activated",
            _ => "AwaitingActivation",
        };
        let card =
            json!({ "cardNumber": asked.card_number, "cardStatus": status, "expirationDate": null, "value": value });
        Reply { status: 200, body: json!({ id: asked.id, "cardInfo": card, "status": "SUCCESS" }).to_string() }
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
