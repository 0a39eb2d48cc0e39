use super::ClientBuilder;
use super::inner::Inner;
use super::policy::Retry;
use super::running::Turn;
use super::under_way::Work;
use crate::error::Error;
use crate::journal::{Filter, HistoryEntry, Transaction};
use crate::model::{Activate, Deactivate, Endpoint, PartnerId, Receipt, RequestId, StatusCheck};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Activates, deactivates and checks gift cards for one partner at one endpoint.
///
/// Cheap to clone; clones share connections, rate limit and journal. It needs a tokio runtime around it and creates
/// none. An activation or deactivation runs in a task of its own: dropping the future stops the waiting, not the
/// attempt, and the journal keeps what comes of it ([`untold`](Self::untold)).
///
/// One operation at a time works on a request id. Whoever asks for the very same waits for it and gets its outcome;
/// another operation on that id begins when it is over.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

/// What an operation may take, where it is not as the client was set up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// One operation, all its attempts and pauses included: up to an hour.
    pub deadline: Option<Duration>,
    /// One request, its answer included: up to an hour.
    pub attempt_timeout: Option<Duration>,
    /// How often a request is sent at the most, at least once.
    pub attempts: Option<u32>,
}

impl Client {
    /// Begins to set a client up; credentials (or a signer) and a journal have to be given.
    pub fn builder(partner: PartnerId, endpoint: Endpoint) -> ClientBuilder {
        ClientBuilder::new(partner, endpoint)
    }

    pub(super) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// This client with other times. They are closed together, and share everything else.
    ///
    /// # Errors
    /// Kind [`Configuration`](crate::ErrorKind::Configuration): a time that is zero or over an hour, or no attempt at all.
    pub fn with_times(&self, times: Times) -> Result<Self, Error> {
        let Inner { deadline, attempt_timeout, retry, .. } = &*self.inner;
        let deadline = times.deadline.unwrap_or(*deadline);
        let attempt_timeout = times.attempt_timeout.unwrap_or(*attempt_timeout);
        let retry = Retry { attempts: times.attempts.unwrap_or(retry.attempts), ..*retry };
        check_times(attempt_timeout, deadline, &retry)?;
        Ok(Self::new(Inner { deadline, attempt_timeout, retry, ..(*self.inner).clone() }))
    }

    /// A new request id, for a sale that is to be known by it before it is begun.
    ///
    /// # Errors
    /// Kind [`Configuration`](crate::ErrorKind::Configuration) if the operating system gives no randomness.
    pub fn new_request_id(&self) -> Result<RequestId, Error> {
        self.inner.new_id()
    }

    /// Puts a card into the active state (specification, "ActivateGiftCard").
    ///
    /// With an id that the journal has as activated, returns that receipt and sends nothing.
    ///
    /// # Errors
    /// Kind [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if nothing settled it before the deadline: call again
    /// with the error's request id. Any other kind: the card is not active by this sale.
    pub async fn activate(&self, sale: Activate) -> Result<Receipt, Error> {
        let id = self.inner.admit(&sale)?;
        self.activate_as(id, sale).await
    }

    /// As [`activate`](Self::activate), under an id that [`new_request_id`](Self::new_request_id) has just made for this
    /// sale, so that the caller has it whatever comes. An id that may have been sent before belongs into the sale.
    ///
    /// # Errors
    /// As for [`activate`](Self::activate).
    pub async fn activate_new(&self, id: RequestId, sale: Activate) -> Result<Receipt, Error> {
        self.inner.check_amount(&sale)?;
        self.inner.check_id(&id)?;
        self.activate_as(id, Activate { request_id: None, ..sale }).await
    }

    async fn activate_as(&self, id: RequestId, sale: Activate) -> Result<Receipt, Error> {
        let deadline = self.inner.deadline();
        let (named, card) = (id.clone(), sale.card.clone());
        let done = async {
            match self.turn(&id, || Work::Activate(sale.clone()), deadline).await? {
                Turn::Theirs(outcome) => outcome,
                Turn::Ours(place) => {
                    self.run(place, &named, tell, move |inner, hearers| async move {
                        inner.activate(&id, &sale, deadline, &hearers).await
                    })
                    .await
                }
            }
        };
        done.await.map_err(|error| error.or_of_sale(&named, Some(&card)))
    }

    /// Puts a card back into the inactive state (specification, "DeactivateGiftCard").
    ///
    /// # Errors
    /// Kind [`Conflict`](crate::ErrorKind::Conflict) unless the journal says that this id activated this card; kind
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if nothing settled it before the deadline: call again.
    pub async fn deactivate(&self, reversal: Deactivate) -> Result<Receipt, Error> {
        let deadline = self.inner.deadline();
        let Deactivate { request_id: id, card, .. } = reversal.clone();
        let done = async {
            self.inner.check_id(&id)?;
            match self.turn(&id, || Work::Deactivate(reversal.clone()), deadline).await? {
                Turn::Theirs(outcome) => outcome,
                Turn::Ours(place) => {
                    self.run(place, &id, tell, move |inner, hearers| async move {
                        inner.deactivate(&reversal, deadline, &hearers).await
                    })
                    .await
                }
            }
        };
        done.await.map_err(|error| error.or_of_sale(&id, Some(&card)))
    }

