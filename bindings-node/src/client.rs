use crate::convert::{Details, Given, Place};
use crate::error::Failure;
use crate::hearing::{Counts, End, OfSale};
use crate::mailbox::{Mailbox, Post};
use crate::message::{Message, Told};
use crate::options::{NativeRateLimit, Options, Own};
use crate::runtime::begin;
use napi::bindgen_prelude::{Either, Reference};
use napi_derive::napi;
use posa_core::{CardNumber, Client, Deactivate, Error, PartnerId, RequestId, StatusCheck};
use std::sync::{Arc, Mutex, PoisonError};

/// A client of the core. Each method begins an operation and returns; how it ends comes to the mailbox.
#[napi]
pub struct NativeClient {
    /// `None` once it is closed.
    open: Mutex<Option<Client>>,
    pub(crate) counts: Counts,
    pub(crate) partner: PartnerId,
    pub(crate) post: Arc<Post>,
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
        let client = options.client(&place, &partner, Arc::clone(&post), limit.as_deref())?;
        Ok(NativeClient { open: Mutex::new(Some(client)), counts: Counts::default(), partner, post })
    };
    made().map_or_else(|error: Error| Either::B(error.into()), Either::A)
}

#[napi]
impl NativeClient {
    /// A new request id of the partner's.
    #[napi]
    pub fn new_request_id(&self) -> Either<String, Failure> {
        let made = self.client().and_then(|client| client.new_request_id());
        made.map_or_else(|error| Either::B(error.into()), |id| Either::A(id.to_string()))
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
        self.begin_sale(call, own, async move |client| client.activate(sale.convert(&partner)?).await);
    }

    /// Takes over a sale that the journal does not have.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "as for activate")]
    pub fn adopt(
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
        self.begin_sale(call, own, async move |client| client.adopt(sale.convert(&partner)?).await);
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
        self.begin_sale(call, own, async move |client| {
            let card = CardNumber::new(&card_number)?;
            let mut reversal = Deactivate::new(RequestId::new(&request_id, &partner)?, card);
            if let Some(text) = external_reference {
                reversal = reversal.external_reference(&text)?;
            }
            client.deactivate(reversal).await
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
            client.status(check).await
        });
    }

    /// Ends once nothing is under way, what nobody waits for any more included.
    #[napi]
    pub fn idle(&self, call: u32) {
        let counts = self.counts.clone();
        let idle = self.client().map(|client| async move {
            counts.none().await;
            client.idle().await;
            Ok::<_, Error>(Message::default())
        });
        begin(&self.post, call, idle);
    }

    /// Takes no further operations, waits for those under way, and closes the journal.
    #[napi]
    pub fn close(&self, call: u32) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        let counts = self.counts.clone();
        let closing = async move {
            if let Some(client) = open {
                counts.none().await;
                client.close().await;
            }
            Ok::<_, Error>(Message::default())
        };
        begin(&self.post, call, Ok(closing));
    }

    pub(crate) fn client(&self) -> Result<Client, Error> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clone().ok_or_else(|| Error::configuration("client", "the client is closed; make another"))
    }

    /// A client for one call.
    fn own(&self, own: Option<Own>) -> Result<Client, Error> {
        let client = self.client()?;
        own.map_or(Ok(client.clone()), |own| client.with_times(own.into()))
    }

    /// Begins what changes no sale, or tells nobody of one.
    pub(crate) fn begin<T, F>(&self, call: u32, own: Option<Own>, operation: impl FnOnce(Client) -> F)
    where
        T: Into<Told>,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let counted = self.counts.enter();
        let operation = self.own(own).map(|client| {
            let operation = operation(client);
            async move {
                let outcome = operation.await;
                drop(counted);
                outcome
            }
        });
        begin(&self.post, call, operation);
    }

    /// Begins what comes to an outcome that somebody has to hear.
    pub(crate) fn begin_sale<T, F>(&self, call: u32, own: Option<Own>, operation: impl FnOnce(Client) -> F)
    where
        T: OfSale,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let counted = self.counts.enter();
        let operation = self.own(own).map(|client| {
            let operation = operation(client.clone());
            async move { End::of_sale(operation.await, client, counted) }
        });
        begin(&self.post, call, operation);
    }
}
