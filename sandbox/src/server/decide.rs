use super::answer::{Answer, Delivery};
use super::gateway::{Gateway, format_of_answer, text};
use super::log::RequestEntry;
use crate::catalogue;
use crate::faults::{FaultKind, Held, Target};
use crate::verify::{Authority, Incoming, Mismatch, Rejection, verify};
use crate::wire::{self, Format, Refusal, Reply, Success, format_of};
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Uri};
use jiff::{SignedDuration, Timestamp};
use posa_core::model::Operation;
use posa_core::{CardNumber, PartnerId};
use std::time::Duration;

/// An operation request with its whole body.
pub(super) struct Received<'a> {
    gateway: &'a Gateway,
    operation: Operation,
    headers: &'a HeaderMap,
    uri: &'a Uri,
    body: &'a [u8],
    format: Format,
}

impl<'a> Received<'a> {
    pub(super) fn new(
        gateway: &'a Gateway,
        operation: Operation,
        headers: &'a HeaderMap,
        uri: &'a Uri,
        body: &'a [u8],
    ) -> Self {
        let format = format_of(None, text(headers, &CONTENT_TYPE));
        Self { gateway, operation, headers, uri, body, format }
    }

    /// Clock step, signature, throttle, fault, ledger: in this order.
    pub(super) fn decide(&self, entry: &mut RequestEntry) -> Answer {
        let Gateway { clock, throttle, faults, .. } = self.gateway;
        let request = describe(entry, self.operation, self.format, self.body);
        let target = Target {
            operation: self.operation,
            card_number: request.card_number.as_deref(),
            request_id: request.request_id.as_deref(),
        };
        if let Some(FaultKind::Skew { seconds }) = faults.take(&target, true) {
            entry.fault = Some("skew".into());
            // A step beyond a century is not taken.
            let _ = clock.advance(seconds);
        }
        let now = clock.now();
        let partner = match self.authenticate(now) {
            Ok(partner) => partner,
            Err(rejection) => return self.reject(*rejection, entry),
        };
        entry.partner_id = Some(partner.to_string());
        entry.signature = "valid".into();
        if !throttle.admits(partner.as_str(), now) {
            return self.refuse(&Refusal::Throttled).into();
        }
        match faults.take(&target, false) {
            Some(fault) => {
                entry.fault = Some(fault.name().into());
                self.strike(fault, partner, &request, now)
            }
            None => self.apply(partner, now).into(),
        }
    }

