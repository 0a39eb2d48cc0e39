//! The one operation every contender performs: its constants, its body, and its answer.

use crate::Result;
use serde::{Deserialize, Serialize};

pub(crate) const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const PARTNER: &str = "Awssb";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const SERVICE: &str = "AGCODService";
pub(crate) const PATH: &str = "/ActivateGiftCard";
pub(crate) const TARGET: &str = "com.amazonaws.agcod.AGCODService.ActivateGiftCard";
pub(crate) const JSON: &str = "application/json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    activation_request_id: &'a str,
    partner_id: &'a str,
    card_number: &'a str,
    value: RequestValue<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestValue<'a> {
    currency_code: &'a str,
    amount: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    activation_request_id: String,
    card_info: CardInfo,
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CardInfo {
    card_number: String,
    card_status: String,
}

/// The id of operation `i`, as long as the one that posa makes.
pub(crate) fn request_id(i: u64) -> String {
    format!("{PARTNER}{i:030}")
}

/// The card of operation `i`.
pub(crate) fn card(i: u64) -> String {
    format!("{:016}", 1_700_000_000_000_000 + i)
}

/// A fresh request body for operation `i`.
pub(crate) fn body(i: u64) -> Result<Vec<u8>> {
    let (id, card) = (request_id(i), card(i));
    let value = RequestValue { currency_code: "USD", amount: 25 };
    Ok(serde_json::to_vec(&Request { activation_request_id: &id, partner_id: PARTNER, card_number: &card, value })?)
}

/// Reads the answer to operation `i` into a typed value and compares what a careful caller compares.
pub(crate) fn check(i: u64, answer: &[u8]) -> Result<()> {
    let answer: Answer = serde_json::from_slice(answer)?;
    let done = answer.status == "SUCCESS" && answer.card_info.card_status == "Activated";
    if !done || answer.activation_request_id != request_id(i) || answer.card_info.card_number != card(i) {
        return Err(format!("operation {i} was not confirmed").into());
    }
    Ok(())
}
