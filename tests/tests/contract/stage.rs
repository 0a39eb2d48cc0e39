use super::scenario::{Call, ClientSettings, Connect, Expect, Scenario, Selector, Step};
use posa_core::engine::Retry;
use posa_core::journal::{Journal, MemoryJournal, NoJournal};
use posa_core::sign::Credentials;
use posa_core::{Client, Delivery, Endpoint, Environment, Error, Marketplace, PartnerId, Receipt};
use posa_sandbox::{Card, Sandbox, Settings};
use posa_tests::{Built, Given};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A sandbox, its clients, and what the steps have left behind.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) clients: BTreeMap<String, Client>,
    /// The partner id of each client.
    partners: BTreeMap<String, String>,
    /// The digits that each card's name stands for.
    pub(crate) cards: BTreeMap<String, String>,
    /// The request id of each labelled call.
    pub(crate) ids: BTreeMap<String, String>,
}

/// How a call ended, in the words of the scenarios.
#[derive(Debug, Default)]
struct Outcome {
    outcome: &'static str,
    kind: Option<String>,
    delivery: Option<String>,
    code: Option<String>,
    error_type: Option<String>,
    field: Option<String>,
    card_status: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    attempts: Option<u32>,
    expires: Option<bool>,
    request_id: Option<String>,
}

impl Stage {
    pub(crate) async fn set(scenario: &Scenario) -> Self {
        let settings = Settings {
            throttle: scenario.sandbox.throttle,
            f1000: scenario.sandbox.f1000,
            strict_card_numbers: scenario.sandbox.strict_card_numbers,
            server_error_status: scenario.sandbox.server_error_status,
            ..Settings::default()
        };
        let sandbox = Sandbox::start_with(settings).await.unwrap();
        let inventory = sandbox.cards().unwrap();
        let cards = scenario.cards.iter().map(|(name, selector)| (name.clone(), select(&inventory, selector)));
        let clients =
            scenario.clients.iter().map(|(name, settings)| (name.clone(), connect(settings, &sandbox).unwrap()));
        let own = sandbox.partner_id().as_str();
        let partner = |settings: &ClientSettings| settings.partner_id.clone().unwrap_or_else(|| own.to_owned());
        let partners = scenario.clients.iter().map(|(name, settings)| (name.clone(), partner(settings)));
        Self {
            cards: cards.collect(),
            clients: clients.collect(),
            partners: partners.collect(),
            ids: BTreeMap::new(),
            sandbox,
        }
    }

    pub(crate) async fn play(&mut self, step: &Step, place: &str) {
        match step {
            Step::Activate(call) => self.call("ActivateGiftCard", call, place).await,
            Step::Deactivate(call) => self.call("DeactivateGiftCard", call, place).await,
            Step::Status(call) => self.call("ActivationStatusCheck", call, place).await,
            Step::Connect(Connect { settings, expect }) => {
                let outcome = match connect(settings, &self.sandbox) {
                    Ok(_) => Outcome { outcome: "done", ..Outcome::default() },
                    Err(error) => self.failure(error, place),
                };
                self.compare(&outcome, expect, place);
            }
            Step::Fault(fault) => self.sandbox.inject(fault.clone()).unwrap(),
            Step::Release(_) => assert!(!self.sandbox.release().is_empty(), "{place}: no request is late"),
            Step::Clock(clock) => {
                if let Some(frozen) = clock.frozen {
                    self.sandbox.freeze_clock(frozen);
                }
                self.sandbox.advance_clock(clock.advance_seconds.unwrap_or(0)).unwrap();
            }
            Step::Condition(change) => {
                self.sandbox.set_condition(&self.cards[&change.card], change.condition).unwrap();
            }
            Step::Funds(funds) => {
                let partner = self.sandbox.partner_id().as_str();
                self.sandbox.set_funds(partner, &funds.currency, &funds.available).unwrap();
            }
        }
    }

    async fn call(&mut self, operation: &str, call: &Call, place: &str) {
        let outcome = match self.send(operation, call).await {
            Ok(receipt) => success(receipt),
            Err(error) => self.failure(error, place),
        };
        self.compare(&outcome, &call.expect, place);
        if let Some(label) = &call.label {
            let id = outcome.request_id.unwrap_or_else(|| panic!("{place}: no request id came back"));
            self.ids.insert(label.clone(), id);
        }
    }

    async fn send(&self, operation: &str, call: &Call) -> Result<Receipt, Error> {
        let card_number = match (&call.card, &call.card_number) {
            (Some(name), None) => self.cards[name].clone(),
            (None, Some(digits)) => digits.clone(),
            _ => panic!("a call names a card or gives its number"),
        };
        let given = Given {
            operation: operation.to_owned(),
            partner_id: self.partners[&call.client].clone(),
            request_id: call.request_id_of.as_ref().map(|label| self.ids[label].clone()).or(call.request_id.clone()),
            card_number,
            amount: call.amount.clone(),
            currency: call.currency.clone(),
            marketplace: None,
            environment: None,
            source: call.source.clone(),
            program_id: call.program_id.clone(),
            product_type: call.product_type.clone(),
            external_reference: call.external_reference.clone(),
        };
        let client = &self.clients[&call.client];
        match given.build()? {
            Built::Activate(sale, _) => client.activate(sale).await,
            Built::Deactivate(reversal) => client.deactivate(reversal).await,
            Built::StatusCheck(check) => client.status(check).await,
        }
    }

