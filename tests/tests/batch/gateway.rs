//! A gateway in memory: it keeps which card is active under which id, and what was charged.
// Two test programs share it, and neither needs all of it.
#![allow(dead_code)]

use posa_core::transport::{HttpRequest, HttpResponse, Transport, TransportError};
use posa_core::{BoxFuture, Delivery};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// What goes wrong with every request for a card.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// It is applied, and the answer is lost.
    AnswerLost,
    /// It is applied, and the connection stays open without an answer.
    NeverAnswered,
    /// The answer names this state of the card.
    Says(&'static str),
    /// It never leaves.
    Unreachable,
    /// The gateway refuses it, with this error type.
    Refused(&'static str),
    /// The gateway refuses it, for the account's rate.
    Throttled,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Gateway(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The id under which a card is active, by its number.
    active: Mutex<HashMap<String, String>>,
    charged: Mutex<Vec<String>>,
    faults: Mutex<HashMap<String, Fault>>,
    /// What goes wrong with every request.
    outage: Mutex<Option<Fault>>,
    tries: AtomicUsize,
    paths: Mutex<Vec<&'static str>>,
    cards: Mutex<Vec<String>>,
    /// While it is there, each request waits for a permit before it is looked at.
    gate: Mutex<Option<Arc<Semaphore>>>,
}

impl Gateway {
    pub(crate) fn fault(&self, card: &str, fault: impl Into<Option<Fault>>) {
        let mut faults = self.0.faults.lock().unwrap();
        match fault.into() {
            Some(fault) => faults.insert(card.to_owned(), fault),
            None => faults.remove(card),
        };
    }

    /// From here on it goes wrong with every card, or with none any more.
    pub(crate) fn outage(&self, fault: impl Into<Option<Fault>>) {
        *self.0.outage.lock().unwrap() = fault.into();
    }

    /// Lets so many requests through, and keeps all others waiting but those with a fault.
    pub(crate) fn let_through(&self, requests: usize) {
        let mut gate = self.0.gate.lock().unwrap();
        gate.get_or_insert_with(|| Arc::new(Semaphore::new(0))).add_permits(requests);
    }

    pub(crate) fn open(&self) {
        if let Some(gate) = self.0.gate.lock().unwrap().take() {
            gate.add_permits(Semaphore::MAX_PERMITS / 2);
        }
    }

    /// The cards that were charged, in order.
    pub(crate) fn charged(&self) -> Vec<String> {
        self.0.charged.lock().unwrap().clone()
    }

    /// How many were tried, those that never left among them.
    pub(crate) fn tries(&self) -> usize {
        self.0.tries.load(Ordering::SeqCst)
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> usize {
        self.0.paths.lock().unwrap().len()
    }

    /// The card of each request, with its checksum.
    pub(crate) fn cards(&self) -> Vec<String> {
        self.0.cards.lock().unwrap().clone()
    }

    pub(crate) fn paths(&self) -> Vec<&'static str> {
        self.0.paths.lock().unwrap().clone()
    }

    /// Changes a card behind everybody's back.
    pub(crate) fn set_active(&self, card: &str, id: Option<&str>) {
        let mut active = self.0.active.lock().unwrap();
        match id {
            Some(id) => active.insert(card.to_owned(), id.to_owned()),
            None => active.remove(card),
        };
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let card = asked["cardNumber"].as_str().unwrap()[..16].to_owned();
        let outage = *self.0.outage.lock().unwrap();
        let fault = outage.or_else(|| self.0.faults.lock().unwrap().get(&card).copied());
        self.0.tries.fetch_add(1, Ordering::SeqCst);
        if matches!(fault, Some(Fault::Unreachable)) {
            return Err(TransportError::new(Delivery::NotSent, "connection refused"));
        }
        self.0.paths.lock().unwrap().push(request.path);
        self.0.cards.lock().unwrap().push(asked["cardNumber"].as_str().unwrap().to_owned());
        let gate = self.0.gate.lock().unwrap().clone();
        if let Some(gate) = gate.filter(|_| fault.is_none()) {
            gate.acquire().await.unwrap().forget();
        }
        match fault {
            Some(Fault::Refused(error_type)) => return Ok(refusal(error_type)),
            Some(Fault::Throttled) => return Ok(throttled()),
            _ => {}
        }
        let says = if let Some(Fault::Says(state)) = fault { Some(state) } else { None };
        let response = self.apply(request.path, &asked, &card, says);
        match fault {
            Some(Fault::NeverAnswered) => std::future::pending().await,
            Some(Fault::AnswerLost) => Err(TransportError::new(Delivery::Unknown, "the connection broke")),
            _ => Ok(response),
        }
    }

    fn apply(&self, path: &str, asked: &Value, card: &str, says: Option<&str>) -> HttpResponse {
        let mut active = self.0.active.lock().unwrap();
        let id_name = if path == "/ActivationStatusCheck" { "statusCheckRequestId" } else { "activationRequestId" };
        let id = asked[id_name].as_str().unwrap();
        match path {
            "/ActivateGiftCard" => match active.get(card) {
                Some(other) if other != id => return refusal("CardAlreadyActivatedWithDifferentRequestId"),
                Some(_) => {}
                None => {
                    active.insert(card.to_owned(), id.to_owned());
                    self.0.charged.lock().unwrap().push(card.to_owned());
                }
            },
            "/DeactivateGiftCard" => drop(active.remove(card)),
            _ => {}
        }
        let status = if active.contains_key(card) { "Activated" } else { "AwaitingActivation" };
        let status = says.unwrap_or(status);
        let body = json!({
            id_name: id,
            "cardInfo": {"cardNumber": asked["cardNumber"], "cardStatus": status, "value": asked["value"]},
            "status": "SUCCESS",
        });
        HttpResponse { status: 200, body: body.to_string().into(), ..HttpResponse::default() }
    }
}

fn refusal(error_type: &str) -> HttpResponse {
    let body = json!({"agcodResponse": {"status": "FAILURE"}, "errorCode": "F200", "errorType": error_type,
        "message": error_type});
    HttpResponse { status: 400, body: body.to_string().into(), ..HttpResponse::default() }
}

fn throttled() -> HttpResponse {
    let body = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
    HttpResponse { status: 400, body: body.to_string().into(), ..HttpResponse::default() }
}

impl Transport for Gateway {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(self.answer(request))
    }
}
