use super::gateway::Reply;
use super::network::Wire;
use super::seams::DiskJournal;
use super::world::locked;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};
use posa_core::journal::{Asker, BatchKey, Begun, Claim, Filter, Journal, Purpose, Settlement, State, Transaction};
use posa_core::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};
use posa_core::transport::{HttpRequest, HttpResponse, Transport, TransportError};
use posa_core::{BoxFuture, Delivery, Error};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Something wrong on purpose, put between the product and its seams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    /// A new sale is recorded once its first request was sent.
    RecordsAfterSending,
    /// The second request of a sale has another id than the first.
    NewIdOnRetry,
    /// No answer is taken for a refusal.
    TimeOutIsRefusal,
    /// A claim is nobody's from the instant it is made.
    ForgetsTheLease,
    /// SUCCESS is enough; the state that it tells is not read.
    BelievesSuccess,
    /// A status check that is refused seems to get no answer.
    HidesRefusals,
    /// A reversal does not wait for the activation that is under way.
    DeactivatesEarly,
    /// Recovery acts as a caller: it claims a sale that its till settled meanwhile, and keeps what nobody wants young.
    RecoversTheSettled,
    /// The disk says that it is durable, and loses the last seconds with the power.
    LosesTheLastCommit,
    /// A journal whose answer was lost says that the step was not taken.
    SaysNotSent,
    /// A forked child draws the same random numbers as its parent.
    RepeatsRandomness,
    /// A forked child closes what it inherited, and its parent's claims are nobody's.
    ForkEndsTheHolder,
    /// What the gateway's date decides is decided by the till's clock.
    DatesByTheTillsClock,
    /// The till's clock says when somebody's lease is over.
    LeasesByTheTillsClock,
    /// A request counts as sent when its sale was claimed.
    SentWhenClaimed,
    /// The register's sales are left out when the books are compared.
    ForgetsTheRegister,
    /// A sale that is repeated in another form is sent so, and recorded as it was.
    KeepsTheFirstForm,
    /// Every F200 is taken to say that nothing was ever applied.
    EveryRefusalSettles,
    /// A refusal is believed without its request id.
    IgnoresWhoIsRefused,
    /// A deactivation that is called Fulfilled is done.
    BelievesFulfilled,
    /// Without a journal, an id that the caller gives is taken for a new one.
    TakesGivenIdsForNew,
    /// Whatever comes of a sale counts as told, whoever waits for it.
    TellsNobody,
}

/// A journal that breaks its contract in one way.
#[derive(Debug)]
pub(super) struct FaultyJournal {
    inner: DiskJournal,
    defect: Defect,
    unrecorded: Mutex<Vec<Unrecorded>>,
    /// How long a claim lasts.
    lease: SignedDuration,
}

#[derive(Debug)]
struct Unrecorded {
    id: RequestId,
    sale: Activate,
    now: Timestamp,
    until: Timestamp,
}

impl FaultyJournal {
    pub(super) fn new(inner: DiskJournal, defect: Defect, lease: SignedDuration) -> Self {
        Self { inner, defect, unrecorded: Mutex::default(), lease }
    }

    fn until(&self, now: Timestamp, asked: Timestamp) -> Timestamp {
        if self.defect == Defect::ForgetsTheLease { now } else { asked }
    }

    fn asker(&self, asker: Asker) -> Asker {
        if self.defect == Defect::RecoversTheSettled { Asker::Caller } else { asker }
    }

    /// Ends a lease that is another's.
    async fn free(&self, id: &RequestId, now: Timestamp) -> Result<(), Error> {
        let Some(row) = self.inner.transaction(id).await? else { return Ok(()) };
        let ends = match self.defect {
            Defect::DeactivatesEarly => row.is_held() && row.state == State::Sending,
            Defect::LeasesByTheTillsClock => row.lease_until.is_some_and(|until| until <= now),
            _ => false,
        };
        if !ends {
            return Ok(());
        }
        let claim =
            Claim { request_id: id.clone(), fence: row.fence, lease_until: now, before: None, unrecorded: false };
        self.inner.attempt(&claim, 0, now, now, row.sent_at).await
    }

    async fn record(&self, claim: &Claim) -> Result<(), Error> {
        let late = {
            let mut unrecorded = locked(&self.unrecorded);
            let found = unrecorded.iter().position(|late| late.id == claim.request_id);
            found.map(|position| unrecorded.remove(position))
        };
        match late {
            Some(late) => {
                self.inner.begin_activation(&late.id, &late.sale, Asker::Caller, late.now, late.until).await.map(|_| ())
            }
            None => Ok(()),
        }
    }
}

