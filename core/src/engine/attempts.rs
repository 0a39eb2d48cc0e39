use super::classify::{Confirmed, Failure, Verdict, classify};
use super::earlier::Earlier;
use super::inner::Inner;
use super::policy::Class;
use super::seams::EventKind;
use super::signing::signature;
use super::skew::date_of;
use crate::BoxFuture;
use crate::error::{Delivery, Error, ErrorKind};
use crate::journal::{Claim, Turn};
use crate::model::{CardStatus, StatusCheck};
use crate::sign::Unsigned;
use crate::sign::canonical::time_of;
use crate::transport::HttpRequest;
use crate::wire::{Request, encode};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use std::num::NonZeroU32;
use tokio::time::{Instant, timeout_at};

const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const AMZ_TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// Requests a second up to which the limit is shared. No account has as many, and the journal remembers each of the
/// last second.
const MOST_SHARED: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// One operation's requests: the same id and the same bytes until one settles it or the deadline comes.
pub(super) struct Attempts<'a> {
    client: &'a Inner,
    request: Request<'a>,
    /// `None` for a status check, which changes nothing and is not journaled.
    claim: Option<&'a Claim>,
    body: Bytes,
    deadline: Instant,
    sent: u32,
    /// For when the last request was signed.
    signed: Option<Timestamp>,
    /// When that was, by a clock that nobody sets.
    signed_at: Instant,
    /// The latest time for which a request of this id was signed that nothing settled yet, in this operation or before
    /// it; `None` if there is none.
    unsettled: Option<Timestamp>,
    /// The gateway's time when it last answered as itself.
    date: Option<Timestamp>,
}

/// What an operation's requests came to.
pub(super) struct Outcome {
    pub(super) result: Result<Confirmed, Error>,
    /// How many requests that took.
    pub(super) attempts: u32,
    /// For when the last of them was signed, or an earlier one of the same id that may still arrive; `None` if there is
    /// neither.
    pub(super) signed: Option<Timestamp>,
    /// The gateway's time when it gave the last answer, if it gave one and told the time.
    pub(super) date: Option<Timestamp>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(client: &'a Inner, request: Request<'a>, claim: Option<&'a Claim>, deadline: Instant) -> Self {
        let body = encode(request, &client.partner, client.format).into();
        let before = claim.and_then(|claim| claim.before.as_deref()).filter(|before| before.state.is_open());
        // Of what nobody recorded, nobody knows for when it was signed.
        let unrecorded = claim.is_some_and(|claim| claim.unrecorded).then_some(Timestamp::MAX);
        let unsettled = before.map(|before| before.sent_at).or(unrecorded);
        Self {
            client,
            request,
            claim,
            body,
            deadline,
            sent: 0,
            signed: None,
            signed_at: Instant::now(),
            unsettled,
            date: None,
        }
    }

    /// Sends until it is settled.
    pub(super) async fn run(mut self) -> Outcome {
        let result = self.settle().await.map_err(|error| {
            let (id, card) = (self.request.request_id(), self.request.card());
            error.with_transaction(id, card, self.sent)
        });
        Outcome { result, attempts: self.sent, signed: self.signed.max(self.unsettled), date: self.date }
    }

