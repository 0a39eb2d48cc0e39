use posa_core::engine::{Verdict, classify};
use posa_core::inventory::{Inventory, read_stores};
use posa_core::model::{Expiration, Region, SourceDetails};
use posa_core::sign::{Credentials, explain};
use posa_core::transport::HttpResponse;
use posa_core::wire::{self, Request};
use posa_core::{
    Activate, Amount, CardNumber, Currency, Endpoint, Marketplace, PartnerId, RequestId, StatusCheck, TransactionSource,
};
use proptest::prelude::*;

/// Texts of any characters, and texts that are nearly right.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9 .,eE+$-]{0,24}",
        "(Awssb|F)[0-9A-Za-z]{0,45}",
        "https?://[a-z0-9.:@/\\[\\]-]{0,30}",
        "[{\\[<\"]{0,5}[a-zA-Z\":,/>{} ]{0,60}",
        "(Card Number|Checksum|Amount|sourceId|institutionName|[,;\t\r\n\"]|[0-9$.=+@-]{1,19}){0,30}",
    ]
}

proptest! {
    #![proptest_config(super::config(256))]

    #[test]
    fn no_text_makes_a_constructor_panic(text in texts(), other in texts()) {
        let partner = PartnerId::new("Awssb").unwrap();
        let card = CardNumber::new("1400000005567585358").unwrap();
        let amount = Amount::new("10", Currency::Usd).unwrap();
        for currency in Currency::ALL {
            let _ = Amount::new(&text, currency);
            let _ = Amount::typed(&text, ",", currency);
            let _ = Amount::typed(&text, &other, currency);
        }
        let _ = CardNumber::new(&text);
        let _ = CardNumber::scanned(&text);
        let _ = PartnerId::new(&text);
        let _ = text.parse::<Currency>();
        let _ = text.parse::<Marketplace>();
        let _ = text.parse::<Region>();
        let _ = RequestId::new(&text, &partner);
        let _ = RequestId::recorded(&text);
        let _ = Endpoint::custom(&text, Region::Europe);
        let _ = Credentials::new(text.as_str(), other.as_str());
        let _ = SourceDetails::from_json(&text);
        let _ = SourceDetails::builder(&text).city(&other).build();
        let _ = TransactionSource::short_with(&text, &other, Some(&text), Default::default());
        let _ = Activate::new(card.clone(), amount).external_reference(&text);
        let _ = Activate::new(card, amount).program_id(&text).and_then(|sale| sale.product_type(&other));
        let _ = Expiration::new(&text);
        let _ = explain(&text, &other);
        let _ = Inventory::read(text.as_bytes(), Currency::Eur);
        let _ = read_stores(text.as_bytes());
    }

    #[test]
    fn no_body_makes_reading_panic_or_passes_for_a_success(
        body in prop::collection::vec(any::<u8>(), 0..400),
        text in texts(),
        status in 100u16..600,
    ) {
        let partner = PartnerId::new("Awssb").unwrap();
        let id = RequestId::new("Awssb1", &partner).unwrap();
        let check = StatusCheck::new(id, CardNumber::new("1400000005567585").unwrap());
        for body in [body, text.into_bytes()] {
            let _ = wire::decode(&body);
            let _ = std::str::from_utf8(&body).map(wire::xml::parse);
            let response = HttpResponse { status, body: body.into(), ..HttpResponse::default() };
            let verdict = classify(Request::StatusCheck(&check), &response);
            prop_assert!(matches!(verdict, Verdict::Failed(_)));
        }
    }

    #[test]
    fn no_damaged_answer_passes_for_another(at in 0usize..200, byte in any::<u8>()) {
        let body = concat!(
            r#"{"cardInfo":{"cardNumber":"1400000005567585","cardStatus":"Activated","expirationDate":null,"#,
            r#""value":null},"status":"SUCCESS","statusCheckRequestId":"Awssb1"}"#
        );
        let status = body.find("Activated").unwrap();
        let partner = PartnerId::new("Awssb").unwrap();
        let id = RequestId::new("Awssb1", &partner).unwrap();
        let check = StatusCheck::new(id, CardNumber::new("1400000005567585").unwrap());
        let mut damaged = body.as_bytes().to_vec();
        let at = at % damaged.len();
        damaged[at] = byte;
        let response = HttpResponse { status: 200, body: damaged.into(), ..HttpResponse::default() };
        if let Verdict::Done(confirmed) = classify(Request::StatusCheck(&check), &response) {
            let in_the_status = (status..status + "Activated".len()).contains(&at);
            prop_assert!(in_the_status || confirmed.card_status.as_str() == "Activated", "byte {} at {}", byte, at);
        }
    }
}
