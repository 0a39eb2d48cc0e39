use crate::harness::*;
use posa_core::ErrorKind;
use posa_core::engine::{Verdict, classify};
use posa_core::journal::Filter;
use posa_core::model::{Amount, Currency, Expiration, SourceDetails, TransactionSource};
use posa_core::sign::Credentials;
use posa_core::transport::{HttpResponse, Played};
use posa_core::wire::{Format, Request, decode, encode};

#[test]
fn i27_amounts_keep_every_digit_from_text_to_wire() {
    for (text, wire) in [
        ("0.29", "0.29"),
        ("1.10", "1.10"),
        ("19.99", "19.99"),
        ("1999.01", "1999.01"),
        ("25.00", "25"),
        ("0.07", "0.07"),
    ] {
        let sale = posa_core::Activate::new(card(), usd(text));
        let id = id("Awssb1");
        let json = String::from_utf8(encode(Request::Activate(&sale, &id), &partner(), Format::Json)).unwrap();
        assert!(json.contains(&format!("\"amount\":{wire}}}")), "{json}");
        let xml = String::from_utf8(encode(Request::Activate(&sale, &id), &partner(), Format::Xml)).unwrap();
        assert!(xml.contains(&format!("<amount>{wire}</amount>")), "{xml}");
    }
    assert_eq!(Amount::new("500", Currency::Jpy).unwrap().minor_units(), 500);
    assert_eq!(Amount::new("500.5", Currency::Jpy).unwrap_err().field(), Some("amount"));
}

#[test]
fn d1_card_numbers_show_their_last_four_digits_only() {
    assert_eq!(card().to_string(), "...7585");
    assert_eq!(format!("{:?}", card()), "CardNumber(...7585)");
}

#[test]
fn i29_a_card_number_in_the_wrong_place_is_not_repeated() {
    let wrong = [
        Amount::new(CARD, Currency::Usd).unwrap_err(),
        Amount::new("1400000005567585", Currency::Jpy).unwrap_err(),
        Amount::new("1400000005567585.999", Currency::Usd).unwrap_err(),
        Amount::from_minor(1_400_000_005_567_585, Currency::Usd).unwrap_err(),
        posa_core::RequestId::new(CARD, &partner()).unwrap_err(),
        posa_core::PartnerId::new(CARD).unwrap_err(),
        CARD.parse::<Currency>().unwrap_err(),
    ];
    for error in wrong {
        assert!(!format!("{error} {error:?}").contains("55675"), "{error}");
    }
}

#[test]
fn i29_words_of_the_gateway_are_shown_without_cards_in_groups_and_without_signatures() {
    let signature = "0123456789abcdef".repeat(4);
    let cases = [
        ("card 1400 0000 0556 7585 358 not found", "card ... not found"),
        ("card 1400-0000-0556-7585, twice", "card ..., twice"),
        ("1400\t0000\n0556 7585", "..."),
        (&*format!("Signature={signature}, refused"), "Signature=..., refused"),
        (&*format!("ab{}", "1400000005567585"), "ab..."),
        ("on 2026-11-02 at 14:05, 1700000000, F200", "on 2026-11-02 at 14:05, 1700000000, F200"),
    ];
    for (said, shown) in cases {
        let body = serde_json::json!({"errorCode": "F200", "errorType": "CardNotFound", "message": said});
        let response = HttpResponse { status: 400, body: body.to_string().into(), ..HttpResponse::default() };
        let Verdict::Failed(failure) = classify(Request::StatusCheck(&check("Awssb1")), &response) else { panic!() };
        assert_eq!(failure.message, format!("the gateway answered {shown:?}"));
    }
}

