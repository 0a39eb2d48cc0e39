use super::answer::{Answer, Delivery};
use super::changes::Changes;
use super::clock::Clock;
use super::decide::{Received, describe};
use super::log::{RequestEntry, RequestLog};
use super::payload::{self, Dropped, Payload, Unread};
use super::settings::Settings;
use super::throttle::Throttle;
use crate::faults::{Faults, Held};
use crate::ledger::Ledger;
use crate::wire::{self, Format, Refusal, Reply, format_of};
use crate::{control, dashboard};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response};
use posa_core::model::Operation;
use std::sync::Arc;
use std::time::Instant;

/// Everything that the connections of one sandbox share.
pub(crate) struct Gateway {
    pub(crate) settings: Settings,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Clock,
    pub(crate) throttle: Throttle,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    pub(crate) changes: Changes,
}

impl Gateway {
    pub(super) async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Payload>, Dropped> {
        let arrived = Instant::now();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let operation = Operation::ALL.into_iter().find(|operation| operation.path() == path);
        let answer = match (&parts.method, operation) {
            (&Method::POST, Some(operation)) => self.operate(operation, parts, body, arrived).await?,
            (&Method::GET, None) if path == "/sping" => Answer::text(200, "healthy"),
            _ if path.starts_with("/_sandbox/") => self.control(parts, body).await?,
            _ if dashboard::is_asked(&parts) => return dashboard::serve(self, parts, body).await,
            _ => self.unknown(&parts),
        };
        answer.send(self.clock.now()).await
    }

    /// Back to the first moment: the default cards and funds, no faults, no log, the settings' throttle, the machine's
    /// time.
    pub(crate) fn reset(&self) -> Result<(), String> {
        self.faults.clear();
        self.log.clear();
        self.throttle.reset();
        self.clock.reset();
        self.ledger.reset()
    }

    /// Applies a late request: the one of that number, or the one that has waited longest. `None` if there is none.
    pub(crate) fn release(&self, number: Option<u64>) -> Option<String> {
        let Held { partner, operation, format, body } = self.faults.take_held(number)?;
        let mut entry = RequestEntry::new(operation);
        describe(&mut entry, operation, format, &body);
        entry.partner_id = Some(partner.to_string());
        entry.signature = "valid".into();
        entry.fault = Some("late".into());
        let reply = self.ledger.answer(&partner, operation, format, format, &body, self.clock.now());
        let verdict = reply.verdict.clone();
        self.record(entry, &reply, false);
        Some(verdict)
    }

    async fn operate(
        self: &Arc<Self>,
        operation: Operation,
        parts: Parts,
        body: Incoming,
        arrived: Instant,
    ) -> Result<Answer, Dropped> {
        let body = payload::read(body, self.settings.body_timeout).await;
        let answer = self.on_a_blocking_thread(move |gateway| {
            let mut entry = RequestEntry::new(operation);
            let mut answer = match body {
                Ok(body) => Received::new(gateway, operation, &parts.headers, &parts.uri, &body).decide(&mut entry),
                Err(Unread::TooLarge) => {
                    wire::refuse(format_of_answer(&parts.headers), Some(operation), &Refusal::TooLarge).into()
                }
                Err(Unread::Broken) => Answer::dropped("the body did not arrive"),
            };
            answer.cause.clone_from(&entry.cause);
            entry.duration_us = u64::try_from(arrived.elapsed().as_micros()).unwrap_or(u64::MAX);
            gateway.record(entry, &answer.reply, answer.is_sent());
            answer
        });
        let answer = answer.await?;
        if let Delivery::Nothing { late: Some((number, delay)) } = answer.delivery {
            let this = Arc::downgrade(self);
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                if let Some(this) = this.upgrade() {
                    let _ = this.on_a_blocking_thread(move |gateway| gateway.release(Some(number))).await;
                }
            });
        }
        Ok(answer)
    }

    async fn control(self: &Arc<Self>, parts: Parts, body: Incoming) -> Result<Answer, Dropped> {
        match payload::read(body, self.settings.body_timeout).await {
            Ok(body) => self.on_a_blocking_thread(move |gateway| control::answer(gateway, &parts, &body)).await,
            Err(Unread::TooLarge) => Ok(control::refuse(413, "the body is over 64 KiB; send one object at a time")),
            Err(Unread::Broken) => Err(Dropped),
        }
    }

    fn unknown(&self, parts: &Parts) -> Answer {
        let reply = wire::refuse(format_of_answer(&parts.headers), None, &Refusal::UnknownOperation);
        self.record(RequestEntry::default(), &reply, true);
        reply.into()
    }

    /// The work may wait for the disk, and runs to its end although the client leaves: what is committed is recorded.
    pub(crate) async fn on_a_blocking_thread<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Dropped> {
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&this)).await.map_err(|_| Dropped)
    }

    fn record(&self, mut entry: RequestEntry, reply: &Reply, sent: bool) {
        entry.at = self.clock.now().to_string();
        entry.verdict.clone_from(&reply.verdict);
        entry.committed = reply.committed;
        entry.status = sent.then_some(reply.status);
        self.log.push(entry);
        self.changes.note();
    }
}

pub(super) fn format_of_answer(headers: &HeaderMap) -> Format {
    format_of(text(headers, &ACCEPT), text(headers, &CONTENT_TYPE))
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
