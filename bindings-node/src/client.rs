use crate::convert::{Details, FilterInput, Given, Place, Recovered, Register, Report, Sale, period, receipt};
use crate::error::Failure;
use crate::mailbox::{Mailbox, Post};
use crate::message::{Message, Told};
use crate::options::{NativeRateLimit, Options, Own, Shared, closed};
use crate::runtime::begin;
use napi::bindgen_prelude::{Either, Reference};
use napi_derive::napi;
use posa_core::recovery::{Recover, Unfinished};
use posa_core::{CardNumber, Client, Deactivate, Error, PartnerId, RequestId, StatusCheck};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::spawn_blocking;

/// A client of the core. Each method begins an operation and returns; how it ends comes to the mailbox.
#[napi]
pub struct NativeClient {
    /// `None` once it is closed.
    open: Mutex<Option<Open>>,
    pub(crate) partner: PartnerId,
    pub(crate) post: Arc<Post>,
}

#[derive(Clone)]
struct Open {
    client: Client,
    shared: Arc<Shared>,
}

/// Sets a client up. Nothing is opened yet.
#[napi]
pub fn connect(
    mailbox: &Mailbox,
    options: Options,
    place: Place,
    limit: Option<Reference<NativeRateLimit>>,
) -> Either<NativeClient, Failure> {
    let post = mailbox.post();
    let made = || {
        let partner = PartnerId::new(&options.partner_id)?;
        let times = options.times();
        let shared = Arc::new(Shared::new(options, &place, &partner, Arc::clone(&post), limit.as_deref())?);
        let open = Open { client: shared.client(times)?, shared };
        Ok(NativeClient { open: Mutex::new(Some(open)), partner, post })
    };
    made().map_or_else(|error: Error| Either::B(error.into()), Either::A)
}

#[napi]
impl NativeClient {
    /// A new request id of the partner's.
    #[napi]
    pub fn new_request_id(&self) -> Either<String, Failure> {
        RequestId::generate(&self.partner).map_or_else(|error| Either::B(error.into()), |id| Either::A(id.to_string()))
    }

    /// Activates a card. The amount is a decimal, or with `minor` a whole number of the currency's smallest unit.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "positions, not names, keep a call quick")]
    pub fn activate(
        &self,
        call: u32,
        card_number: String,
        amount: String,
        minor: bool,
        currency: String,
        request_id: Option<String>,
        details: Option<Details>,
        own: Option<Own>,
    ) {
        let partner = self.partner.clone();
        let sale = Given { card_number, amount, minor, currency, request_id, details };
        self.begin(call, own, async move |client| client.activate(sale.convert(&partner)?).await.map(receipt));
    }

    /// Deactivates a card.
    #[napi]
    pub fn deactivate(
        &self,
        call: u32,
        card_number: String,
        request_id: String,
        external_reference: Option<String>,
        own: Option<Own>,
    ) {
        let partner = self.partner.clone();
        self.begin(call, own, async move |client| {
            let card = CardNumber::new(&card_number)?;
            let mut reversal = Deactivate::new(RequestId::new(&request_id, &partner)?, card);
            if let Some(text) = external_reference {
                reversal = reversal.external_reference(&text)?;
            }
            client.deactivate(reversal).await.map(receipt)
        });
    }

    /// Asks for a card's state.
    #[napi]
    pub fn status(
        &self,
        call: u32,
        card_number: String,
        request_id: String,
        external_reference: Option<String>,
        own: Option<Own>,
    ) {
        let partner = self.partner.clone();
        self.begin(call, own, async move |client| {
            let card = CardNumber::new(&card_number)?;
            let mut check = StatusCheck::new(RequestId::new(&request_id, &partner)?, card);
            if let Some(text) = external_reference {
                check = check.external_reference(&text)?;
            }
            client.status(check).await.map(receipt)
        });
    }

