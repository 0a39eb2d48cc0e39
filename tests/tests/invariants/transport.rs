use crate::harness::*;
use posa_core::engine::{Limiter, Retry};
use posa_core::journal::{MemoryJournal, NoJournal};
use posa_core::model::{Endpoint, Environment, Marketplace, Region};
use posa_core::sign::Credentials;
use posa_core::transport::{
    HttpOptions, HttpRequest, HttpResponse, HttpTransport, Played, Scripted, Transport, TransportError,
};
use posa_core::{BoxFuture, Client, Delivery, ErrorKind, RequestId};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn i22_all_attempts_share_one_deadline() {
    let till = Till::new((0..20).map(|_| Played::Silence));
    let began = Instant::now();
    let error = till.client.activate(sale()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(began.elapsed() <= Duration::from_secs(30), "{:?}", began.elapsed());
    let timeouts: Vec<_> = till.network.sent().iter().map(|request| request.timeout).collect();
    assert!(timeouts.len() >= 3 && timeouts.iter().all(|timeout| *timeout <= Duration::from_secs(6)), "{timeouts:?}");
}

#[tokio::test(start_paused = true)]
async fn i22_an_attempt_gets_no_more_time_than_is_left() {
    let short = |builder: posa_core::ClientBuilder| builder.deadline(Duration::from_secs(2));
    let till = Till::with([Played::Silence], Arc::new(MemoryJournal::new()), short);
    till.client.activate(sale()).await.unwrap_err();
    assert!(till.network.sent()[0].timeout <= Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn i22_pauses_grow_to_a_cap_and_attempts_are_counted() {
    let patient = |builder: posa_core::ClientBuilder| {
        let retry = Retry { attempts: 12, base: Duration::from_millis(200), cap: Duration::from_secs(3) };
        builder.deadline(Duration::from_secs(600)).retry(retry)
    };
    let script = (0..20).map(|_| failure("F500", "GeneralError"));
    let till = Till::with(script, Arc::new(MemoryJournal::new()), patient);
    let began = Instant::now();
    assert_eq!(till.client.activate(sale()).await.unwrap_err().attempts(), 12);
    // 0.2 + 0.4 + 0.8 + 1.6 and seven times 3 seconds at the most.
    assert!(began.elapsed() <= Duration::from_secs(24), "{:?}", began.elapsed());
}

/// Throttles everything and notes when it was asked.
#[derive(Debug, Default)]
struct Throttling {
    asked: Mutex<Vec<Instant>>,
}

impl Transport for Throttling {
    fn send(&self, _request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        self.asked.lock().unwrap().push(Instant::now());
        let body = refusal("ThrottlingException", "Rate exceeded").into();
        Box::pin(async { Ok(HttpResponse { status: 400, body, ..HttpResponse::default() }) })
    }
}

#[tokio::test(start_paused = true)]
async fn i23_no_second_holds_more_than_the_allowed_requests_throttled_or_not() {
    let network = Arc::new(Throttling::default());
    let limiter = Arc::new(Limiter::new(NonZeroU32::new(10).unwrap()));
    let clients: Vec<_> = (0..2)
        .map(|_| {
            let shared = (Arc::clone(&network), Arc::clone(&limiter));
            Till::with([], Arc::new(NoJournal), |b| b.transport(shared.0).shared_limiter(shared.1)).client
        })
        .collect();
    let calls: Vec<_> = (0..40)
        .map(|at| {
            let client = clients[at % 2].clone();
            tokio::spawn(async move { client.activate(sale()).await.unwrap_err().kind() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), ErrorKind::Throttled);
    }
    let mut asked = network.asked.lock().unwrap().clone();
    asked.sort();
    assert!(asked.len() > 100);
    for window in asked.windows(11) {
        assert!(window[10] - window[0] >= Duration::from_secs(1), "eleven requests in {:?}", window[10] - window[0]);
    }
}

fn expired(date: Option<&str>, cached: bool) -> Played {
    let date = date.map(str::to_owned);
    Played::Reply(Box::new(move |_| HttpResponse {
        status: 403,
        date: date.clone(),
        cached,
        body: refusal("InvalidSignatureException", "Signature expired: 20260102T030405Z is now earlier than ...")
            .into(),
        ..HttpResponse::default()
    }))
}

#[tokio::test(start_paused = true)]
async fn i24_skew_is_corrected_once_from_a_trusted_date() {
    let till = Till::new([expired(Some("Fri, 02 Jan 2026 03:44:05 GMT"), false), success(), success()]);
    assert_eq!(till.client.activate(sale()).await.unwrap().attempts, 2);
    let sent = till.network.sent();
    assert_eq!(header(&sent[0], "x-amz-date"), "20260102T030405Z");
    assert_eq!(header(&sent[1], "x-amz-date"), "20260102T034405Z");
    assert!(till.told("skew: 2400"));
    till.client.activate(sale()).await.unwrap();
    assert_eq!(header(&till.network.sent()[2], "x-amz-date"), "20260102T034405Z");
}

#[tokio::test(start_paused = true)]
async fn i24_skew_is_not_learned_from_a_date_that_cannot_be_trusted() {
    let cases = [
        ("no date", expired(None, false)),
        ("from a cache", expired(Some("Fri, 02 Jan 2026 03:44:05 GMT"), true)),
        ("not a date", expired(Some("tomorrow"), false)),
        ("no different", expired(Some("Fri, 02 Jan 2026 03:04:35 GMT"), false)),
    ];
    for (name, answer) in cases {
        let till = Till::new([answer, success()]);
        assert_eq!(till.client.activate(sale()).await.unwrap_err().kind(), ErrorKind::Authentication, "{name}");
        assert!(!till.told("skew:"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn i24_skew_is_corrected_at_most_once_in_an_operation() {
    let script = [
        expired(Some("Fri, 02 Jan 2026 03:44:05 GMT"), false),
        expired(Some("Fri, 02 Jan 2026 09:44:05 GMT"), false),
        success(),
    ];
    let till = Till::new(script);
    let error = till.client.activate(sale()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Authentication, 2));
}

#[test]
fn a_gateway_has_a_host() {
    for url in ["https://:443", "https://:", "https:///", "http://:80"] {
        let error = Endpoint::custom(url, Region::NorthAmerica).unwrap_err();
        assert_eq!(error.field(), Some("endpoint"), "{url}");
    }
}

#[test]
fn i26_plain_http_is_for_loopback_only() {
    for url in ["http://gateway.example", "http://10.0.0.1:8080", "http://127.0.0.1.example", "ftp://127.0.0.1"] {
        let error = Endpoint::custom(url, Region::NorthAmerica).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Configuration, Some("endpoint")), "{url}");
    }
    for url in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:9", "https://gateway.example"] {
        Endpoint::custom(url, Region::NorthAmerica).unwrap();
    }
}

#[test]
fn i25_production_is_production_in_every_spelling() {
    for url in [
        "https://agcod-v2.amazon.com",
        "https://AGCOD-V2.amazon.com",
        "https://agcod-v2.AMAZON.com:8443",
        "https://agcod-v2-eu.amazon.com:443",
        "https://agcod-v2-fe.amazon.com.",
        "HTTPS://Agcod-V2.Amazon.Com.:443/",
        "https://gamma.agcod-v2.amazon.com",
        "https://amazon.com",
    ] {
        let error = Endpoint::custom(url, Region::NorthAmerica).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Configuration, Some("endpoint")), "{url}");
    }
    let sandbox = Endpoint::custom("https://AGCOD-V2-gamma.Amazon.com.", Region::NorthAmerica).unwrap();
    assert_eq!((sandbox.host(), sandbox.environment()), ("agcod-v2-gamma.amazon.com", Environment::Sandbox));
}

#[tokio::test(start_paused = true)]
async fn i25_a_real_key_is_told_what_it_sells_in() {
    for (id, real) in [("AKIAIOSFODNN7EXAMPLE", true), ("ASIAIOSFODNN7EXAMPLE", true), ("SANDBOXACCESSKEY", false)] {
        let unsaid = [
            Endpoint::custom("https://192.0.2.7", Region::NorthAmerica).unwrap(),
            Endpoint::named(Some(Marketplace::UnitedStates), None, None, None).unwrap(),
        ];
        for unsaid in unsaid {
            for (endpoint, refused) in [
                (unsaid.clone(), real),
                (unsaid.clone().in_environment(Environment::Sandbox), false),
                (unsaid.in_environment(Environment::Production), false),
            ] {
                let network = Scripted::new([success()]);
                let builder = Client::builder(partner(), endpoint.clone())
                    .credentials(Credentials::new(id, "secret").unwrap())
                    .journal(Arc::new(NoJournal))
                    .transport(Arc::new(network.clone()));
                let answer = builder.build().unwrap().activate(sale()).await;
                assert_eq!(network.sent().is_empty(), refused, "{id} {endpoint:?}");
                if refused {
                    let error = answer.unwrap_err();
                    let told = (error.kind(), error.field(), error.delivery());
                    assert_eq!(told, (ErrorKind::Configuration, Some("environment"), Delivery::NotSent));
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn production_at_an_address_of_its_own_takes_no_mock_id() {
    let behind = Endpoint::named(None, Some(Environment::Production), Some("https://192.0.2.7"), Some(Region::Europe));
    let network = Scripted::new([success()]);
    let builder = Client::builder(partner(), behind.unwrap())
        .credentials(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret").unwrap())
        .journal(Arc::new(NoJournal))
        .transport(Arc::new(network.clone()));
    let mock = RequestId::new("F2005", &partner()).unwrap();
    let error = builder.build().unwrap().activate(sale().request_id(mock)).await.unwrap_err();
    assert_eq!((error.field(), network.sent().len()), (Some("request_id"), 0));
}

async fn send_to(url: &str, ca: &[u8]) -> Result<HttpResponse, TransportError> {
    let endpoint = Endpoint::custom(url, Region::NorthAmerica).unwrap();
    let options = HttpOptions { extra_ca_pem: ca.to_vec(), ..HttpOptions::default() };
    let transport = HttpTransport::new(&endpoint, &options).unwrap();
    let request =
        HttpRequest { path: "/ActivateGiftCard", headers: vec![], body: "{}".into(), timeout: Duration::from_secs(6) };
    transport.send(request).await
}

#[tokio::test]
async fn i26_a_certificate_that_is_not_trusted_is_refused_before_anything_is_sent() {
    let sandbox = posa_sandbox::Sandbox::start().await.unwrap();
    let error = send_to(sandbox.tls_url(), b"").await.unwrap_err();
    assert_eq!(error.delivery, Delivery::NotSent, "{}", error.message);
    send_to(sandbox.tls_url(), sandbox.ca_pem().as_bytes()).await.unwrap();
    sandbox.stop().await;
}

#[tokio::test]
async fn i12_only_what_provably_never_left_is_not_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(send_to(&format!("http://{closed}"), b"").await.unwrap_err().delivery, Delivery::NotSent);

    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap();
    let hang_up = tokio::spawn(async move {
        loop {
            drop(plain.accept().await.unwrap());
        }
    });
    let tls_to_plain = send_to(&format!("https://{address}"), b"").await.unwrap_err();
    assert_eq!(tls_to_plain.delivery, Delivery::NotSent, "{}", tls_to_plain.message);
    let lost = send_to(&format!("http://{address}"), b"").await.unwrap_err();
    assert_eq!(lost.delivery, Delivery::Unknown, "{}", lost.message);
    hang_up.abort();
}

#[tokio::test(start_paused = true)]
async fn cancelling_stops_the_waiting_and_not_the_attempt() {
    let till = Till::new([Played::Silence, success()]);
    let waiting = tokio::time::timeout(Duration::from_secs(1), till.client.activate(sale_as("Awssb1"))).await;
    assert!(waiting.is_err(), "the first attempt takes six seconds");
    till.client.close().await;
    let row = till.client.transaction(&id("Awssb1")).await.unwrap().unwrap();
    assert_eq!((row.state.name(), row.attempts), ("activated", 2));
    let refused = till.client.activate(sale()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.delivery()), (ErrorKind::Configuration, Delivery::NotSent));
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_asked_for_again_and_the_same_id_sent_once_more() {
    let keys = Mutex::new(vec!["new-secret", "old-secret"]);
    let provider = posa_core::sign::credentials_from(move || {
        let mut keys = keys.lock().unwrap();
        let key = if keys.len() > 1 { keys.pop() } else { keys.last().copied() };
        async move { Credentials::new("AKIDEXAMPLE", key.unwrap()) }
    });
    let refused = || {
        Played::Answer(
            403,
            refusal("UnrecognizedClientException", "The security token included in the request is invalid."),
        )
    };
    let till =
        Till::with([refused(), success(), refused()], Arc::new(MemoryJournal::new()), |b| b.credentials(provider));
    assert_eq!(till.client.activate(sale()).await.unwrap().attempts, 2);
    let error = till.client.activate(sale()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Authentication, 1), "there is no third key");
}

/// Takes the new key alone.
#[derive(Debug)]
struct Rotated;

impl Transport for Rotated {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(match header(&request, "authorization").contains("Credential=AKIDNEW/") {
                true => answer(&request, |_| {}),
                false => {
                    let body = refusal(
                        "UnrecognizedClientException",
                        "The security token included in the request is invalid.",
                    );
                    HttpResponse { status: 403, body: body.into(), ..HttpResponse::default() }
                }
            })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn all_that_were_refused_for_an_old_key_go_on_with_the_new_one() {
    let loads = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&loads);
    let provider = posa_core::sign::credentials_from(move || {
        let key = if counted.fetch_add(1, Ordering::SeqCst) == 0 { "AKIDOLD" } else { "AKIDNEW" };
        async move { Credentials::new(key, "a-secret") }
    });
    let till = Till::with([], Arc::new(MemoryJournal::new()), |builder| {
        builder.credentials(provider).transport(Arc::new(Rotated))
    });
    let mut sales = tokio::task::JoinSet::new();
    for n in 0..8 {
        let client = till.client.clone();
        let card = posa_core::CardNumber::new(&format!("{:016}", 1_400_000_005_567_585_u64 + n)).unwrap();
        sales.spawn(async move { client.activate(posa_core::Activate::new(card, usd("10"))).await });
    }
    while let Some(sold) = sales.join_next().await {
        assert_eq!(sold.unwrap().unwrap().attempts, 2);
    }
    assert_eq!(loads.load(Ordering::SeqCst), 2, "read again once");
}

#[test]
fn a_call_outside_a_runtime_is_an_error_and_not_a_panic() {
    let till = Till::new([success()]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut call = Box::pin(till.client.activate(sale()));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = call.as_mut().poll(&mut context) else {
        panic!("it waits without a runtime")
    };
    assert_eq!(error.kind(), ErrorKind::Configuration);
    drop(runtime);
}

#[test]
fn a_client_needs_credentials_a_journal_and_sane_times() {
    let endpoint = endpoint();
    let build = |adjust: fn(posa_core::ClientBuilder) -> posa_core::ClientBuilder| {
        adjust(Client::builder(partner(), endpoint.clone())).build().unwrap_err().field()
    };
    let key = || Credentials::new("AKIDEXAMPLE", SECRET).unwrap();
    assert_eq!(build(|b| b.journal(Arc::new(NoJournal))), Some("credentials"));
    let with_key = Client::builder(partner(), endpoint.clone()).credentials(key());
    assert_eq!(with_key.build().unwrap_err().field(), Some("journal"));
    let no_time =
        Client::builder(partner(), endpoint).credentials(key()).journal(Arc::new(NoJournal)).deadline(Duration::ZERO);
    assert_eq!(no_time.build().unwrap_err().field(), Some("deadline"));
}
