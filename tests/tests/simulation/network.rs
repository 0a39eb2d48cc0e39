use super::dice::Dice;
use super::format::as_xml;
use super::gateway::{Asked, Reply};
use super::life::Life;
use super::machine::Machine;
use super::refusals::{Refusal, passing};
use super::watch::{self, Departure};
use super::weather::Mishap;
use super::world::World;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use posa_core::engine::{Tells, tells};
use posa_core::model::Operation;
use posa_core::transport::{HttpRequest, HttpResponse, Transport, TransportError};
use posa_core::wire::Format;
use posa_core::{BoxFuture, Delivery};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// One program's way to the gateway. A request that left goes its way even if the program dies.
pub(super) struct Wire {
    pub(super) world: Arc<World>,
    pub(super) machine: Arc<Machine>,
    pub(super) life: Arc<Life>,
    pub(super) dice: Arc<Dice>,
    pub(super) till: String,
}

/// One copy of a request on its way.
struct Message {
    till: String,
    operation: Operation,
    body: Vec<u8>,
    /// The second it was signed for, and with which of the account's keys.
    signed: i64,
    key: usize,
    left: Timestamp,
    mishap: Option<Mishap>,
    /// Where a mishap may strike before or after: it is applied.
    applied: bool,
    /// What it is turned away with, if it is.
    refusal: Refusal,
}

impl Transport for Wire {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(self.life.live(self.carry(request)))
    }
}

impl Wire {
    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.life.point().await;
        let error = |delivery, message: &str| Err(TransportError::new(delivery, message));
        let mishap = if self.world.is_calm() { None } else { self.world.weather.strike(&self.dice) };
        if mishap == Some(Mishap::Refused) {
            sleep(self.dice.millis(1, 2_000)).await;
            self.world.note(&self.till, format_args!("{} cannot connect", request.path));
            return error(Delivery::NotSent, "connection refused");
        }
        let message = self.message(&request, mishap);
        let asked = Asked::read(&request.body).expect("the body is the engine's own");
        let departure = Departure {
            operation: message.operation,
            id: &asked.id,
            card: &asked.card_number,
            reference: &asked.external_reference,
            body: &request.body,
        };
        let _aloft = watch::leaves(&self.world, &self.machine, &self.life, &departure).await;
        let (answer, mut answered) = mpsc::channel(2);
        let refused = Arc::new(AtomicBool::new(false));
        for delay in self.delays(mishap) {
            let copy = Message { till: self.till.clone(), body: message.body.clone(), ..message };
            let (world, answer, refused) = (Arc::clone(&self.world), answer.clone(), Arc::clone(&refused));
            let back = self.dice.millis(10, 200);
            let dated = !self.dice.per_mille(self.world.undated());
            tokio::spawn(async move {
                sleep(delay).await;
                // Whoever repeats a request on its way stops once it was refused, mostly.
                let after_a_refusal = refused.load(Ordering::SeqCst);
                if after_a_refusal && mishap != Some(Mishap::TwiceAnyway) {
                    return;
                }
                let before = after_a_refusal.then(|| world.gateway().moved());
                let reply = arrive(&world, &copy);
                if before.is_some_and(|before| before != world.gateway().moved()) {
                    world.apply_what_was_refused(&copy.body);
                }
                if let Some(reply) = reply {
                    refused.store(reply.status != 200, Ordering::SeqCst);
                    let date = dated.then(|| DateTimePrinter::new().timestamp_to_rfc9110_string(&world.now()).unwrap());
                    sleep(back).await;
                    let body = match world.format {
                        Format::Json => reply.body,
                        Format::Xml => as_xml(reply.body),
                    };
                    let body = body.into_bytes().into();
                    // Nobody waits for an answer that comes too late.
                    let _ =
                        answer.try_send(HttpResponse { status: reply.status, date, body, ..HttpResponse::default() });
                }
            });
        }
        drop(answer);
        if mishap == Some(Mishap::Broken) {
            sleep(self.dice.millis(1, 4_000)).await;
            self.life.point().await;
            return error(Delivery::Unknown, "the connection broke");
        }
        let answer = timeout(request.timeout, async {
            match answered.recv().await {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        });
        let answer = answer.await;
        self.life.point().await;
        answer.or_else(|_| error(Delivery::Unknown, "no answer in time"))
    }

    fn message(&self, request: &HttpRequest, mishap: Option<Mishap>) -> Message {
        let operation = match request.path {
            "/ActivateGiftCard" => Operation::Activate,
            "/DeactivateGiftCard" => Operation::Deactivate,
            _ => Operation::StatusCheck,
        };
        let signed = request.headers.iter().find(|(name, _)| name == "authorization");
        let signed = signed.and_then(|(_, value)| value.to_str().ok()?.split_once(' '));
        let (second, key) = signed.expect("the signer is this world's");
        let applied = match mishap {
            Some(Mishap::Lost | Mishap::Throttled | Mishap::Account | Mishap::Idle | Mishap::TurnedAway) => false,
            Some(Mishap::Broken | Mishap::Trouble | Mishap::Resend | Mishap::WrongEcho | Mishap::AnothersRefusal) => {
                self.dice.coin()
            }
            _ => true,
        };
        Message {
            till: self.till.clone(),
            operation,
            body: request.body.to_vec(),
            signed: second.parse().expect("a second"),
            key: key.parse().expect("a key"),
            left: self.world.now(),
            mishap,
            applied,
            refusal: passing(operation, &self.dice),
        }
    }

