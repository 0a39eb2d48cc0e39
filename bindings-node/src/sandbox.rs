use crate::error::Failure;
use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::runtime::{begin, runtime};
use napi::bindgen_prelude::Either;
use napi_derive::napi;
use posa_core::{Endpoint, Error, PartnerId};
use posa_sandbox::{F1000, Fault, NewCard, Sandbox, Settings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

/// How a sandbox behaves.
#[napi(object, object_to_js = false)]
pub struct SandboxOptions {
    /// A file that keeps the ledger.
    pub state: Option<String>,
    /// Accepted requests a second; 0 for no limit.
    pub throttle: Option<u32>,
    /// What the mock id `F1000` answers: `success` or `f100`.
    pub f1000: Option<String>,
    /// Demands 19 digits.
    pub strict_card_numbers: Option<bool>,
    /// Demands alphanumeric request ids.
    pub strict_request_ids: Option<bool>,
    /// HTTP 500 in place of 400 for the classes F100, F400 and F500.
    pub server_error_status: Option<bool>,
    /// The region that signatures must be for.
    pub region: Option<String>,
    /// The partner it serves.
    pub partner_id: Option<String>,
}

impl SandboxOptions {
    fn settings(self) -> Result<Settings, Error> {
        let mut settings = Settings {
            state: self.state.map(Into::into),
            strict_card_numbers: self.strict_card_numbers.unwrap_or_default(),
            strict_request_ids: self.strict_request_ids.unwrap_or_default(),
            server_error_status: self.server_error_status.unwrap_or_default(),
            ..Settings::default()
        };
        if let Some(throttle) = self.throttle {
            settings.throttle = NonZeroU32::new(throttle);
        }
        if let Some(f1000) = self.f1000 {
            settings.f1000 = read::<F1000>("f1000", json!(f1000))?;
        }
        if let Some(region) = self.region {
            settings.region = region.parse()?;
        }
        if let Some(id) = self.partner_id {
            let id = PartnerId::new(&id)?;
            settings.partners.iter_mut().for_each(|partner| partner.id = id.clone());
        }
        Ok(settings)
    }
}

/// A running sandbox gateway.
#[napi]
pub struct NativeSandbox {
    sandbox: Mutex<Option<Sandbox>>,
}

/// Starts a sandbox on free ports of the loopback address.
#[napi]
pub fn start_sandbox(mailbox: &Mailbox, call: u32, options: SandboxOptions) {
    begin(
        &mailbox.post(),
        call,
        Ok(async move {
            let sandbox = Mutex::new(Some(Sandbox::start_with(options.settings()?).await?));
            Ok(Message { sandbox: Some(NativeSandbox { sandbox }), ..Message::default() })
        }),
    );
}

#[napi]
impl NativeSandbox {
    /// One verb of the control API, with its argument and its answer in JSON.
    #[napi]
    pub fn control(&self, verb: String, argument: String) -> Either<String, Failure> {
        let sandbox = self.sandbox.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match &*sandbox {
            Some(sandbox) => control(sandbox, &verb, &argument),
            None => Err(Error::configuration("sandbox", "the sandbox is stopped; start another")),
        };
        answer.map_or_else(|error| Either::B(error.into()), |value| Either::A(value.to_string()))
    }

    /// Refuses new connections, and lets requests under way finish for two seconds.
    #[napi]
    pub fn stop(&self, mailbox: &Mailbox, call: u32) {
        let sandbox = self.sandbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        begin(
            &mailbox.post(),
            call,
            Ok(async move {
                if let Some(sandbox) = sandbox {
                    sandbox.stop().await;
                }
                Ok(Message::default())
            }),
        );
    }
}

impl Drop for NativeSandbox {
    fn drop(&mut self) {
        // Its connections are tasks of the runtime, which has to be there when they are ended.
        let _inside = runtime().map(tokio::runtime::Runtime::enter);
        self.sandbox.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

fn control(sandbox: &Sandbox, verb: &str, argument: &str) -> Result<Value, Error> {
    let argument: Value = serde_json::from_str(argument).map_err(|_| Error::invalid("argument", "no JSON"))?;
    let text = |name: &str| argument.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| argument.get(name).and_then(Value::as_i64);
    let value = match verb {
        "ready" => return connection(sandbox),
        "reset" => json!(sandbox.reset()?),
        "state" => json!(sandbox.state()?),
        "cards" => json!(sandbox.cards()?),
        "card" => json!(sandbox.card(&text("card_number"))?),
        "add_card" => json!(sandbox.add_card(&read::<NewCard>("card", argument)?)?),
        "set_condition" => json!(sandbox.set_condition(&text("card_number"), text("condition").parse()?)?),
        "funds" => json!(sandbox.funds()?),
        "set_funds" => {
            let given = text("partner_id");
            let partner = if given.is_empty() { sandbox.partner_id().as_str() } else { given.as_str() };
            json!(sandbox.set_funds(partner, &text("currency"), &text("available"))?)
        }
        "transactions" => json!(sandbox.transactions()?),
        "movements" => json!(sandbox.movements()?),
        "clock" => {
            number("offset_seconds").map(|seconds| sandbox.set_clock_offset(seconds)).transpose()?;
            number("advance_seconds").map(|seconds| sandbox.advance_clock(seconds)).transpose()?;
            if let Some(frozen) = argument.get("frozen").and_then(Value::as_bool) {
                sandbox.freeze_clock(frozen);
            }
            json!(sandbox.clock())
        }
        "inject" => {
            sandbox.inject(fault(argument)?)?;
            Value::Null
        }
        "faults" => json!(sandbox.faults()),
        "clear_faults" => json!(sandbox.clear_faults()),
        "release" => json!(sandbox.release()),
        "requests" => json!(sandbox.requests()),
        "clear_requests" => json!(sandbox.clear_requests()),
        other => return Err(Error::invalid("verb", format!("the sandbox has no verb {other}"))),
    };
    Ok(value)
}

fn connection(sandbox: &Sandbox) -> Result<Value, Error> {
    let url = sandbox.endpoint();
    let own = sandbox.partners().first();
    Ok(json!({
        "url": sandbox.url(),
        "tls_url": sandbox.tls_url(),
        "endpoint": url.url(),
        "region": Endpoint::region(&url).name(),
        "ca_pem": sandbox.ca_pem(),
        "partner_id": sandbox.partner_id().as_str(),
        "access_key_id": own.map(|partner| partner.access_key_id.as_str()),
        "secret_access_key": own.map(|partner| partner.secret_access_key.as_str()),
    }))
}

/// The fault's kind is flattened into it, so that serde would let a misspelt member pass: what was read is compared.
fn fault(given: Value) -> Result<Fault, Error> {
    let fault: Fault = read("fault", given.clone())?;
    let understood = serde_json::to_value(&fault).unwrap_or_default();
    let missed = given.as_object().and_then(|given| given.keys().find(|name| understood.get(name).is_none()));
    match missed {
        Some(name) => Err(Error::invalid("fault", format!("a fault of this kind has no member {name}"))),
        None => Ok(fault),
    }
}

fn read<T: DeserializeOwned>(field: &'static str, given: Value) -> Result<T, Error> {
    serde_json::from_value(given).map_err(|error| Error::invalid(field, format!("this is no {field}: {error}")))
}
