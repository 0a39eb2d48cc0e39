//! A server that signs for its apps: it signs what its rules allow, and nothing else.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use jiff::Timestamp;
use posa_core::model::{Operation, Region, ShortForm, SourceDetails};
use posa_core::sign::canonical::payload_hash;
use posa_core::sign::remote::{Signed, SigningRequest, SigningRules, sign_json, sign_request, signer_failed};
use posa_core::sign::{Credentials, SigV4, SignedHeaders, Signer, Unsigned};
use posa_core::wire::{Format, Request, encode};
use posa_core::{
    Activate, Amount, CardNumber, Currency, Deactivate, Delivery, Endpoint, Error, ErrorKind, PartnerId, RequestId,
    StatusCheck, TransactionSource,
};

const CARD: &str = "1400000005567585358";
const HOST: &str = "127.0.0.1:8080";

fn partner() -> PartnerId {
    PartnerId::new("Awssb").unwrap()
}

fn id() -> RequestId {
    RequestId::new("Awssb1", &partner()).unwrap()
}

fn rules() -> SigningRules {
    SigningRules::new(partner(), Endpoint::custom("http://127.0.0.1:8080", Region::NorthAmerica).unwrap())
}

fn signer() -> SigV4 {
    SigV4::new(Region::NorthAmerica, Credentials::new("AKIDEXAMPLE", "a-secret").unwrap())
}

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn sale(amount: &str) -> Activate {
    Activate::new(CardNumber::new(CARD).unwrap(), Amount::new(amount, Currency::Usd).unwrap())
}

fn activation(sale: &Activate) -> Vec<u8> {
    encode(Request::Activate(sale, &id()), &partner(), Format::Json)
}

/// As an app asks, with one thing changed.
struct Asked {
    method: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    payload_hash: Option<String>,
    body: Vec<u8>,
}

impl Asked {
    fn new(operation: Operation, body: Vec<u8>) -> Self {
        let unsigned = Unsigned { operation, format: Format::Json, host: HOST, body: &body, now: now() };
        let headers = unsigned.headers().map(|(name, value)| (name, value.to_owned())).to_vec();
        Self { method: "POST", path: operation.path(), headers, payload_hash: Some(payload_hash(&body)), body }
    }

    fn activation(sale: &Activate) -> Self {
        Self::new(Operation::Activate, activation(sale))
    }

    async fn sign(&self, rules: &SigningRules) -> Result<Signed, Error> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = SigningRequest {
            method: self.method,
            path: self.path,
            headers: &headers,
            payload_hash: self.payload_hash.as_deref(),
            body: &self.body,
        };
        sign_request(&signer(), rules, &request, now()).await
    }

    async fn refused(&self, rules: &SigningRules, field: &str) {
        let error = self.sign(rules).await.expect_err(field);
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)), "{error}");
        assert!(!format!("{error} {error:?}").contains(&CARD[..12]), "{error:?}");
    }
}

#[tokio::test]
async fn what_the_rules_allow_is_signed_as_the_client_itself_would() {
    let source = TransactionSource::long("S1", "P1", SourceDetails::builder("Shop").build().unwrap()).unwrap();
    let sale = sale("25.00").source(source).external_reference("till 4").unwrap().program_id("P7").unwrap();
    let asked = Asked::activation(&sale);
    let rules = rules().limit(Amount::new("25.00", Currency::Usd).unwrap()).store("S2").store("S1");
    let Signed { headers, what } = asked.sign(&rules).await.unwrap();
    let operation = Operation::Activate;
    let unsigned = Unsigned { operation, format: Format::Json, host: HOST, body: &asked.body, now: now() };
    assert_eq!(headers, signer().sign(unsigned).await.unwrap());
    assert_eq!(what.operation, operation);
    assert_eq!(what.request_id, id());
    assert_eq!(what.card.digits(), CARD);
    assert_eq!(what.amount.unwrap().to_string(), "25.00 USD");
    assert_eq!(what.source_id.as_deref(), Some("S1"));
}

