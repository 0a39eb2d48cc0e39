//! The native half of the Swift module PosaTesting: the sandbox gateway, in this process. What its control API shows
//! goes to Swift as JSON.
//!
//! A library of its own, with a runtime of its own, so that nothing of it is in the one that apps are released with.

// What uniffi exports is public, and to nobody else.
#![allow(missing_docs, unreachable_pub)]

use jiff::Timestamp;
use posa_core::sign::SigV4;
use posa_core::sign::remote::{SigningRules, sign_json};
use posa_core::{Error, IdTag, PartnerId};
use posa_sandbox::{F1000, Fault, NewCard, Partner, Sandbox, Settings};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::runtime::{Builder, Runtime};

uniffi::setup_scaffolding!();

/// That of the shop whose signer this sandbox plays.
const ID_TAG: &str = "TEST";

/// Nothing in it is checked yet.
#[derive(uniffi::Record)]
pub struct Given {
    pub throttle: Option<u32>,
    /// `success` or `f100`.
    pub f1000: String,
    pub strict_card_numbers: bool,
    pub strict_request_ids: bool,
    pub server_error_status: bool,
    pub region: String,
    pub partner_id: String,
    /// The path of a file.
    pub state: Option<String>,
}

#[derive(uniffi::Record)]
pub struct Addresses {
    pub url: String,
    pub tls_url: String,
    pub ca_pem: String,
    /// In the ids that [`Gateway::sign`] signs.
    pub id_tag: String,
}

/// An error of the sandbox's.
#[derive(Debug, uniffi::Error)]
pub enum Refusal {
    Refused { kind: String, message: String, field: Option<String> },
}

/// A running sandbox.
#[derive(uniffi::Object)]
pub struct Gateway(Mutex<Option<Arc<Sandbox>>>);

#[uniffi::export]
impl Gateway {
    /// Starts one on free ports of 127.0.0.1. Blocks for a moment.
    #[uniffi::constructor]
    pub fn start(given: Given) -> Result<Arc<Self>, Refusal> {
        let sandbox = runtime()?.block_on(Sandbox::start_with(build(given)?))?;
        Ok(Arc::new(Self(Mutex::new(Some(Arc::new(sandbox))))))
    }

