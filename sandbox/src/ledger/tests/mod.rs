#![allow(clippy::unwrap_used)]

mod answers;
mod books;
mod operations;

use super::*;
use serde_json::{Value, json};

const CARD: &str = "1400000005567585";
const NOW: &str = "2026-01-02T03:04:05Z";

fn partner(id: &str) -> PartnerId {
    PartnerId::new(id).unwrap()
}

fn options() -> LedgerOptions {
    LedgerOptions { partners: vec![partner("Awssb"), partner("Other")], ..LedgerOptions::default() }
}

/// A till that speaks JSON as the partner `Awssb`.
struct Till {
    ledger: Ledger,
    now: Timestamp,
}

impl Till {
    fn new() -> Self {
        Self::with(&options())
    }

    fn with(options: &LedgerOptions) -> Self {
        Self { ledger: Ledger::open(options).unwrap(), now: NOW.parse().unwrap() }
    }

    fn send(&self, owner: &str, operation: Operation, body: &Value) -> (Reply, Value) {
        let body = body.to_string();
        let owner = partner(owner);
        let reply = self.ledger.answer(&owner, operation, Format::Json, Format::Json, body.as_bytes(), self.now);
        let json = serde_json::from_slice(&reply.body).unwrap();
        (reply, json)
    }

    fn activate(&self, id: &str, card: &str, amount: &str, currency: &str) -> String {
        self.send("Awssb", Operation::Activate, &activation(id, card, amount, currency)).0.verdict
    }

    fn deactivate(&self, id: &str, card: &str) -> String {
        self.send("Awssb", Operation::Deactivate, &reversal(id, card)).0.verdict
    }

    fn status(&self, id: &str, card: &str) -> String {
        let body = json!({"statusCheckRequestId": id, "partnerId": "Awssb", "cardNumber": card});
        self.send("Awssb", Operation::StatusCheck, &body).0.verdict
    }

    fn denominated(&self, marketplace: &str) -> Card {
        let cards = self.ledger.cards().unwrap();
        cards.into_iter().find(|card| card.marketplace == marketplace && card.denomination.is_some()).unwrap()
    }

    fn variable(&self, marketplace: &str) -> String {
        let cards = self.ledger.cards().unwrap();
        let card = cards.into_iter().find(|card| card.marketplace == marketplace && card.denomination.is_none());
        card.unwrap().card_number
    }

    fn usd(&self) -> (String, String) {
        let funds = self.ledger.funds().unwrap();
        let usd = funds.into_iter().find(|f| f.partner_id == "Awssb" && f.currency == "USD").unwrap();
        (usd.available, usd.spent)
    }
}

fn activation(id: &str, card: &str, amount: &str, currency: &str) -> Value {
    let amount: Value = serde_json::from_str(amount).unwrap();
    json!({
        "activationRequestId": id, "partnerId": "Awssb", "cardNumber": card,
        "value": {"currencyCode": currency, "amount": amount},
    })
}

fn reversal(id: &str, card: &str) -> Value {
    json!({"activationRequestId": id, "partnerId": "Awssb", "cardNumber": card})
}