    /// Asks for a card's state (specification, "ActivationStatusCheck"). Changes nothing.
    ///
    /// `Activated` does not prove that this id activated it; the journal, or the same activation again, does.
    ///
    /// # Errors
    /// Kind [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if no answer came before the deadline.
    pub async fn status(&self, check: StatusCheck) -> Result<Receipt, Error> {
        let asked = async {
            self.inner.check_id(&check.request_id)?;
            self.inner.check_open()?;
            self.inner.check_status(&check, self.inner.deadline()).await
        };
        asked.await.map_err(|error| error.or_of_sale(&check.request_id, Some(&check.card)))
    }

    /// Takes a sale into the journal that was made without it: by another client, or before a backup was restored. Its
    /// card has to be active; then the same activation, sent once more, tells whether this id activated it, and charges
    /// nothing. From here on it can be returned like any other.
    ///
    /// # Errors
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput), field `request_id`, without an id; kind
    /// [`Rejected`](crate::ErrorKind::Rejected) if the card is not active, or was activated for another amount; kind
    /// [`AlreadyActivated`](crate::ErrorKind::AlreadyActivated) if another id activated it; else as for
    /// [`activate`](Self::activate).
    pub async fn adopt(&self, sale: Activate) -> Result<Receipt, Error> {
        let deadline = self.inner.deadline();
        let none =
            || Error::invalid("request_id", "request_id is missing; give the id that the card was activated with");
        let (id, card) = (sale.request_id.clone().ok_or_else(none)?, sale.card.clone());
        let done = async {
            self.inner.check_amount(&sale)?;
            self.inner.check_id(&id)?;
            let operation = |inner: Arc<Inner>, hearers: Arc<_>| {
                let id = id.clone();
                async move { inner.adopt(&id, &sale, deadline, &hearers).await }
            };
            let place = self.alone(&id, deadline).await?;
            self.run(place, &id, |_| None, operation).await
        };
        done.await.map_err(|error| error.or_of_sale(&id, Some(&card)))
    }

    /// What the journal has of a sale.
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal) if it cannot be read.
    pub async fn transaction(&self, id: &RequestId) -> Result<Option<Transaction>, Error> {
        self.inner.bind().await?;
        self.inner.journal.transaction(id).await
    }

    /// The journal's sales that match, oldest first.
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal) if it cannot be read.
    pub async fn transactions(&self, filter: &Filter) -> Result<Vec<Transaction>, Error> {
        self.inner.bind().await?;
        self.inner.journal.transactions(filter).await
    }

    /// What was done about a sale, in order: what was about to be sent, and what came of it.
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal) if it cannot be read.
    pub async fn history(&self, id: &RequestId) -> Result<Vec<HistoryEntry>, Error> {
        self.inner.bind().await?;
        self.inner.journal.history(id).await
    }

    /// The sales whose outcome no caller heard, oldest first: the program ended first, the caller stopped waiting, or
    /// [`recover`](Self::recover) settled them. Tell somebody, then [`acknowledge`](Self::acknowledge) each.
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal) if it cannot be read.
    pub async fn untold(&self) -> Result<Vec<Transaction>, Error> {
        self.transactions(&Filter { untold: true, ..Filter::default() }).await
    }

    /// Notes that somebody heard the outcome of this sale, which is not listed as untold from here on. If it has another
    /// outcome by now, that one stays untold.
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal) if it cannot be written.
    pub async fn acknowledge(&self, heard: &Transaction) -> Result<(), Error> {
        self.inner.bind().await?;
        self.inner.journal.note_told(&heard.request_id, heard.fence, true, self.inner.now()).await
    }

    /// Notes that the outcome of this sale was handed over and never heard: for whoever calls this client on behalf of
    /// others, and finds that they have gone.
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal) if it cannot be read or written.
    pub async fn unheard(&self, id: &RequestId) -> Result<(), Error> {
        match self.transaction(id).await? {
            Some(known) => self.inner.journal.note_told(id, known.fence, false, self.inner.now()).await,
            None => Ok(()),
        }
    }

    /// Copies the journal to a new file, which is whole by itself, while sales go on: for a SQLite file.
    ///
    /// # Errors
    /// Kind [`Journal`](crate::ErrorKind::Journal): the file exists or cannot be written, or this client's journal is no
    /// file.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        self.inner.check_open()?;
        self.inner.journal.backup(to).await
    }
}

/// What those hear who asked for the same.
fn tell(outcome: &Result<Receipt, Error>) -> Option<Result<Receipt, Error>> {
    Some(outcome.clone())
}

pub(super) fn check_times(attempt_timeout: Duration, deadline: Duration, retry: &Retry) -> Result<(), Error> {
    for (field, time) in [("attempt_timeout", attempt_timeout), ("deadline", deadline)] {
        if time.is_zero() || time > Duration::from_secs(3600) {
            return Err(Error::configuration(field, format!("{field} is not between 1 ms and 1 hour")));
        }
    }
    if retry.attempts == 0 {
        return Err(Error::configuration("retry", "retry allows no attempt at all; allow at least 1"));
    }
    Ok(())
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("partner_id", &self.inner.partner)
            .field("endpoint", &self.inner.endpoint)
            .field("journal", &self.inner.journal)
            .finish_non_exhaustive()
    }
}