    /// Lets requests under way finish for two seconds, and closes the rest.
    pub async fn stop(&self) {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(Ok(sandbox)), Ok(runtime)) = (taken.map(Arc::try_unwrap), runtime()) {
            // An error says that the task was ended with the runtime, which is another way to stop.
            let _ = runtime.spawn(sandbox.stop()).await;
        }
    }

    pub fn addresses(&self) -> Result<Addresses, Refusal> {
        let sandbox = self.running()?;
        let (url, tls_url) = (sandbox.url().to_owned(), sandbox.tls_url().to_owned());
        Ok(Addresses { url, tls_url, ca_pem: sandbox.ca_pem().to_owned(), id_tag: ID_TAG.to_owned() })
    }

    /// What `posa sandbox` prints once it accepts connections.
    pub fn ready(&self) -> Result<String, Refusal> {
        self.ask(Sandbox::ready)
    }

    /// Signs a client's question with the first partner's key, as a store's server would; the answer in JSON.
    pub async fn sign(&self, question: String) -> Result<String, Refusal> {
        let sandbox = self.running()?;
        let rules = SigningRules::new(sandbox.partner_id().clone(), sandbox.endpoint(), IdTag::new(ID_TAG)?);
        let signer = SigV4::new(sandbox.endpoint().region(), sandbox.credentials());
        Ok(sign_json(&signer, &rules, question.as_bytes(), Timestamp::now()).await?.headers.to_json())
    }

    /// Panics, so that a test can see what becomes of it.
    #[expect(clippy::panic, reason = "it is what the caller asks for")]
    pub fn panic(&self) -> Result<(), Refusal> {
        panic!("asked for by a test");
    }

    pub fn reset(&self) -> Result<(), Refusal> {
        Ok(self.running()?.reset()?)
    }

    pub fn cards(&self) -> Result<String, Refusal> {
        self.ask(Sandbox::cards)
    }

    pub fn card(&self, number: &str) -> Result<String, Refusal> {
        self.ask(|sandbox| sandbox.card(number))
    }

    pub fn add_card(&self, card: &str) -> Result<String, Refusal> {
        self.ask(|sandbox| sandbox.add_card(&read::<NewCard>("card", card)?))
    }

    pub fn set_condition(&self, number: &str, condition: &str) -> Result<String, Refusal> {
        self.ask(|sandbox| sandbox.set_condition(number, condition.parse()?))
    }

    pub fn funds(&self) -> Result<String, Refusal> {
        self.ask(Sandbox::funds)
    }

    pub fn set_funds(&self, partner: Option<String>, currency: &str, available: &str) -> Result<String, Refusal> {
        self.ask(|sandbox| {
            let partner = partner.as_deref().unwrap_or(sandbox.partner_id().as_str());
            sandbox.set_funds(partner, currency, available)
        })
    }

    pub fn transactions(&self) -> Result<String, Refusal> {
        self.ask(Sandbox::transactions)
    }

    pub fn movements(&self) -> Result<String, Refusal> {
        self.ask(Sandbox::movements)
    }

    pub fn clock(&self) -> Result<String, Refusal> {
        self.ask(|sandbox| Ok(sandbox.clock()))
    }

    pub fn set_clock(
        &self,
        offset: Option<i64>,
        advance: Option<i64>,
        frozen: Option<bool>,
    ) -> Result<String, Refusal> {
        self.ask(|sandbox| {
            offset.map(|seconds| sandbox.set_clock_offset(seconds)).transpose()?;
            advance.map(|seconds| sandbox.advance_clock(seconds)).transpose()?;
            if let Some(frozen) = frozen {
                sandbox.freeze_clock(frozen);
            }
            Ok(sandbox.clock())
        })
    }

    pub fn inject(&self, fault: &str) -> Result<(), Refusal> {
        Ok(self.running()?.inject(read::<Fault>("fault", fault)?)?)
    }

    pub fn clear_faults(&self) -> Result<(), Refusal> {
        self.running()?.clear_faults();
        Ok(())
    }

    pub fn release(&self) -> Result<Vec<String>, Refusal> {
        Ok(self.running()?.release())
    }

    pub fn requests(&self) -> Result<String, Refusal> {
        self.ask(|sandbox| Ok(sandbox.requests()))
    }

    pub fn clear_requests(&self) -> Result<(), Refusal> {
        self.running()?.clear_requests();
        Ok(())
    }
}

impl Gateway {
    fn running(&self) -> Result<Arc<Sandbox>, Error> {
        let sandbox = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sandbox.ok_or_else(|| Error::configuration("sandbox", "the sandbox is stopped; make another"))
    }

    fn ask<T: Serialize>(&self, question: impl FnOnce(&Sandbox) -> Result<T, Error>) -> Result<String, Refusal> {
        let unwritable = |e| Error::configuration("sandbox", format!("no JSON: {e}"));
        Ok(serde_json::to_string(&question(&*self.running()?)?).map_err(unwritable)?)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let (kind, message) = (error.kind().name().to_owned(), error.message().to_owned());
        Self::Refused { kind, message, field: error.field().map(str::to_owned) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Refused { message, .. } = self;
        f.write_str(message)
    }
}

impl std::error::Error for Refusal {}

fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let make = || Builder::new_multi_thread().worker_threads(2).thread_name("posa-sandbox").enable_all().build().ok();
    RUNTIME.get_or_init(make).as_ref().ok_or_else(|| Error::configuration("runtime", "the runtime does not start"))
}

fn build(given: Given) -> Result<Settings, Error> {
    let none = || Error::configuration("throttle", "throttle is 0, so nothing would pass; nil turns it off");
    let throttle = given.throttle.map(|rate| NonZeroU32::new(rate).ok_or_else(none)).transpose()?;
    let mut settings = Settings {
        throttle,
        f1000: read::<F1000>("f1000", &format!("{:?}", given.f1000))?,
        strict_card_numbers: given.strict_card_numbers,
        strict_request_ids: given.strict_request_ids,
        server_error_status: given.server_error_status,
        region: given.region.parse()?,
        state: given.state.map(Into::into),
        ..Settings::default()
    };
    let id = PartnerId::new(&given.partner_id)?;
    settings.partners.iter_mut().for_each(|partner: &mut Partner| partner.id = id.clone());
    Ok(settings)
}

fn read<T: DeserializeOwned>(field: &'static str, json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|e| Error::invalid(field, format!("this is no {field}: {e}")))
}