#[tokio::test]
async fn reversals_and_status_checks_are_signed() {
    let card = CardNumber::new(CARD).unwrap();
    let (reversal, check) = (Deactivate::new(id(), card.clone()), StatusCheck::new(id(), card));
    for (operation, request) in [
        (Operation::Deactivate, Request::Deactivate(&reversal)),
        (Operation::StatusCheck, Request::StatusCheck(&check)),
    ] {
        let asked = Asked::new(operation, encode(request, &partner(), Format::Json));
        let signed = asked.sign(&rules().store("S1")).await.unwrap();
        assert_eq!((signed.what.operation, signed.what.request_id), (operation, id()));
    }
}

#[tokio::test]
async fn the_operation_is_that_of_path_headers_and_body() {
    let only_status = rules().operations([Operation::StatusCheck]);
    Asked::activation(&sale("25")).refused(&only_status, "operation").await;
    let path = Asked { path: "/ActivationStatusCheck", ..Asked::activation(&sale("25")) };
    path.refused(&only_status, "headers").await;
    let disguised = Asked { body: activation(&sale("25")), ..Asked::new(Operation::StatusCheck, Vec::new()) };
    let disguised = Asked { payload_hash: None, ..disguised };
    disguised.refused(&only_status, "body").await;
    Asked { path: "/ActivateGiftCard/", ..Asked::activation(&sale("25")) }.refused(&rules(), "path").await;
    Asked { method: "PUT", ..Asked::activation(&sale("25")) }.refused(&rules(), "method").await;
}

#[tokio::test]
async fn headers_are_those_that_are_signed() {
    let mut asked = Asked::activation(&sale("25"));
    asked.headers.push(("X-Amz-Date", "20000101T000000Z".into()));
    asked.sign(&rules()).await.unwrap();
    asked.headers.push(("host", HOST.into()));
    asked.refused(&rules(), "headers").await;
    asked.headers.truncate(3);
    asked.refused(&rules(), "headers").await;
    let mut elsewhere = Asked::activation(&sale("25"));
    elsewhere.headers[2].1 = "agcod-v2.amazon.com".into();
    elsewhere.refused(&rules(), "headers").await;
}

#[tokio::test]
async fn the_hash_is_that_of_the_body() {
    let other = Asked { body: activation(&sale("26")), ..Asked::activation(&sale("25")) };
    other.refused(&rules(), "payload_hash").await;
    Asked { payload_hash: None, ..Asked::activation(&sale("25")) }.sign(&rules()).await.unwrap();
}

#[tokio::test]
async fn amounts_are_limited() {
    let limited = rules().limit(Amount::new("100", Currency::Usd).unwrap());
    Asked::activation(&sale("100.00")).sign(&limited).await.unwrap();
    Asked::activation(&sale("100.01")).refused(&limited, "amount").await;
    let euros = Activate::new(CardNumber::new(CARD).unwrap(), Amount::new("1", Currency::Eur).unwrap());
    Asked::activation(&euros).refused(&limited, "currency").await;
    let lowered = limited.limit(Amount::new("50", Currency::Usd).unwrap());
    Asked::activation(&sale("50.01")).refused(&lowered, "amount").await;
}

#[tokio::test]
async fn stores_are_named_in_every_form() {
    let rules = rules().store("S1");
    Asked::activation(&sale("25")).refused(&rules, "source_id").await;
    for shape in [ShortForm::IdText, ShortForm::TwoMembers] {
        let at = |store| sale("25").source(TransactionSource::short_with(store, "P1", None, shape).unwrap());
        Asked::activation(&at("S1")).sign(&rules).await.unwrap();
        Asked::activation(&at("S9")).refused(&rules, "source_id").await;
    }
}

#[tokio::test]
async fn another_partners_sale_is_refused() {
    let other = PartnerId::new("Other").unwrap();
    let id = RequestId::new("Other1", &other).unwrap();
    let body = encode(Request::Activate(&sale("25"), &id), &other, Format::Json);
    Asked::new(Operation::Activate, body).refused(&rules(), "partner_id").await;
}