impl Journal for FaultyJournal {
    fn bind<'a>(&'a self, partner: &'a PartnerId, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>> {
        self.inner.bind(partner, endpoint)
    }

    fn begin_activation<'a>(
        &'a self,
        id: &'a RequestId,
        sale: &'a Activate,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move {
            if self.defect == Defect::RecordsAfterSending && self.inner.transaction(id).await?.is_none() {
                let (id, sale) = (id.clone(), sale.clone());
                let claim = Claim::new(&id, until);
                locked(&self.unrecorded).push(Unrecorded { id, sale, now, until });
                return Ok(Begun::Claimed(claim));
            }
            if self.defect == Defect::LeasesByTheTillsClock {
                self.free(id, now).await?;
            }
            let known = match self.defect {
                Defect::KeepsTheFirstForm => self.inner.transaction(id).await?.map(|row| row.sale),
                _ => None,
            };
            let sale = known.as_ref().unwrap_or(sale);
            self.inner.begin_activation(id, sale, self.asker(asker), now, self.until(now, until)).await
        })
    }

    fn begin_reversal<'a>(
        &'a self,
        id: &'a RequestId,
        card: &'a CardNumber,
        purpose: Purpose,
        asker: Asker,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move {
            self.free(id, now).await?;
            self.inner.begin_reversal(id, card, purpose, self.asker(asker), now, self.until(now, until)).await
        })
    }

    fn attempt<'a>(
        &'a self,
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        until: Timestamp,
        signed_until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            self.record(claim).await?;
            self.inner.attempt(claim, attempt, now, self.until(now, until), signed_until).await
        })
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        settlement: Settlement,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            self.record(claim).await?;
            let claimed_at = (self.defect == Defect::SentWhenClaimed).then(|| claim.lease_until - self.lease);
            let sent_at = claimed_at.or(settlement.sent_at);
            let told = settlement.told || self.defect == Defect::TellsNobody;
            self.inner.settle(claim, Settlement { sent_at, told, ..settlement }, now).await
        })
    }

    fn note_told<'a>(
        &'a self,
        id: &'a RequestId,
        fence: u64,
        told: bool,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.inner.note_told(id, fence, told || self.defect == Defect::TellsNobody, now)
    }

    fn batch_key<'a>(&'a self, fresh: &'a BatchKey) -> BoxFuture<'a, Result<BatchKey, Error>> {
        self.inner.batch_key(fresh)
    }

    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>> {
        self.inner.transaction(id)
    }

    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>> {
        self.inner.transactions(filter)
    }
}

/// A way to the gateway that changes what goes over it.
#[derive(Debug)]
pub(super) struct FaultyTransport {
    inner: Wire,
    defect: Defect,
    seen: Mutex<BTreeSet<String>>,
}

type Answered = Result<HttpResponse, TransportError>;

impl FaultyTransport {
    pub(super) fn new(inner: Wire, defect: Defect) -> Self {
        Self { inner, defect, seen: Mutex::default() }
    }

    /// The request under another id, and the answer as if it were for the first.
    async fn renamed(&self, mut request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if locked(&self.seen).insert(body.clone()) {
            return self.inner.send(request).await;
        }
        let (id, other) = (r#""activationRequestId":"Awssb"#, r#""activationRequestId":"AwssbN"#);
        request.body = body.replacen(id, other, 1).into();
        let mut answer = self.inner.send(request).await?;
        answer.body = String::from_utf8_lossy(&answer.body).replacen(other, id, 1).into();
        Ok(answer)
    }

    /// The state that was asked for, whatever the gateway says it is.
    async fn believed(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let (is, seems) = match request.path {
            "/ActivateGiftCard" => (r#""AwaitingActivation""#, r#""Activated""#),
            "/DeactivateGiftCard" => (r#""Activated""#, r#""AwaitingActivation""#),
            _ => ("", ""),
        };
        let mut answer = self.inner.send(request).await?;
        answer.body = String::from_utf8_lossy(&answer.body).replacen(is, seems, 1).into();
        Ok(answer)
    }

    /// The answer with the time of this machine.
    async fn dated(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut answer = self.inner.send(request).await?;
        let now = self.inner.machine.now();
        answer.date = Some(DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap());
        Ok(answer)
    }

    /// The answer with one text in it changed, to one path.
    async fn misread(&self, path: &str, is: &str, seems: &str, request: HttpRequest) -> Answered {
        let concerned = request.path == path;
        let mut answer = self.inner.send(request).await?;
        if concerned {
            answer.body = String::from_utf8_lossy(&answer.body).replacen(is, seems, 1).into();
        }
        Ok(answer)
    }

    /// Every error type as one that refuses these bytes for good.
    async fn for_good(&self, request: HttpRequest) -> Answered {
        let mut answer = self.inner.send(request).await?;
        let mut body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if body.get("errorCode").and_then(|code| code.as_str()) == Some("F200") {
            body["errorType"] = "CardNumberTooShort".into();
            answer.body = body.to_string().into();
        }
        Ok(answer)
    }

    /// No answer instead of a refusal.
    async fn hidden(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let is_look = request.path == "/ActivationStatusCheck";
        let answer = self.inner.send(request).await?;
        match is_look && answer.status != 200 {
            true => Err(TransportError { delivery: Delivery::Unknown, message: "no answer".into(), cause: None }),
            false => Ok(answer),
        }
    }

    async fn refused(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.inner.send(request).await.or_else(|error| {
            let reply = Reply::refusal("F200", "NoAnswer");
            let answer = HttpResponse { status: reply.status, body: reply.body.into(), ..HttpResponse::default() };
            if error.delivery == Delivery::Unknown { Ok(answer) } else { Err(error) }
        })
    }
}

impl Transport for FaultyTransport {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        match self.defect {
            Defect::NewIdOnRetry => Box::pin(self.renamed(request)),
            Defect::BelievesSuccess => Box::pin(self.believed(request)),
            Defect::DatesByTheTillsClock => Box::pin(self.dated(request)),
            Defect::EveryRefusalSettles => Box::pin(self.for_good(request)),
            Defect::IgnoresWhoIsRefused => {
                Box::pin(self.misread("/ActivateGiftCard", "\"AwssbAnother\"", "null", request))
            }
            Defect::BelievesFulfilled => {
                Box::pin(self.misread("/DeactivateGiftCard", "Fulfilled", "AwaitingActivation", request))
            }
            Defect::HidesRefusals => Box::pin(self.hidden(request)),
            _ => Box::pin(self.refused(request)),
        }
    }
}