    async fn settle(&mut self) -> Result<Confirmed, Error> {
        let (mut skew_corrected, mut key_renewed) = (false, false);
        let mut last: Option<Failure> = None;
        loop {
            if !self.turn().await {
                let message = "the account's requests per second leave no room before the deadline";
                let none_sent = || self.unsent(Error::new(ErrorKind::Throttled, Delivery::NotSent, message));
                return Err(
                    last.map_or_else(none_sent, |failure| failure.into_error(self.request.operation(), self.earlier()))
                );
            }
            let (verdict, date) = self.once().await?;
            self.date = date.filter(|_| verdict.is_the_gateways());
            let mut failure = match verdict {
                Verdict::Done(confirmed) => return Ok(confirmed),
                Verdict::Undecided => return self.decide().await,
                Verdict::Failed(failure) => failure,
            };
            // A status check changes nothing, so each refusal of one speaks for itself.
            if failure.class.leaves_unknown() && self.claim.is_some() {
                self.unsettled = self.unsettled.max(self.signed);
            }
            match failure.class {
                Class::ClockSkew if !skew_corrected => {
                    let now = self.client.clock.now();
                    if let Some(seconds) =
                        self.signed.zip(date).and_then(|(used, date)| self.client.shared.skew.learn(used, date, now))
                    {
                        skew_corrected = true;
                        self.tell(EventKind::SkewCorrected { seconds });
                        continue;
                    }
                }
                Class::Authentication if !key_renewed => {
                    key_renewed = true;
                    match timeout_at(self.deadline, self.client.signer.renew(self.signed_at)).await {
                        Ok(Ok(true)) => {
                            self.tell(EventKind::KeyRenewed);
                            continue;
                        }
                        Ok(_) => {}
                        Err(_) => {
                            failure.message += ", and the credentials source gave no other key before the deadline"
                        }
                    }
                }
                Class::Contradiction => self.tell(EventKind::Alarm { what: &failure.message }),
                _ => {}
            }
            let pause = self.client.pause(failure.class, self.sent).map_err(|error| self.unsent(error))?;
            let again = failure.class.retries() && self.sent < self.client.retry.attempts;
            if !again || Instant::now() + pause >= self.deadline {
                return Err(failure.into_error(self.request.operation(), self.earlier()));
            }
            self.tell(EventKind::Retrying { after: pause, because: &failure.message });
            tokio::time::sleep(pause).await;
            last = Some(failure);
        }
    }

