use super::{release, state};
use crate::admission;
use crate::faults;
use crate::ledger::Condition;
use crate::server::{Answer, Gateway};
use crate::wire::Reply;
use hyper::Method;
use hyper::http::request::Parts;
use posa_core::Error;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::num::NonZeroU32;

const CONTROLS: &str = "GET health, state, transactions, movements; GET and POST cards, cards/<number>, funds, clock, \
                        throttle; GET, POST and DELETE faults; GET and DELETE requests; POST reset, faults/release";

/// Answers a request under `/_sandbox/`; blocks on the ledger.
pub(crate) fn answer(gateway: &Gateway, parts: &Parts, body: &[u8]) -> Answer {
    if let Err(why) = admission::control(&parts.headers, gateway.settings.allow_remote) {
        return refuse(403, &why);
    }
    let route = parts.uri.path().trim_start_matches("/_sandbox/");
    let segments: Vec<&str> = route.split('/').collect();
    let done = control(gateway, &parts.method, &segments, body);
    if parts.method != Method::GET {
        gateway.changes.note();
    }
    match done {
        Ok(Some(value)) => reply(200, &value),
        Ok(None) => refuse(404, &format!("{} {route} is no control; there are {CONTROLS}", parts.method)),
        Err(why) => refuse(400, &why),
    }
}

/// `{"error": "..."}`.
pub(crate) fn refuse(status: u16, why: &str) -> Answer {
    reply(status, &json!({ "error": why }))
}

fn reply(status: u16, value: &Value) -> Answer {
    let mut body = value.to_string().into_bytes();
    body.push(b'\n');
    Reply { status, content_type: "application/json", body, verdict: String::new(), committed: false }.into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionChange {
    condition: Condition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FundsChange {
    /// The first partner, if not given.
    partner_id: Option<String>,
    currency: String,
    /// A decimal string.
    available: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    offset_seconds: Option<i64>,
    advance_seconds: Option<i64>,
    frozen: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThrottleChange {
    /// `null` switches it off; a member that is missing does not.
    #[serde(deserialize_with = "Option::deserialize")]
    per_second: Option<NonZeroU32>,
}

fn control(gateway: &Gateway, method: &Method, route: &[&str], body: &[u8]) -> Result<Option<Value>, String> {
    let Gateway { settings, ledger, clock, throttle, faults: waiting, log, .. } = gateway;
    let said = |error: Error| error.message().to_owned();
    let value = match (method.as_str(), route) {
        ("GET", ["health"]) => json!({ "status": "ok" }),
        ("POST", ["reset"]) => {
            gateway.reset()?;
            json!({ "status": "ok" })
        }
        ("GET", ["state"]) => json!(state(gateway)?),
        ("GET", ["cards"]) => json!(ledger.cards()?),
        ("POST", ["cards"]) => json!(ledger.add_card(&read(body)?)?),
        ("GET", ["cards", number]) => json!(ledger.card(number)?),
        ("POST", ["cards", number]) => {
            let ConditionChange { condition } = read(body)?;
            json!(ledger.set_condition(number, condition)?)
        }
        ("GET", ["funds"]) => json!(ledger.funds()?),
        ("POST", ["funds"]) => {
            let FundsChange { partner_id, currency, available } = read(body)?;
            let first = settings.first_partner().map_err(said)?;
            let partner_id = partner_id.as_deref().unwrap_or(first.id.as_str());
            json!(ledger.set_funds(partner_id, &currency, &available)?)
        }
        ("GET", ["transactions"]) => json!(ledger.transactions()?),
        ("GET", ["movements"]) => json!(ledger.movements()?),
        ("GET", ["clock"]) => json!(clock.view()),
        ("POST", ["clock"]) => {
            let ClockChange { offset_seconds, advance_seconds, frozen } = read(body)?;
            offset_seconds.map(|seconds| clock.set_offset(seconds)).transpose().map_err(said)?;
            advance_seconds.map(|seconds| clock.advance(seconds)).transpose().map_err(said)?;
            if let Some(frozen) = frozen {
                clock.freeze(frozen);
            }
            json!(clock.view())
        }
        ("GET", ["throttle"]) => json!({ "per_second": throttle.limit() }),
        ("POST", ["throttle"]) => {
            let ThrottleChange { per_second } = read(body)?;
            throttle.set(per_second);
            json!({ "per_second": throttle.limit() })
        }
        ("GET", ["faults"]) => json!(waiting.list()),
        ("POST", ["faults"]) => {
            waiting.inject(faults::from_json(body)?).map_err(said)?;
            json!(waiting.list())
        }
        ("DELETE", ["faults"]) => {
            waiting.clear();
            json!([])
        }
        ("POST", ["faults", "release"]) => json!({ "released": release(gateway) }),
        ("GET", ["requests"]) => json!(log.list()),
        ("DELETE", ["requests"]) => {
            log.clear();
            json!([])
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|e| format!("the body is not what is taken here: {e}"))
}
