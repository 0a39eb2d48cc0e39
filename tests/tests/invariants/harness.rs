//! A client over a scripted transport, on paused time: every wait is instant and every order the same.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use posa_core::engine::{Clock, Entropy, Event, EventKind};
use posa_core::journal::{Journal, MemoryJournal};
use posa_core::model::{
    Activate, Amount, CardNumber, Currency, Deactivate, Endpoint, PartnerId, Region, RequestId, StatusCheck,
};
use posa_core::sign::Credentials;
use posa_core::transport::{HttpRequest, HttpResponse, Played, Scripted, Transport, TransportError};
use posa_core::{BoxFuture, Client, ClientBuilder, Delivery, Error, ErrorKind};
use posa_tests::{Meddler, Step};
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

pub(crate) const CARD: &str = "1400000005567585358";
pub(crate) const OTHER_CARD: &str = "1400000005567586149";
pub(crate) const SECRET: &str = "a-secret-that-must-never-be-seen";

pub(crate) struct Till {
    pub(crate) client: Client,
    pub(crate) network: Scripted,
    /// What the observer was told, one line an event.
    pub(crate) events: Arc<Mutex<Vec<String>>>,
}

impl Till {
    pub(crate) fn new(script: impl IntoIterator<Item = Played>) -> Self {
        Self::with(script, Arc::new(MemoryJournal::new()), |builder| builder)
    }

    pub(crate) fn with(
        script: impl IntoIterator<Item = Played>,
        journal: Arc<dyn Journal>,
        adjust: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        Self::at(script, journal, Arc::new(TestClock), adjust)
    }

    /// Before a gateway whose clock is `gateway`.
    pub(crate) fn at(
        script: impl IntoIterator<Item = Played>,
        journal: Arc<dyn Journal>,
        gateway: Arc<dyn Clock>,
        adjust: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        let network = Scripted::new(script);
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&events);
        let builder = Client::builder(partner(), endpoint())
            .credentials(Credentials::new("AKIDEXAMPLE", SECRET).unwrap())
            .journal(journal)
            .transport(Arc::new(Dated(network.clone(), gateway)))
            .clock(Arc::new(TestClock))
            .entropy(Arc::new(Counter::default()))
            .observer(move |event: &Event<'_>| told.lock().unwrap().push(line(event)));
        Self { client: adjust(builder).build().unwrap(), network, events }
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.network.sent().iter().map(body).collect()
    }

    pub(crate) fn paths(&self) -> Vec<&'static str> {
        self.network.sent().iter().map(|request| request.path).collect()
    }

    pub(crate) fn told(&self, word: &str) -> bool {
        self.events.lock().unwrap().iter().any(|event| event.contains(word))
    }
}

fn line(event: &Event<'_>) -> String {
    let kind = match event.kind {
        EventKind::Alarm { what } => format!("alarm: {what}"),
        EventKind::SkewCorrected { seconds } => format!("skew: {seconds}"),
        other => format!("{other:?}"),
    };
    format!("{} {} {} {} {kind}", event.operation, event.request_id, event.card, event.attempt)
}

/// Gives answers the date of the gateway's clock. Those that refuse a signature tell a time of their own, or none.
struct Dated(Scripted, Arc<dyn Clock>);

impl fmt::Debug for Dated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dated").field(&self.0).finish_non_exhaustive()
    }
}

impl Transport for Dated {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async {
            let answer = self.0.send(request).await?;
            if answer.status == 403 || answer.date.is_some() {
                return Ok(answer);
            }
            Ok(HttpResponse { date: Some(date(self.1.now())), ..answer })
        })
    }
}

/// As a `date` header has it.
pub(crate) fn date(at: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap()
}

/// Stands still.
pub(crate) struct TestClock;

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }
}

/// A clock that the test moves.
#[derive(Clone, Default)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn advance(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_767_323_045 + self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Counts, so that ids differ and pauses are long.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.fill(0xFF);
        let counted = bytes.len() / 4;
        bytes[..counted].copy_from_slice(&count[..counted]);
        Ok(())
    }
}