    /// Besides reading the error, makes sure that it shows no whole card number.
    fn failure(&self, error: Error, place: &str) -> Outcome {
        let shown = format!("{error}\n{error:?}");
        for digits in self.cards.values() {
            assert!(!shown.contains(&digits[..12]), "{place}: {shown}");
        }
        let text = |text: Option<&str>| text.map(str::to_owned);
        let (outcome, delivery) = match error.delivery() {
            Delivery::NotSent => ("rejected", "not_sent"),
            Delivery::Answered => ("rejected", "answered"),
            Delivery::Unknown => ("unknown", "unknown"),
        };
        Outcome {
            outcome,
            kind: text(Some(error.kind().name())),
            delivery: text(Some(delivery)),
            code: text(error.code()),
            error_type: text(error.error_type()),
            field: text(error.field()),
            attempts: Some(error.attempts()),
            request_id: text(error.request_id()),
            ..Outcome::default()
        }
    }

    fn compare(&self, outcome: &Outcome, expect: &Expect, place: &str) {
        assert_eq!(outcome.outcome, expect.outcome, "{place}: {outcome:?}");
        let id = expect.request_id_of.as_ref().map(|label| self.ids[label].clone()).or(expect.request_id.clone());
        let texts = [
            (&outcome.kind, &expect.kind),
            (&outcome.delivery, &expect.delivery),
            (&outcome.code, &expect.code),
            (&outcome.error_type, &expect.error_type),
            (&outcome.field, &expect.field),
            (&outcome.card_status, &expect.card_status),
            (&outcome.amount, &expect.amount),
            (&outcome.currency, &expect.currency),
            (&outcome.request_id, &id),
        ];
        for (got, expected) in texts {
            assert!(expected.is_none() || got == expected, "{place}: {got:?} instead of {expected:?} in {outcome:?}");
        }
        assert!(expect.attempts.is_none() || outcome.attempts == expect.attempts, "{place}: {outcome:?}");
        assert!(expect.expires.is_none() || outcome.expires == expect.expires, "{place}: {outcome:?}");
    }
}

fn success(receipt: Receipt) -> Outcome {
    Outcome {
        outcome: "done",
        card_status: Some(receipt.card_status.to_string()),
        amount: receipt.amount.map(|amount| amount.decimal()),
        currency: receipt.amount.map(|amount| amount.currency().to_string()),
        attempts: Some(receipt.attempts),
        expires: Some(receipt.expiration.is_some()),
        request_id: Some(receipt.request_id.to_string()),
        ..Outcome::default()
    }
}

fn select(inventory: &[Card], selector: &Selector) -> String {
    let fits = |card: &&Card| {
        card.denomination == selector.denomination
            && selector.currency.as_ref().is_none_or(|currency| card.currency == *currency)
            && selector.marketplace.as_ref().is_none_or(|marketplace| card.marketplace == *marketplace)
    };
    let card = inventory.iter().filter(fits).nth(selector.index).expect("the inventory has such a card");
    match selector.digits {
        Some(16) => card.card_number.clone(),
        _ => card.card_number.clone() + selector.checksum.as_ref().unwrap_or(&card.checksum),
    }
}

fn connect(settings: &ClientSettings, sandbox: &Sandbox) -> Result<Client, Error> {
    let marketplace = settings.marketplace.as_deref().map(str::parse::<Marketplace>).transpose()?;
    let region = settings.region.as_deref().unwrap_or(sandbox.endpoint().region().name()).parse()?;
    let production = settings.environment.as_deref() == Some("production");
    let endpoint = match (&settings.endpoint, marketplace) {
        (None, Some(marketplace)) if production => Endpoint::of(marketplace, Environment::Production),
        (Some(url), _) => Endpoint::custom(url, region)?,
        (None, _) => Endpoint::custom(if settings.tls { sandbox.tls_url() } else { sandbox.url() }, region)?,
    };
    let partner = match &settings.partner_id {
        Some(id) => PartnerId::new(id)?,
        None => sandbox.partner_id().clone(),
    };
    let own = &sandbox.partners()[0];
    let credentials = Credentials::new(
        settings.access_key_id.as_ref().unwrap_or(&own.access_key_id).as_str(),
        settings.secret_access_key.as_ref().unwrap_or(&own.secret_access_key).as_str(),
    )?;
    let journal: Arc<dyn Journal> = match settings.journal.as_deref() {
        None | Some("memory") => Arc::new(MemoryJournal::new()),
        Some("none") => Arc::new(NoJournal),
        Some(other) => panic!("no journal is called {other}"),
    };
    let (base, cap) = (Duration::from_millis(1), Duration::from_millis(10));
    let mut builder = Client::builder(partner, endpoint)
        .credentials(credentials)
        .journal(journal)
        .format(settings.format.as_deref().unwrap_or("json").parse()?)
        .retry(Retry { attempts: settings.attempts.unwrap_or(3), base, cap })
        .attempt_timeout(Duration::from_millis(settings.attempt_timeout_ms.unwrap_or(6_000)))
        .deadline(Duration::from_millis(settings.deadline_ms.unwrap_or(30_000)))
        .extra_ca_pem(sandbox.ca_pem().as_bytes())
        .rate_limit(None);
    if let Some(marketplace) = marketplace {
        builder = builder.marketplace(marketplace);
    }
    builder.build()
}