    /// Settles one sale.
    #[napi]
    pub fn resolve(&self, call: u32, request_id: String) {
        self.begin(call, None, async move |client| {
            let sale = client.resolve(&RequestId::recorded(&request_id)?).await?;
            Ok(Message { sale: Some(Sale::from(sale)), ..Message::default() })
        });
    }

    /// Gives one sale up.
    #[napi]
    pub fn void(&self, call: u32, request_id: String) {
        self.begin(call, None, async move |client| {
            let sale = client.void(&RequestId::recorded(&request_id)?).await?;
            Ok(Message { sale: Some(Sale::from(sale)), ..Message::default() })
        });
    }

    /// Settles every sale without an outcome.
    #[napi]
    pub fn recover(&self, call: u32, give_up: bool, concurrency: Option<u32>) {
        self.begin(call, None, async move |client| {
            let unfinished = if give_up { Unfinished::Void } else { Unfinished::Complete };
            let mut how = Recover { unfinished, ..Recover::default() };
            if let Some(concurrency) = concurrency {
                how.concurrency = NonZeroUsize::new(concurrency as usize).ok_or_else(|| {
                    Error::invalid("concurrency", "concurrency is 0, so nothing would be recovered; give 1 or more")
                })?;
            }
            let recovered = client.recover(how).await?;
            Ok(Message { recovered: Some(Recovered::from(recovered)), ..Message::default() })
        });
    }

    /// What the journal has of a sale.
    #[napi]
    pub fn transaction(&self, call: u32, request_id: String) {
        self.begin(call, None, async move |client| {
            let known = client.transaction(&RequestId::recorded(&request_id)?).await?;
            Ok(Message { sale: known.map(Sale::from), ..Message::default() })
        });
    }

    /// The journal's sales that match.
    #[napi]
    pub fn transactions(&self, call: u32, filter: FilterInput) {
        self.begin(call, None, async move |client| {
            let known = client.transactions(&filter.convert()?).await?;
            Ok(Message { sales: Some(known.into_iter().map(Sale::from).collect()), ..Message::default() })
        });
    }

    /// Compares the journal with the gateway and the register. Times are RFC 3339.
    #[napi]
    pub fn reconcile(&self, call: u32, since: String, until: String, register: Option<Register>) {
        self.begin(call, None, async move |client| {
            let period = period(&since, &until)?;
            let stopped = |_| Error::configuration("runtime", "the runtime was shut down");
            let register = match register {
                Some(register) => Some(spawn_blocking(|| register.read()).await.map_err(stopped)??),
                None => None,
            };
            let report = Report::new(&client.reconcile(period, register).await?)?;
            Ok(Message { report: Some(report), ..Message::default() })
        });
    }

    /// Copies the journal to a new file.
    #[napi]
    pub fn backup(&self, call: u32, path: String) {
        self.begin(call, None, async move |client| {
            client.backup(Path::new(&path)).await?;
            Ok(Message::default())
        });
    }

    /// Takes no further operations, waits for those under way, and closes the journal.
    #[napi]
    pub fn close(&self, call: u32) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        let closing = async move {
            if let Some(Open { client, shared }) = open {
                shared.idle().await;
                client.close().await;
            }
            Ok(Message::default())
        };
        begin(&self.post, call, Ok(closing));
    }

    pub(crate) fn client(&self) -> Result<Client, Error> {
        self.open().map(|open| open.client)
    }

    fn begin<T, F>(&self, call: u32, own: Option<Own>, operation: impl FnOnce(Client) -> F)
    where
        T: Into<Told>,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let operation = self.open().and_then(|Open { client, shared }| {
            let counted = shared.enter()?;
            let operation = operation(own.map_or(Ok(client), |own| shared.single(own))?);
            Ok(async move {
                let _counted = counted;
                operation.await
            })
        });
        begin(&self.post, call, operation);
    }

    fn open(&self) -> Result<Open, Error> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clone().ok_or_else(closed)
    }
}