    fn authenticate(&self, now: Timestamp) -> Result<&'a PartnerId, Box<Rejection>> {
        let incoming = Incoming {
            path: self.uri.path(),
            query: self.uri.query().unwrap_or_default(),
            headers: self.headers,
            body: self.body,
        };
        let settings = &self.gateway.settings;
        let window = SignedDuration::try_from(settings.clock_window).unwrap_or(SignedDuration::MAX);
        let authority = Authority { partners: &settings.partners, region: settings.region, window, now };
        verify(&incoming, &authority).map(|partner| &partner.id)
    }

    fn reject(&self, rejection: Rejection, entry: &mut RequestEntry) -> Answer {
        let Rejection { status, name, message, cause, mismatch } = rejection;
        entry.signature = name.into();
        entry.cause = cause;
        if let Some(Mismatch { expected, signed }) = mismatch {
            let difference = signed.as_deref().and_then(|signed| posa_core::sign::explain(signed, &expected));
            entry.difference = difference.map(|difference| difference.to_string());
            entry.expected_canonical_request = Some(expected);
            entry.signed_canonical_request = signed;
        }
        self.refuse(&Refusal::Authentication { status, error: name, message }).into()
    }

    fn strike(&self, fault: FaultKind, partner: &PartnerId, request: &wire::Request, now: Timestamp) -> Answer {
        let applied = |delivery| Answer { delivery, ..self.apply(partner, now).into() };
        match fault {
            FaultKind::DropBeforeCommit => Answer::dropped("dropped before the commit"),
            FaultKind::DropAfterCommit => applied(Delivery::Nothing { late: None }),
            FaultKind::Truncate => applied(Delivery::Half),
            FaultKind::Late { delay_ms } => self.hold(partner, delay_ms),
            FaultKind::Duplicate => {
                let (first, second) = (self.apply(partner, now), self.apply(partner, now));
                Reply { committed: first.committed || second.committed, ..second }.into()
            }
            FaultKind::Resend => self.refuse_by_name("SystemTemporarilyUnavailable"),
            FaultKind::Throttle => self.refuse(&Refusal::Throttled).into(),
            FaultKind::Error { error_type } => self.refuse_by_name(&error_type),
            FaultKind::Delay { delay_ms } => applied(Delivery::After(Duration::from_millis(delay_ms))),
            FaultKind::Http500 => Answer::text(500, ""),
            FaultKind::Html => Answer::html(),
            FaultKind::Garble => {
                let mut reply = self.apply(partner, now);
                name_another_card(&mut reply.body);
                reply.into()
            }
            FaultKind::WrongStatus => self.wrong_status(request).into(),
            FaultKind::Fulfilled => {
                let mut reply = self.apply(partner, now);
                if reply.status == 200 {
                    name_it_fulfilled(self.operation, &mut reply.body);
                }
                reply.into()
            }
            FaultKind::Skew { .. } => self.apply(partner, now).into(),
        }
    }

    fn apply(&self, partner: &PartnerId, now: Timestamp) -> Reply {
        let answer_format = format_of_answer(self.headers);
        self.gateway.ledger.answer(partner, self.operation, self.format, answer_format, self.body, now)
    }

    fn refuse(&self, refusal: &Refusal) -> Reply {
        wire::refuse(format_of_answer(self.headers), Some(self.operation), refusal)
    }

    fn refuse_by_name(&self, error_type: &str) -> Answer {
        let Some(entry) = catalogue::find(error_type) else { return Answer::text(500, "") };
        let answer_format = format_of_answer(self.headers);
        self.gateway.ledger.fail(self.operation, self.format, answer_format, self.body, entry).into()
    }

    fn hold(&self, partner: &PartnerId, delay_ms: Option<u64>) -> Answer {
        let (operation, format, body) = (self.operation, self.format, self.body.to_vec());
        let number = self.gateway.faults.hold(Held { partner: partner.clone(), operation, format, body });
        let late = delay_ms.map(|ms| (number, Duration::from_millis(ms)));
        Answer { delivery: Delivery::Nothing { late }, ..Answer::dropped("late: not applied yet") }
    }

    fn wrong_status(&self, request: &wire::Request) -> Reply {
        let card_status = match self.operation {
            Operation::Activate => "AwaitingActivation",
            Operation::Deactivate => "Activated",
            Operation::StatusCheck => "RefundedToPurchaser",
        };
        let success = Success::echo(request, card_status);
        wire::succeed(format_of_answer(self.headers), self.operation, &success, false)
    }
}

/// Reads from the body what the log shows and faults are matched against; nothing, if it cannot be read.
pub(super) fn describe(entry: &mut RequestEntry, operation: Operation, format: Format, body: &[u8]) -> wire::Request {
    let request = wire::read(operation, format, body).unwrap_or_default();
    entry.format = match format {
        Format::Json => "json".into(),
        Format::Xml => "xml".into(),
    };
    entry.request_id = request.request_id.as_ref().map(|id| id.chars().take(64).collect());
    entry.card = request.card_number.as_deref().and_then(|n| CardNumber::new(n).ok()).map(|card| card.to_string());
    request
}

/// Puts the value of the vendor's tables in the place of the card's state, where that is what the operation is for.
fn name_it_fulfilled(operation: Operation, body: &mut Vec<u8>) {
    let state = match operation {
        Operation::Activate | Operation::StatusCheck => "Activated",
        Operation::Deactivate => "AwaitingActivation",
    };
    *body = String::from_utf8_lossy(body).replacen(state, "Fulfilled", 1).into_bytes();
}

/// Turns the first digit after the card number's name into the next one.
fn name_another_card(body: &mut [u8]) {
    const NAME: &[u8] = b"cardNumber";
    let Some(at) = body.windows(NAME.len()).position(|window| window == NAME) else { return };
    let digit = body.iter_mut().skip(at + NAME.len()).find(|byte| byte.is_ascii_digit());
    if let Some(digit) = digit {
        *digit = if *digit == b'9' { b'0' } else { *digit + 1 };
    }
}