#[test]
fn i29_an_answer_prints_no_card_number_whichever_member_has_it() {
    for member in ["status", "activationRequestId", "errorCode", "errorType", "__type"] {
        let text = format!("x#{CARD}Exception");
        let answer = decode(serde_json::json!({member: text, "message": "m"}).to_string().as_bytes()).unwrap();
        assert!(!format!("{answer:?}").contains("55675"), "{answer:?}");
    }
    let expiration = Expiration::new(CARD);
    assert!(!format!("{expiration:?}").contains("55675"), "{expiration:?}");
}

#[tokio::test(start_paused = true)]
async fn i29_no_secret_signature_or_card_number_is_ever_shown() {
    let hostile = format!("card {CARD} and 1400000005567585 were refused");
    let leaking = serde_json::json!({"errorCode": "F200", "errorType": "CardNumberNotFound", "message": hostile,
        "agcodResponse": {"status": "FAILURE", "cardInfo": {"cardNumber": CARD}}});
    let echoing = refusal(
        "IncompleteSignatureException",
        "Authorization=AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, Signature=0123456789abcdef",
    );
    let script = [
        Played::Answer(400, leaking.to_string().into_bytes()),
        Played::Answer(403, echoing),
        success_but(|answer| answer["cardInfo"]["cardStatus"] = format!("Activated {CARD}").into()),
        success(),
    ];
    let till = Till::new(script);
    let details = SourceDetails::builder("Corner Shop").build().unwrap();
    let sale = |at: &str| sale_as(at).source(TransactionSource::long("store-1", "store-1", details.clone()).unwrap());
    let mut shown =
        vec![format!("{:?}", till.client), format!("{:?}", Credentials::new("AKIDEXAMPLE", SECRET).unwrap())];
    for attempt in 0..3 {
        let error = till.client.activate(sale(&format!("Awssb{attempt}"))).await.unwrap_err();
        shown.extend([error.to_string(), format!("{error:?}")]);
    }
    let receipt = till.client.activate(sale("Awssb2")).await.unwrap();
    shown.push(format!("{receipt:?}"));
    for row in till.client.transactions(&Filter::default()).await.unwrap() {
        shown.push(format!("{row:?}"));
    }
    for request in till.network.sent() {
        shown.push(format!("{request:?}"));
    }
    shown.extend(till.events.lock().unwrap().iter().cloned());
    let signature = header(&till.network.sent()[0], "authorization").rsplit_once("Signature=").unwrap().1.to_owned();
    assert!(shown.len() > 15);
    for text in shown {
        for forbidden in [SECRET, CARD, "1400000005567585", "0123456789abcdef", &signature] {
            assert!(!text.contains(forbidden), "{forbidden} is shown in {text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_refused_before_anything_is_recorded_or_sent() {
    let till = Till::new([success()]);
    let foreign = posa_core::RequestId::recorded("Other1").unwrap();
    let symbols = posa_core::RequestId::recorded("Awssb.1").unwrap();
    for wrong in [foreign, symbols] {
        let error = till.client.activate(sale().request_id(wrong)).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("request_id")));
    }
    assert!(till.client.transactions(&Filter::default()).await.unwrap().is_empty());
    assert!(till.network.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_mock_id_is_refused_outside_a_sandbox() {
    use posa_core::model::{Endpoint, Environment, Marketplace};
    let network = posa_core::transport::Scripted::new([success()]);
    let production = Endpoint::of(Marketplace::UnitedStates, Environment::Production);
    let client = posa_core::Client::builder(partner(), production)
        .credentials(Credentials::new("AKIDEXAMPLE", SECRET).unwrap())
        .journal(std::sync::Arc::new(posa_core::journal::NoJournal))
        .transport(std::sync::Arc::new(network.clone()))
        .build()
        .unwrap();
    let refused = [
        client.activate(sale_as("F2005")).await,
        client.deactivate(reversal("F2005")).await,
        client.status(check("F2005")).await,
    ];
    for answer in refused {
        assert_eq!(answer.unwrap_err().field(), Some("request_id"));
    }
    assert!(network.sent().is_empty());
}
