//! What the journal has, and what is settled by it.

use crate::client::NativeClient;
use crate::convert::{Choice, FilterInput, Recovered, Register, Report, Sale, Step, period};
use crate::message::Message;
use napi_derive::napi;
use posa_core::recovery::Recover;
use posa_core::{Error, RequestId};
use std::num::NonZeroUsize;
use std::path::Path;
use tokio::task::spawn_blocking;

#[napi]
impl NativeClient {
    /// Settles one sale.
    #[napi]
    pub fn resolve(&self, call: u32, request_id: String) {
        self.begin_sale(call, None, async move |client| client.resolve(&RequestId::recorded(&request_id)?).await);
    }

    /// Gives one sale up.
    #[napi]
    pub fn void(&self, call: u32, request_id: String) {
        self.begin_sale(call, None, async move |client| client.void(&RequestId::recorded(&request_id)?).await);
    }

    /// Settles every sale without an outcome.
    #[napi]
    pub fn recover(&self, call: u32, choice: Choice, concurrency: Option<u32>) {
        self.begin(call, None, async move |client| {
            let mut how = Recover { unfinished: choice.convert()?, ..Recover::default() };
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

    /// What was done about a sale.
    #[napi]
    pub fn history(&self, call: u32, request_id: String) {
        self.begin(call, None, async move |client| {
            let steps = client.history(&RequestId::recorded(&request_id)?).await?;
            Ok(Message { steps: Some(steps.into_iter().map(Step::from).collect()), ..Message::default() })
        });
    }

    /// Notes that somebody heard the outcome that a sale had in that version.
    #[napi]
    pub fn acknowledge(&self, call: u32, request_id: String, version: f64) {
        self.begin(call, None, async move |client| {
            if let Some(mut heard) = client.transaction(&RequestId::recorded(&request_id)?).await? {
                // A whole number, as it was told.
                heard.fence = version as u64;
                client.acknowledge(&heard).await?;
            }
            Ok(Message::default())
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
}
