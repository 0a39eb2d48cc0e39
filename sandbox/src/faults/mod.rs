//! The ways in which the sandbox can be told to fail.

mod described;
mod text;

pub use described::{FAULTS, FaultDescription};
pub(crate) use text::from_json;

use crate::catalogue;
use crate::wire::Format;
use posa_core::model::Operation;
use posa_core::{Error, PartnerId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A fault that waits for a request to fall upon.
///
/// In JSON: `{"fault": "drop_after_commit", "times": 1, "operation": "ActivateGiftCard"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// On how many requests; 1 if not given.
    #[serde(default = "once")]
    pub times: u32,
    /// Only on this operation, by its name on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "operation_name")]
    pub operation: Option<Operation>,
    /// Only on this card: its 16 digits, with or without the checksum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_number: Option<String>,
    /// Only on this request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What a fault does. All but [`FaultKind::Skew`] fall upon authenticated requests only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection is closed; nothing is applied.
    DropBeforeCommit,
    /// The request is applied, then the connection is closed without a byte.
    DropAfterCommit,
    /// The request is applied; the connection is closed in the middle of the answer's body.
    Truncate,
    /// The connection is closed at once; the request is applied later: after the delay, or when faults are released.
    Late {
        /// Milliseconds; if not given, only a release applies it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay_ms: Option<u64>,
    },
    /// The request arrives twice; the second answer is sent.
    Duplicate,
    /// F400 with status RESEND; nothing is applied.
    Resend,
    /// A throttling answer; nothing is applied.
    Throttle,
    /// A refusal of the error catalogue; nothing is applied.
    Error {
        /// Such as `InsufficientFunds`.
        error_type: String,
    },
    /// The request is applied; the answer comes late.
    Delay {
        /// Milliseconds.
        delay_ms: u64,
    },
    /// HTTP 500 without a body that a client could read; nothing is applied.
    #[serde(rename = "http_500")]
    Http500,
    /// HTTP 502 with a proxy's HTML page; nothing is applied.
    Html,
    /// The sandbox's clock steps, and stays there until it is set or reset.
    Skew {
        /// Positive: the sandbox runs ahead.
        seconds: i64,
    },
    /// The request is applied; the answer names another card.
    Garble,
    /// SUCCESS, with a card status that was not asked for; nothing is applied.
    WrongStatus,
    /// The request is applied; a success names the card status `Fulfilled`, as the vendor's tables do.
    Fulfilled,
}

impl FaultKind {
    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DropBeforeCommit => "drop_before_commit",
            Self::DropAfterCommit => "drop_after_commit",
            Self::Truncate => "truncate",
            Self::Late { .. } => "late",
            Self::Duplicate => "duplicate",
            Self::Resend => "resend",
            Self::Throttle => "throttle",
            Self::Error { .. } => "error",
            Self::Delay { .. } => "delay",
            Self::Http500 => "http_500",
            Self::Html => "html",
            Self::Skew { .. } => "skew",
            Self::Garble => "garble",
            Self::WrongStatus => "wrong_status",
            Self::Fulfilled => "fulfilled",
        }
    }
}

impl Fault {
    /// On the next request.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, times: once(), operation: None, card_number: None, request_id: None }
    }

    /// On so many requests.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// On one operation only.
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// On one card only: 16 digits, with or without the checksum.
    pub fn card(mut self, number: &str) -> Self {
        self.card_number = Some(number.to_owned());
        self
    }

    /// On one request id only.
    pub fn request(mut self, id: &str) -> Self {
        self.request_id = Some(id.to_owned());
        self
    }

    /// # Errors
    /// Field `times` if 0; field `error_type` if the catalogue has no such type; field `card_number` if it has
    /// another length than 16 or 19.
    fn check(&self) -> Result<(), Error> {
        if self.times == 0 {
            return Err(Error::invalid("times", "times is 0, so the fault would never happen; give 1 or more"));
        }
        if let Some(number) = &self.card_number {
            posa_core::CardNumber::new(number)?;
        }
        match &self.kind {
            FaultKind::Error { error_type } if catalogue::find(error_type).is_none() => {
                let message = "error_type is unknown; use a name such as \"InsufficientFunds\"";
                Err(Error::invalid("error_type", message))
            }
            _ => Ok(()),
        }
    }

    fn falls_upon(&self, target: &Target<'_>) -> bool {
        let card = |number: &str| target.card_number.is_some_and(|given| given.get(..16) == number.get(..16));
        self.operation.is_none_or(|operation| operation == target.operation)
            && self.card_number.as_deref().is_none_or(card)
            && self.request_id.as_deref().is_none_or(|id| target.request_id == Some(id))
    }
}

/// What a fault is matched against.
pub(crate) struct Target<'a> {
    pub(crate) operation: Operation,
    pub(crate) card_number: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
}

/// A request that is on its way although its connection is closed.
pub(crate) struct Held {
    pub(crate) partner: PartnerId,
    pub(crate) operation: Operation,
    pub(crate) format: Format,
    pub(crate) body: Vec<u8>,
}

/// Faults that wait, oldest first, and requests that are late.
#[derive(Default)]
pub(crate) struct Faults(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: Vec<Fault>,
    held: BTreeMap<u64, Held>,
    last: u64,
}

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) -> Result<(), Error> {
        fault.check()?;
        self.state(|state| state.waiting.push(fault));
        Ok(())
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.state(|state| state.waiting.clone())
    }

    /// Forgets every fault and every late request.
    pub(crate) fn clear(&self) {
        self.state(|state| {
            state.waiting.clear();
            state.held.clear();
        });
    }

    /// The oldest fault that falls upon the request, used up once. `skew` asks for clock steps alone, which come
    /// before authentication; without it they are left out.
    pub(crate) fn take(&self, target: &Target<'_>, skew: bool) -> Option<FaultKind> {
        self.state(|state| {
            let suits =
                |fault: &Fault| matches!(fault.kind, FaultKind::Skew { .. }) == skew && fault.falls_upon(target);
            let at = state.waiting.iter().position(suits)?;
            let fault = state.waiting.get_mut(at)?;
            fault.times -= 1;
            let kind = fault.kind.clone();
            if fault.times == 0 {
                state.waiting.remove(at);
            }
            Some(kind)
        })
    }

    /// How many late requests wait to be released.
    pub(crate) fn held(&self) -> usize {
        self.state(|state| state.held.len())
    }

    /// Keeps a late request; the number names it.
    pub(crate) fn hold(&self, request: Held) -> u64 {
        self.state(|state| {
            state.last += 1;
            state.held.insert(state.last, request);
            state.last
        })
    }

    /// A late request by its number, or the one that has waited longest.
    pub(crate) fn take_held(&self, number: Option<u64>) -> Option<Held> {
        self.state(|state| match number {
            Some(number) => state.held.remove(&number),
            None => state.held.pop_first().map(|(_, held)| held),
        })
    }

    fn state<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn once() -> u32 {
    1
}

mod operation_name {
    use super::*;

    pub(super) fn serialize<S: Serializer>(operation: &Option<Operation>, to: S) -> Result<S::Ok, S::Error> {
        operation.map(Operation::name).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Operation>, D::Error> {
        let Some(name) = Option::<String>::deserialize(from)? else { return Ok(None) };
        Operation::ALL.into_iter().find(|operation| operation.name() == name).map(Some).ok_or_else(|| {
            let known = Operation::ALL.map(Operation::name).join(", ");
            serde::de::Error::custom(format!("operation {name:?} is unknown; use one of {known}"))
        })
    }
}
