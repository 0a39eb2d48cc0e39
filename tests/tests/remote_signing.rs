//! A server that signs for its apps: it signs what its rules allow, and nothing else.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use jiff::Timestamp;
use posa_core::engine::Retry;
use posa_core::journal::MemoryJournal;
use posa_core::model::{Operation, Region, ShortForm, SourceDetails};
use posa_core::sign::canonical::payload_hash;
use posa_core::sign::remote::{
    Signed, SigningRequest, SigningRules, sign_json, sign_request, signer_failed, signer_unreachable,
};
use posa_core::sign::{Credentials, SigV4, SignedHeaders, Signer, Unsigned};
use posa_core::transport::{Played, Scripted};
use posa_core::wire::{Format, Request, encode};
use posa_core::{
    Activate, Amount, BoxFuture, CardNumber, Client, Currency, Deactivate, Delivery, Endpoint, Environment, Error,
    ErrorKind, IdTag, Marketplace, PartnerId, RequestId, StatusCheck, TransactionSource,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const CARD: &str = "1400000005567585358";
const HOST: &str = "127.0.0.1:8080";

fn partner() -> PartnerId {
    PartnerId::new("Awssb").unwrap()
}

fn id() -> RequestId {
    RequestId::new("AwssbS0421", &partner()).unwrap()
}

fn rules() -> SigningRules {
    let endpoint = Endpoint::custom("http://127.0.0.1:8080", Region::NorthAmerica).unwrap();
    SigningRules::new(partner(), endpoint, IdTag::new("S042").unwrap())
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
    let rules = rules.institution("P1").program("P7");
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

/// A return and a status check of the card under an id.
fn later_steps(id: &RequestId, partner: &PartnerId) -> [Asked; 2] {
    let card = CardNumber::new(CARD).unwrap();
    let (reversal, check) = (Deactivate::new(id.clone(), card.clone()), StatusCheck::new(id.clone(), card));
    [(Operation::Deactivate, Request::Deactivate(&reversal)), (Operation::StatusCheck, Request::StatusCheck(&check))]
        .map(|(operation, request)| Asked::new(operation, encode(request, partner, Format::Json)))
}

#[tokio::test]
async fn i38_nothing_is_returned_but_what_these_tills_sold() {
    for other in ["Awssb1", "AwssbS0431", "AwssbS04", "Awssbs0421", "Awssb1S0421", "Awssb0D0J5CNB3KW9T37RHJEV1MD56HFM7"]
    {
        let other = RequestId::new(other, &partner()).unwrap();
        for asked in later_steps(&other, &partner()) {
            asked.refused(&rules(), "request_id").await;
        }
        let body = encode(Request::Activate(&sale("25"), &other), &partner(), Format::Json);
        Asked::new(Operation::Activate, body).refused(&rules(), "request_id").await;
    }
}

#[tokio::test]
async fn i38_a_tills_own_ids_have_the_tag_whatever_makes_them() {
    let transport = Scripted::new(Vec::new());
    let client = till(transport.clone(), Arc::new(signer())).build().unwrap();
    let batch = client.batch_id("november", &sale("25")).await.unwrap();
    let error = client.activate(sale("25")).await.unwrap_err();
    let made = RequestId::new(error.request_id().unwrap(), &partner()).unwrap();
    for id in [batch, made] {
        for asked in later_steps(&id, &partner()) {
            asked.sign(&rules()).await.unwrap();
        }
    }
    let foreign = sale("25").request_id(RequestId::new("Awssb1", &partner()).unwrap());
    let error = client.activate(foreign).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("request_id")), "{error}");
}

#[test]
fn a_tag_is_a_letter_and_three_letters_or_digits() {
    for tag in ["S042", "ZZZZ", "A000"] {
        assert_eq!(IdTag::new(tag).unwrap().as_str(), tag);
    }
    for tag in ["", "S04", "S0421", "1042", "s042", "S04-", "S04 ", "\u{c9}04"] {
        assert_eq!(IdTag::new(tag).unwrap_err().field(), Some("id_tag"), "{tag}");
    }
}