#[tokio::test]
async fn a_body_that_could_be_read_in_two_ways_is_refused() {
    let body = String::from_utf8(activation(&sale("25"))).unwrap();
    let amount = "\"amount\":25";
    assert!(body.contains(amount));
    for changed in [
        body.replace(amount, "\"amount\":25,\"amount\":2000"),
        body.replace(amount, "\"Amount\":2000,\"amount\":25"),
        body.replace(amount, "\"amount\":\"25\""),
        body.replace(amount, "\"amount\":2.5e3"),
        body.replace("\"partnerId\"", "\"partnerId\":\"Other\",\"partnerId\""),
        body.replace('}', ""),
        body.clone() + "{}",
        format!("[{body}]"),
        String::new(),
    ] {
        let asked = Asked::new(Operation::Activate, changed.clone().into_bytes());
        let error = asked.sign(&rules()).await.expect_err(&changed);
        assert!(matches!(error.field(), Some("body" | "amount")), "{changed}: {error}");
    }
    let xml = encode(Request::Activate(&sale("25"), &id()), &partner(), Format::Xml);
    Asked::new(Operation::Activate, xml).refused(&rules(), "body").await;
}

#[tokio::test]
async fn the_question_as_it_travels_is_signed_alike() {
    let body = activation(&sale("25.00"));
    let unsigned =
        Unsigned { operation: Operation::Activate, format: Format::Json, host: HOST, body: &body, now: now() };
    let signed = sign_json(&signer(), &rules(), unsigned.to_json().as_bytes(), now()).await.unwrap();
    assert_eq!(signed.headers, signer().sign(unsigned).await.unwrap());
    let answer: serde_json::Value = serde_json::from_str(&signed.headers.to_json()).unwrap();
    assert_eq!(answer["headers"]["authorization"], signed.headers.authorization);
    assert_eq!(answer["headers"]["x-amz-date"], "20260102T030405Z");
}

#[tokio::test]
async fn a_question_of_another_form_is_refused_without_repeating_it() {
    let body = activation(&sale("25.00"));
    let unsigned =
        Unsigned { operation: Operation::Activate, format: Format::Json, host: HOST, body: &body, now: now() };
    let question = unsigned.to_json();
    for changed in [
        String::new(),
        "[]".to_owned(),
        question.replace("\"method\"", "\"verb\""),
        question.replace("\"POST\"", "7"),
        question.replace("{\"method\"", "{\"more\":1,\"method\""),
        question.replace("\"path\"", "\"path\":\"/\",\"path\""),
        question.clone() + CARD,
    ] {
        let error = sign_json(&signer(), &rules(), changed.as_bytes(), now()).await.expect_err(&changed);
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("message")), "{changed}: {error}");
        assert!(!format!("{error:?}").contains(&CARD[..12]), "{error:?}");
    }
}

#[test]
fn an_answer_is_read_only_if_it_has_the_form_of_a_signature() {
    let date = ("X-Amz-Date", "20260102T030405Z");
    let authorization = "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/AGCODService/aws4_request, \
                         SignedHeaders=host, Signature=00";
    let read = |headers: &[(&'static str, &'static str)]| SignedHeaders::from_headers(headers.iter().copied());
    let headers = read(&[date, ("Authorization", authorization), ("content-type", "text/plain")]).unwrap();
    assert_eq!((headers.amz_date.as_str(), headers.authorization.as_str()), (date.1, authorization));
    let wrong: [&[(&str, &str)]; 6] = [
        &[],
        &[date],
        &[("authorization", authorization)],
        &[("x-amz-date", "2026-01-02T03:04"), ("authorization", authorization)],
        &[date, ("authorization", "Bearer secret-token")],
        &[date, ("authorization", "AWS4-HMAC-SHA256 Credential=\r\nX: SignedHeaders= Signature=")],
    ];
    for headers in wrong {
        let error = read(headers).expect_err("a wrong answer");
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Authentication, Delivery::NotSent));
        assert!(!error.to_string().contains("secret-token"), "{error}");
    }
}

#[test]
fn a_signers_own_words_are_cut_and_show_no_card() {
    let error = signer_failed(&format!("card {CARD} {}", "x".repeat(500)));
    assert!(error.to_string().len() < 300 && !error.to_string().contains(&CARD[..12]), "{error}");
}

#[tokio::test]
async fn a_card_in_groups_is_not_signed_for_the_gateway_reads_its_spaces() {
    let body = String::from_utf8(activation(&sale("25"))).unwrap();
    let spaced = body.replace(CARD, &format!("{} {}", &CARD[..4], &CARD[4..]));
    assert_ne!(spaced, body);
    Asked::new(Operation::Activate, spaced.into_bytes()).refused(&rules(), "card_number").await;
}