pub(crate) fn partner() -> PartnerId {
    PartnerId::new("Awssb").unwrap()
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::custom("http://127.0.0.1:1", Region::NorthAmerica).unwrap()
}

pub(crate) fn id(text: &str) -> RequestId {
    RequestId::new(text, &partner()).unwrap()
}

pub(crate) fn card() -> CardNumber {
    CardNumber::new(CARD).unwrap()
}

pub(crate) fn usd(decimal: &str) -> Amount {
    Amount::new(decimal, Currency::Usd).unwrap()
}

pub(crate) fn sale() -> Activate {
    Activate::new(card(), usd("25.00"))
}

pub(crate) fn sale_as(text: &str) -> Activate {
    sale().request_id(id(text))
}

pub(crate) fn reversal(text: &str) -> Deactivate {
    Deactivate::new(id(text), card())
}

pub(crate) fn check(text: &str) -> StatusCheck {
    StatusCheck::new(id(text), card())
}

/// The member of a request's JSON body.
pub(crate) fn member(body: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(body).unwrap();
    value[name].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn body(request: &HttpRequest) -> String {
    String::from_utf8(request.body.to_vec()).unwrap()
}

pub(crate) fn header(request: &HttpRequest, name: &str) -> String {
    let found = request.headers.iter().find(|(header, _)| header.as_str() == name);
    found.map_or_else(String::new, |(_, value)| value.to_str().unwrap().to_owned())
}

/// Success for whatever is asked, as the gateway would word it.
pub(crate) fn success() -> Played {
    Played::Reply(Box::new(|request| answer(request, |_| {})))
}

/// Success with something changed in it.
pub(crate) fn success_but(change: impl Fn(&mut serde_json::Value) + Send + 'static) -> Played {
    Played::Reply(Box::new(move |request| answer(request, &change)))
}

pub(crate) fn answer(request: &HttpRequest, change: impl Fn(&mut serde_json::Value)) -> HttpResponse {
    let asked: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let (id_name, status) = match request.path {
        "/ActivateGiftCard" => ("activationRequestId", "Activated"),
        "/DeactivateGiftCard" => ("activationRequestId", "AwaitingActivation"),
        _ => ("statusCheckRequestId", "Activated"),
    };
    let mut answer = serde_json::json!({
        id_name: asked[id_name],
        "cardInfo": {"cardNumber": asked["cardNumber"], "cardStatus": status, "expirationDate": null, "value": asked["value"]},
        "status": "SUCCESS",
    });
    change(&mut answer);
    HttpResponse { status: 200, body: answer.to_string().into(), ..Default::default() }
}

/// A business error in the gateway's envelope.
pub(crate) fn failure(code: &str, error_type: &str) -> Played {
    let status = if code == "F400" { "RESEND" } else { "FAILURE" };
    let body = serde_json::json!({
        "agcodResponse": {"__type": "ActivateGiftCardResponse:http://internal.amazon.com/coral/com.amazonaws.agcod/", "status": status},
        "errorCode": code, "errorType": error_type, "message": error_type,
    });
    Played::Answer(400, body.to_string().into_bytes())
}

/// An error of the framework in front of the service.
pub(crate) fn refusal(exception: &str, message: &str) -> Vec<u8> {
    serde_json::json!({"__type": format!("com.amazon.coral.service#{exception}"), "message": message})
        .to_string()
        .into_bytes()
}

pub(crate) fn throttled() -> Played {
    Played::Answer(400, refusal("ThrottlingException", "Rate exceeded"))
}

/// Takes no settlement.
pub(crate) struct Unsettled;

impl Meddler for Unsettled {
    fn before<'a>(&'a self, step: Step, _: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>> {
        let error = || Error::new(ErrorKind::Journal, Delivery::NotSent, "the disk cannot be written");
        Box::pin(async move { if step == Step::Settle { Err(error()) } else { Ok(()) } })
    }
}