#[tokio::test]
async fn mock_ids_are_signed_for_a_sandbox_alone() {
    let mock = RequestId::new("F2005", &partner()).unwrap();
    for asked in later_steps(&mock, &partner()) {
        asked.sign(&rules()).await.unwrap();
    }
    let live = Endpoint::of(Marketplace::UnitedStates, Environment::Production);
    let rules = SigningRules::new(partner(), live.clone(), IdTag::new("S042").unwrap());
    for mut asked in later_steps(&mock, &partner()) {
        asked.headers[2].1 = live.host().to_owned();
        asked.refused(&rules, "request_id").await;
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
    let rules = rules().store("S1").institution("P1");
    Asked::activation(&sale("25")).refused(&rules, "source_id").await;
    for shape in [ShortForm::IdText, ShortForm::TwoMembers] {
        let at = |store| sale("25").source(TransactionSource::short_with(store, "P1", None, shape).unwrap());
        Asked::activation(&at("S1")).sign(&rules).await.unwrap();
        Asked::activation(&at("S9")).refused(&rules, "source_id").await;
    }
}

#[tokio::test]
async fn institutions_programs_and_product_types_are_those_of_the_rules() {
    let at = |store, parent| sale("25").source(TransactionSource::short(store, parent).unwrap());
    let own = rules().store("S1");
    Asked::activation(&at("S1", "S1")).sign(&own).await.unwrap();
    Asked::activation(&at("S1", "P1")).refused(&own, "institution_id").await;
    let chain = rules().institution("P1");
    Asked::activation(&at("S9", "P1")).sign(&chain).await.unwrap();
    Asked::activation(&at("S9", "P2")).refused(&chain, "institution_id").await;
    Asked::activation(&sale("25")).refused(&chain, "institution_id").await;

    let program = |id| sale("25").program_id(id).unwrap();
    Asked::activation(&program("P7")).refused(&rules(), "program_id").await;
    Asked::activation(&program("P8")).refused(&rules().program("P7"), "program_id").await;
    Asked::activation(&program("P7")).sign(&rules().program("P7")).await.unwrap();
    Asked::activation(&sale("25")).sign(&rules().program("P7")).await.unwrap();
    let voucher = sale("25").product_type("bookPV").unwrap();
    Asked::activation(&voucher).refused(&rules(), "product_type").await;
    Asked::activation(&voucher).sign(&rules().product_type("bookPV")).await.unwrap();
}

#[tokio::test]
async fn every_member_is_as_a_client_would_have_checked_it() {
    let source = TransactionSource::long("S1", "P1", SourceDetails::builder("Shop").build().unwrap()).unwrap();
    let sale = sale("25").source(source).external_reference("till 4").unwrap().program_id("P7").unwrap();
    let rules = rules().program("P7");
    let body = String::from_utf8(activation(&sale)).unwrap();
    Asked::new(Operation::Activate, body.clone().into_bytes()).sign(&rules).await.unwrap();
    let changed = [
        ("\"till 4\"", format!("\"{}\"", "x".repeat(101)), "external_reference"),
        ("\"till 4\"", "\"\\u0000\"".to_owned(), "external_reference"),
        ("\"S1\"", format!("\"{}\"", "x".repeat(21)), "source_id"),
        ("\"P1\"", "\"\"".to_owned(), "institution_id"),
        ("Shop", "x".repeat(200), "source_details"),
        ("institutionName", "name".to_owned(), "source_details"),
        ("\"P7\"", "\"P 7\"".to_owned(), "program_id"),
        (CARD, "1400 0000 0556 7585 358".to_owned(), "card_number"),
        (CARD, CARD[..17].to_owned(), "card_number"),
        ("AwssbS0421", "x".repeat(41), "request_id"),
        ("AwssbS0421", format!("AwssbS042{}", "1".repeat(32)), "request_id"),
        ("\"USD\"", "\"usd\"".to_owned(), "currency"),
        ("25", "2000.01".to_owned(), "amount"),
        // Readable, and no more than a client means; but not the bytes that it sends.
        ("\"till 4\"", "\"till\\u00204\"".to_owned(), "body"),
        ("\"amount\":25", "\"amount\":25.0".to_owned(), "body"),
        ("\"value\"", " \"value\"".to_owned(), "body"),
        ("\"sourceId\"", "\"UPC\":\"1\",\"sourceId\"".to_owned(), "body"),
    ];
    for (was, is, field) in changed {
        let changed = body.replacen(was, &is, 1);
        assert_ne!(changed, body, "{was}");
        Asked::new(Operation::Activate, changed.into_bytes()).refused(&rules, field).await;
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

/// A till with the tag of these rules, over a transport that answers nothing.
fn till(transport: Scripted, signer: Arc<dyn Signer>) -> posa_core::ClientBuilder {
    Client::builder(partner(), Endpoint::custom("http://127.0.0.1:8080", Region::NorthAmerica).unwrap())
        .id_tag(IdTag::new("S042").unwrap())
        .signer(signer)
        .journal(Arc::new(MemoryJournal::new()))
        .transport(Arc::new(transport))
        .retry(Retry { attempts: 5, ..Retry::default() })
}

/// A signer elsewhere that signs from the third time on, and fails in its own way before.
struct Flaky {
    asked: AtomicU32,
    fails: fn() -> Option<Error>,
}

impl Flaky {
    fn new(fails: fn() -> Option<Error>) -> Arc<Self> {
        Arc::new(Self { asked: AtomicU32::new(0), fails })
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Signer for Flaky {
    fn sign<'a>(&'a self, request: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        let first = self.asked.fetch_add(1, Ordering::SeqCst) < 2;
        Box::pin(async move {
            match (first, (self.fails)()) {
                (false, _) => signer().sign(request).await,
                (true, Some(error)) => Err(error),
                (true, None) => std::future::pending().await,
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_is_away_for_a_moment_costs_no_sale() {
    for fails in [(|| Some(signer_unreachable("no route"))) as fn() -> _, || None] {
        let (flaky, transport) = (Flaky::new(fails), Scripted::new([Played::Break]));
        let client = till(transport.clone(), flaky.clone()).build().unwrap();
        let _ = client.activate(sale("25")).await;
        assert!(flaky.asked() >= 3 && !transport.sent().is_empty(), "{}", flaky.asked());
    }
}

#[tokio::test(start_paused = true)]
async fn i12_a_signer_that_stays_away_is_unreachable_and_nothing_is_sent() {
    for (fails, deadline) in [((|| Some(signer_unreachable("no route"))) as fn() -> _, 30_000), (|| None, 9_000)] {
        let (flaky, transport) = (Flaky::new(fails), Scripted::new(Vec::new()));
        let retry = Retry { attempts: 2, ..Retry::default() };
        let client = till(transport.clone(), flaky.clone()).retry(retry).deadline(Duration::from_millis(deadline));
        let error = client.build().unwrap().activate(sale("25")).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Unreachable, Delivery::NotSent), "{error}");
        assert_eq!((flaky.asked(), transport.sent().len(), error.attempts()), (2, 0, 0));
        assert!(error.request_id().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_refuses_is_not_asked_again() {
    let (flaky, transport) = (Flaky::new(|| Some(signer_failed("over the limit"))), Scripted::new(Vec::new()));
    let error = till(transport.clone(), flaky.clone()).build().unwrap().activate(sale("25")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Authentication, Delivery::NotSent));
    assert_eq!((flaky.asked(), transport.sent().len()), (1, 0));
}

#[tokio::test]
async fn a_card_in_groups_is_not_signed_for_the_gateway_reads_its_spaces() {
    let body = String::from_utf8(activation(&sale("25"))).unwrap();
    let spaced = body.replace(CARD, &format!("{} {}", &CARD[..4], &CARD[4..]));
    assert_ne!(spaced, body);
    Asked::new(Operation::Activate, spaced.into_bytes()).refused(&rules(), "card_number").await;
}