    /// When each copy arrives; a lost request has none.
    fn delays(&self, mishap: Option<Mishap>) -> Vec<Duration> {
        let soon = self.dice.millis(10, 300);
        match mishap {
            Some(Mishap::Lost) => Vec::new(),
            Some(Mishap::Late) => vec![self.late()],
            Some(Mishap::Twice | Mishap::TwiceAnyway) => {
                vec![soon, if self.dice.coin() { self.dice.millis(10, 5_000) } else { self.late() }]
            }
            _ => vec![soon],
        }
    }

    /// Seconds as likely as minutes, up to 25; what comes later than its signature is good for is turned away.
    fn late(&self) -> Duration {
        let (low, high) = *self.dice.pick(&[(1, 6), (6, 40), (40, 300), (300, 1_500)]).unwrap();
        self.dice.millis(low * 1_000, high * 1_000)
    }
}

/// Of the account, whatever is asked.
const ACCOUNT: [&str; 5] =
    ["AccountHasProblems", "BlockedCustomer", "AccessDenied", "OperationNotPermitted", "ActiveContractNotFound"];

/// Whether it says that the gateway has no activation of this id and card.
fn denies(operation: Operation, error_type: &str) -> bool {
    let of = |operation| matches!(tells(operation, error_type), Tells::NoneEver | Tells::NoneYet);
    match operation {
        Operation::StatusCheck => of(Operation::Activate) || of(Operation::Deactivate),
        _ => tells(operation, error_type) == Tells::NoneYet,
    }
}

/// Of a status check, and nothing of the card.
const REFUSED: [&str; 4] =
    ["InvalidRequestInput", "WrongActivationRequestId", "RequestIdTooLong", "InvalidPartnerIdInput"];

/// What the gateway answers, if an answer comes back at all.
fn arrive(world: &World, message: &Message) -> Option<Reply> {
    let Message { operation, ref body, mishap, .. } = *message;
    let mut gateway = world.gateway();
    let charges = gateway.charges().count();
    let reply = message.applied.then(|| match message.key == world.key() {
        true => gateway.answer(operation, body, message.signed, world.now()),
        false => Reply::exception(
            403,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
    });
    let charged = gateway.charges().count() > charges;
    let known = Asked::read(body).is_some_and(|asked| gateway.has(&asked.id));
    let idle = gateway.idle(operation, body);
    drop(gateway);
    if let Some(asked) = Asked::read(body).filter(|_| charged)
        && world.is_left(&asked.external_reference, message.left)
        && !world.is_called_active(asked.number())
    {
        world.broken("I34", format!("{} is charged for somebody who has left", asked.external_reference));
    }
    let tail = Asked::read(body).map_or(String::new(), |asked| short(&asked.id));
    let verdict = reply.as_ref().map_or("not applied".to_owned(), |reply| verdict(&reply.body));
    let struck = mishap.map_or(String::new(), |mishap| format!(" ({mishap:?})"));
    world.note("gateway", format_args!("{} {operation} {tail}: {verdict}{struck}", message.till));
    match mishap {
        Some(Mishap::Lost | Mishap::AnswerLost | Mishap::Broken) => None,
        Some(Mishap::Garbage) => {
            let mut reply = reply?;
            reply.body.truncate(reply.body.len() / 2);
            Some(reply)
        }
        Some(Mishap::Throttled) => Some(Reply::exception(400, "ThrottlingException", "Rate exceeded")),
        Some(Mishap::Trouble) => Some(match body.len() % 3 {
            0 => Reply::refusal("F100", "GeneralError"),
            1 => Reply::refusal("F500", "GeneralError"),
            _ => Reply { status: 500, body: "<html>Internal Server Error</html>".into() },
        }),
        Some(Mishap::Resend) => Some(Reply::refusal("F400", "SystemTemporarilyUnavailable")),
        Some(Mishap::Account) => Some(Reply::refusal("F300", ACCOUNT[body.len() % ACCOUNT.len()])),
        Some(Mishap::Refusal) if operation == Operation::StatusCheck => {
            Some(Reply::refusal("F200", REFUSED[body.len() % REFUSED.len()]))
        }
        Some(Mishap::Idle) => {
            if let (Operation::StatusCheck, Some(asked)) = (operation, Asked::read(body)) {
                world.call_active(asked.number());
            }
            idle
        }
        Some(Mishap::WrongEcho) => {
            let body = idle?.body.replace("\"900", "\"911");
            Some(Reply { status: 200, body })
        }
        Some(Mishap::TurnedAway) => {
            let (code, error_type) = message.refusal;
            // That none of this id had an effect is no word on one that had.
            let lies = known && denies(operation, error_type);
            (!lies).then(|| Reply::refusal(code, error_type))
        }
        Some(Mishap::AnothersRefusal) => Some(Reply::refusal_of("AwssbAnother", "F200", "CardNumberNotFound")),
        None | Some(Mishap::Refused | Mishap::Late | Mishap::Twice | Mishap::TwiceAnyway | Mishap::Refusal) => reply,
    }
}

fn verdict(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(|value| value.as_str()).map(str::to_owned);
    text("/cardInfo/cardStatus").or_else(|| text("/errorType")).or_else(|| text("/message")).unwrap_or_default()
}

/// The end of an id, which is enough to tell it from the others of its world.
pub(super) fn short(id: &str) -> String {
    id.get(id.len().saturating_sub(6)..).unwrap_or(id).to_owned()
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.till)
    }
}
