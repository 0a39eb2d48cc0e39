use super::client;
use posa_core::journal::{Filter, MemoryJournal};
use posa_core::transport::{Played, Scripted};
use posa_core::wire::{Format, Request, encode};
use posa_core::{
    Activate, Amount, CardNumber, Currency, Delivery, Error, ErrorKind, PartnerId, RequestId, TransactionSource,
};
use posa_tests::{Built, Given, vectors};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
struct File {
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
struct Valid {
    name: String,
    #[serde(flatten)]
    given: Given,
    json: String,
    xml: String,
}

#[derive(Deserialize)]
struct Invalid {
    name: String,
    #[serde(flatten)]
    given: Given,
    field: String,
}

#[test]
fn bodies() {
    for row in vectors::<File>("requests").valid {
        let built = row.given.build().unwrap_or_else(|e| panic!("{}: {e}", row.name));
        let partner = row.given.partner().unwrap();
        for (format, body) in [(Format::Json, row.json), (Format::Xml, row.xml)] {
            let encoded = encode(built.request(), &partner, format);
            assert_eq!(String::from_utf8(encoded).unwrap(), body, "{}", row.name);
        }
    }
}

#[tokio::test]
async fn nothing_invalid_is_sent_or_recorded() {
    for row in vectors::<File>("requests").invalid {
        let transport = Scripted::new([Played::Break]);
        let journal = Arc::new(MemoryJournal::new());
        let error = attempt(&row.given, &transport, &journal).await.expect_err(&row.name);
        assert_eq!(error.field(), Some(row.field.as_str()), "{}: {error}", row.name);
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::InvalidInput, Delivery::NotSent), "{}", row.name);
        assert_eq!(error.attempts(), 0, "{}", row.name);
        assert!(transport.sent().is_empty(), "{}", row.name);
    }
}

/// Builds the request and gives it to a client; whatever became of it, the journal must be empty.
async fn attempt(given: &Given, transport: &Scripted, journal: &Arc<MemoryJournal>) -> Result<(), Error> {
    let built = given.build()?;
    let client = client(given, transport).journal(journal.clone()).build().unwrap();
    let outcome = match built {
        Built::Activate(sale, _) => client.activate(sale).await,
        Built::Deactivate(reversal) => client.deactivate(reversal).await,
        Built::StatusCheck(check) => client.status(check).await,
    };
    assert!(client.transactions(&Filter::default()).await.unwrap().is_empty());
    outcome.map(|_| ())
}

/// The JSON of an activation with this source.
pub(super) fn activation_body(source: TransactionSource) -> String {
    let partner = PartnerId::new("Awssb").unwrap();
    let id = RequestId::new("Awssb1", &partner).unwrap();
    let amount = Amount::new("10", Currency::Usd).unwrap();
    let sale = Activate::new(CardNumber::new("1700000005489413").unwrap(), amount).source(source);
    String::from_utf8(encode(Request::Activate(&sale, &id), &partner, Format::Json)).unwrap()
}
