use super::round_trips::{amounts, digits};
use posa_core::engine::Event;
use posa_core::inventory::Inventory;
use posa_core::journal::{Filter, MemoryJournal};
use posa_core::sign::{Credentials, CredentialsProvider, SigV4, Signer, Unsigned};
use posa_core::transport::{HttpResponse, Played, Scripted};
use posa_core::{Activate, Amount, CardNumber, Client, Currency, Endpoint, Error, Marketplace, PartnerId};
use proptest::prelude::*;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

/// Everything that was printed on the way.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<String>>);

impl Printed {
    fn add(&self, value: &impl Debug) {
        *self.0.lock().unwrap() += &format!("{value:?}\n{value:#?}\n");
    }

    fn error(&self, error: &Error) {
        self.add(error);
        *self.0.lock().unwrap() += &format!("{error}\n{error:#}\n{}\n", error.message());
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

fn secrets() -> impl Strategy<Value = String> {
    "[!-~]{16,64}"
}

/// A run of eight digits of the card in what was printed.
fn leak<'a>(digits: &'a str, printed: &str) -> Option<&'a str> {
    (0..=digits.len() - 8).map(|at| &digits[at..at + 8]).find(|run| printed.contains(run))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// A gateway that repeats the whole request in its refusal, as the signature errors of the live one do.
fn talkative(status: u16) -> Played {
    Played::Reply(Box::new(move |request| {
        let headers = request.headers.iter().map(|(name, value)| format!("{name}:{}", value.to_str().unwrap_or("?")));
        let told = format!("{} {}", headers.collect::<Vec<_>>().join(" "), String::from_utf8_lossy(&request.body));
        let body = serde_json::json!({
            "__type": "com.amazon.coral.service#InvalidSignatureException",
            "message": format!("The request signature we calculated does not match. {told}"),
        });
        HttpResponse { status, body: body.to_string().into(), ..HttpResponse::default() }
    }))
}

fn refusal(digits: &str) -> Played {
    let body = serde_json::json!({
        "agcodResponse": {"status": "FAILURE"},
        "errorCode": "F200",
        "errorType": "CardNumberNotFound",
        "message": format!("Card {digits} is not known"),
    });
    Played::Answer(400, body.to_string().into_bytes())
}

/// Runs one activation to its end and prints everything that can be printed on the way.
async fn sale(script: Vec<Played>, digits: &str, amount: Amount, secret: &str, printed: &Printed) {
    let partner = PartnerId::new("Awssb").unwrap();
    let credentials = Credentials::new("AKIDEXAMPLE", secret).unwrap();
    let transport = Scripted::new(script);
    let watcher = printed.clone();
    let builder = Client::builder(partner, Endpoint::of(Marketplace::UnitedStates, "sandbox".parse().unwrap()))
        .credentials(credentials)
        .transport(Arc::new(transport.clone()))
        .journal(Arc::new(MemoryJournal::new()))
        .observer(move |event: &Event<'_>| watcher.add(event));
    let client = builder.build().unwrap();
    printed.add(&client);
    let sale = Activate::new(CardNumber::new(digits).unwrap(), amount);
    printed.add(&sale);
    match client.activate(sale).await {
        Ok(receipt) => printed.add(&receipt),
        Err(error) => printed.error(&error),
    }
    printed.add(&client.transactions(&Filter::default()).await.unwrap());
    printed.add(&transport.sent());
    printed.add(&transport);
}

proptest! {
    #![proptest_config(super::config(64))]

    #[test]
    fn no_secret_in_what_holds_it(secret in secrets()) {
        let printed = Printed::default();
        let credentials = Credentials::new("AKIDEXAMPLE", secret.as_str()).unwrap();
        printed.add(&credentials);
        let signer = SigV4::new("us-east-1".parse().unwrap(), credentials);
        let signed = runtime().block_on(signer.sign(Unsigned {
            operation: posa_core::model::Operation::Activate,
            format: posa_core::wire::Format::Json,
            host: "localhost",
            body: b"{}",
            now: "2026-01-02T03:04:05Z".parse().unwrap(),
        })).unwrap();
        printed.add(&signer);
        printed.add(&signed);
        let signature = signed.authorization.rsplit('=').next().unwrap();
        prop_assert!(!printed.text().contains(&secret) && !printed.text().contains(signature));
    }

    #[test]
    fn no_secret_in_the_error_that_refuses_it(
        secret in secrets(),
        at in 0usize..64,
        bad in prop::sample::select(vec![" ", "\n", "\r\n", "\u{e9}", "\0"]),
    ) {
        let mut wrong = secret.clone();
        wrong.insert_str(at % secret.len(), bad);
        let printed = Printed::default();
        printed.error(&Credentials::new("AKIDEXAMPLE", wrong.as_str()).unwrap_err());
        printed.error(&Credentials::new(wrong.as_str(), secret.as_str()).unwrap_err());
        prop_assert!(!printed.text().contains(&secret) && !printed.text().contains(&wrong));
        let provider = posa_core::sign::credentials_from(move || {
            let wrong = wrong.clone();
            async move { Credentials::new("AKIDEXAMPLE", wrong.as_str()) }
        });
        printed.error(&runtime().block_on(provider.load()).unwrap_err());
        prop_assert!(!printed.text().contains(&secret));
    }

    #[test]
    fn a_sale_shows_no_secret_no_signature_and_four_digits(secret in secrets(), digits in digits(), amount in amounts()) {
        let ends: [fn(&str) -> Vec<Played>; 4] = [
            |_| vec![talkative(403)],
            |digits| vec![refusal(digits)],
            |_| vec![Played::Break, Played::Silence, talkative(403)],
            |_| vec![Played::Refuse],
        ];
        for end in ends {
            let printed = Printed::default();
            runtime().block_on(sale(end(&digits), &digits, amount, &secret, &printed));
            let text = printed.text();
            prop_assert!(!text.contains(&secret));
            prop_assert!(!text.contains("Signature="), "{}", text);
            prop_assert_eq!(leak(&digits, &text), None, "{}", text);
        }
    }

    #[test]
    fn no_claim_code_and_no_card_number_from_a_list(
        digits in digits(),
        claim in "[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{6}-[B-DF-HJ-NP-TV-Z]{5}",
        broken in 0usize..5,
    ) {
        let mut cells = [digits.as_str(), "358", "$0", "1", claim.as_str()];
        cells.swap(broken, 4);
        let list = format!("Card Number,Checksum,Amount,Sequence,Claim Code\n{}\n", cells.join(","));
        let printed = Printed::default();
        match Inventory::read(list.as_bytes(), Currency::Usd) {
            Ok(inventory) => {
                printed.add(&inventory);
                printed.add(&inventory.iter().collect::<Vec<_>>());
                printed.add(&inventory.ranges());
                let partner = CardNumber::new("0000000000000000").unwrap();
                printed.error(&inventory.check(&partner).unwrap_err());
            }
            Err(error) => printed.error(&error),
        }
        prop_assert!(!printed.text().contains(&claim), "{}", printed.text());
        prop_assert_eq!(leak(&digits, &printed.text()), None, "{}", printed.text());
    }
}