    /// Whether a deactivation is done that the gateway calls a success, by the state that the card is in now. That it
    /// is not active says nothing before the activation has arrived.
    fn decide(&mut self) -> BoxFuture<'_, Result<Confirmed, Error>> {
        Box::pin(async {
            let check = StatusCheck::new(self.request.request_id().clone(), self.request.card().clone());
            let look = Attempts::new(self.client, Request::StatusCheck(&check), None, self.deadline).run().await;
            self.date = look.date.or(self.date);
            let (class, found) = match look.result {
                Ok(confirmed) if confirmed.card_status == CardStatus::AwaitingActivation => {
                    if !self.may_be_activated() {
                        return Ok(confirmed);
                    }
                    let found = "and the card is not active, but its activation may still arrive".to_owned();
                    (Class::Contradiction, found)
                }
                Ok(confirmed) => {
                    (Class::Contradiction, format!("and tells that the card is {}", confirmed.card_status))
                }
                Err(error) => {
                    let found = format!("and does not tell the card's state: {}", error.message());
                    (error.class().unwrap_or(Class::NoAnswer), found)
                }
            };
            let message = format!("the gateway calls the deactivation a success, {found}; repeat it with the same id");
            Err(Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message).with_class(class))
        })
    }

    /// Waits for the account's turn, with all who share the journal. One that cannot be asked stops no sale: what it
    /// has to record tells of that, and the gateway keeps to its limit whatever this client does.
    async fn turn(&self) -> bool {
        // Before the turn that others wait behind: what queues here holds up nobody.
        if let Some(share) = &self.client.shared.share
            && !share.turn(self.deadline).await
        {
            return false;
        }
        let Some(limiter) = &self.client.limiter else { return true };
        if limiter.per_second() > MOST_SHARED {
            return limiter.turn(self.deadline).await;
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let asked = timeout_at(self.deadline, self.client.journal.turn(limiter.per_second(), left)).await;
        match asked {
            Ok(Ok(Turn::After(wait))) => {
                tokio::time::sleep(wait).await;
                true
            }
            Ok(Ok(Turn::TooLate)) | Err(_) => false,
            Ok(Ok(Turn::Unshared) | Err(_)) => limiter.turn(self.deadline).await,
        }
    }

    /// One request, what it came to, and the date of the answer. An error means that it was not sent.
    async fn once(&mut self) -> Result<(Verdict, Option<Timestamp>), Error> {
        let unsigned = || Unsigned {
            operation: self.request.operation(),
            format: self.client.format,
            host: self.client.endpoint.host(),
            body: &self.body,
            now: self.client.now(),
        };
        let tell = |after, because: &str| self.tell(EventKind::Retrying { after, because });
        let signed = signature(self.client, unsigned, self.deadline, tell).await;
        let signed = signed.map_err(|error| self.unsent(error))?;
        self.signed_at = Instant::now();
        self.client.endpoint.check_key(&signed.authorization).map_err(|error| self.unsent(error))?;
        let header = |text: &str| {
            HeaderValue::from_str(text)
                .map_err(|_| Error::configuration("signer", "the signer returned a header that cannot be sent"))
        };
        let fixed = HeaderValue::from_static;
        let mut authorization = header(&signed.authorization).map_err(|error| self.unsent(error))?;
        authorization.set_sensitive(true);
        let headers = vec![
            (ACCEPT, fixed(self.client.format.accept())),
            (CONTENT_TYPE, fixed(self.client.format.content_type())),
            (HOST, self.client.host.clone()),
            (AMZ_DATE, header(&signed.amz_date).map_err(|error| self.unsent(error))?),
            (AMZ_TARGET, fixed(self.request.operation().target())),
            (AUTHORIZATION, authorization),
        ];
        let signed_for = time_of(&signed.amz_date).ok_or_else(|| {
            self.unsent(Error::configuration("signer", "the signer returned an x-amz-date that is no time"))
        })?;
        self.still_claimed(signed_for).await.map_err(|error| self.unsent(error))?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(self.unsent(Error::new(
                ErrorKind::Unreachable,
                Delivery::NotSent,
                "the deadline passed before it was sent",
            )));
        }
        let timeout = self.client.attempt_timeout.min(left);
        let path = self.request.operation().path();
        self.sent += 1;
        self.signed = Some(signed_for);
        self.tell(EventKind::Sending);
        let started = Instant::now();
        let answer = self.client.transport.send(HttpRequest { path, headers, body: self.body.clone(), timeout }).await;
        Ok(match answer {
            Ok(response) => (classify(self.request, &response), date_of(&response, started.elapsed())),
            Err(error) => (Verdict::Failed(Failure::from(error)), None),
        })
    }

    /// The first attempt goes under the claim's own lease, if that outlasts it and allows for the time that it is signed
    /// for; each other one is noted.
    ///
    /// Asked last before sending: by then a slow journal or signer may have used the lease up. A lease is longer than
    /// the deadline, so by the timer's clock, which nobody sets, nothing is sent once it is over. That clock stands while
    /// the machine sleeps; the machine's own tells of that, and of itself where it was set.
    async fn still_claimed(&self, signed_for: Timestamp) -> Result<(), Error> {
        let Some(claim) = self.claim else { return Ok(()) };
        let now = self.client.now();
        let lease = self.client.lease();
        let timeout = SignedDuration::try_from(self.client.attempt_timeout).unwrap_or(lease);
        let outlasts = (timeout..=lease).contains(&claim.lease_until.duration_since(now));
        if self.sent == 0 && outlasts && signed_for <= claim.lease_until {
            return Ok(());
        }
        let (until, signed_until) = (self.client.lease_until(now), self.unsettled.max(Some(signed_for)));
        let journal = self.client.journal_for(&claim.request_id);
        journal.attempt(claim, self.sent + 1, now, until, signed_until.unwrap_or(signed_for)).await
    }

    /// What requests of this id that nothing settled yet left. By the gateway's time alone: this machine's clock may have
    /// been set since they were signed.
    fn earlier(&self) -> Earlier {
        match self.unsettled {
            None => Earlier::Nothing,
            Some(signed) if self.date.is_some_and(|date| self.client.recovery.is_over(signed, date)) => {
                Earlier::InDoubt
            }
            Some(_) => Earlier::OnItsWay,
        }
    }

    /// Before a reversal, an activation was sent of which nobody knows whether it arrived, and it still may.
    fn may_be_activated(&self) -> bool {
        let before = self.claim.and_then(|claim| claim.before.as_deref()).filter(|before| !before.confirmed);
        before.is_some_and(|before| !self.date.is_some_and(|date| self.client.recovery.is_over(before.sent_at, date)))
    }

    /// What stopped this attempt before it was sent says nothing of the earlier ones.
    fn unsent(&self, error: Error) -> Error {
        if self.unsettled.is_none() {
            return error;
        }
        let message =
            format!("{}, and an earlier attempt may have arrived; repeat with the same request id", error.message());
        Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
    }

    fn tell(&self, kind: EventKind<'_>) {
        self.client.tell_of(self.request, self.sent, kind);
    }
}
