//! Start, settings, HTTPS, throttle, partners, restart, stop.

use crate::client::*;
use posa_core::journal::MemoryJournal;
use posa_core::model::Operation;
use posa_core::{Client, ErrorKind};
use posa_sandbox::{Partner, Sandbox, Settings};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

#[tokio::test]
async fn the_ready_document_has_the_names_that_others_build_on() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    sandbox.write_ca(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), sandbox.ca_pem());

    let ready = serde_json::to_value(sandbox.ready().unwrap()).unwrap();
    let mut names: Vec<&String> = ready.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "access_key_id",
            "ca_file",
            "cards",
            "dashboard_url",
            "partner_id",
            "pid",
            "region",
            "secret_access_key",
            "tls_url",
            "url"
        ]
    );
    assert_eq!(ready["dashboard_url"], format!("{}/", sandbox.url()));
    assert_eq!(ready["ca_file"], path.to_str().unwrap());
    assert_eq!((ready["partner_id"].as_str(), ready["region"].as_str()), (Some("Awssb"), Some("us-east-1")));
    assert_eq!(ready["access_key_id"], "SANDBOXACCESSKEY");
    assert_eq!(ready["secret_access_key"], "sandbox-secret-not-for-production");
    let cards = ready["cards"].as_array().unwrap();
    assert_eq!(cards.len(), 200);
    let first = serde_json::json!({
        "card_number": CARD, "checksum": "358", "denomination": null, "currency": "USD", "marketplace": "US"
    });
    assert_eq!(cards[0], first);
    assert!(cards[..20].iter().all(|card| card["denomination"] == Value::Null && card["currency"] == "USD"));
    assert_eq!(cards[20]["denomination"], "25.00");
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused() {
    let refused = async |settings: Settings| Sandbox::start_with(settings).await.unwrap_err();
    let anywhere = "0.0.0.0:0".parse().unwrap();
    let error = refused(Settings { listen: anywhere, ..Settings::default() }).await;
    assert_eq!((error.kind(), error.field()), (ErrorKind::Configuration, Some("listen")));
    assert!(error.message().contains("127.0.0.1"), "{error}");
    assert_eq!(refused(Settings { tls_listen: anywhere, ..Settings::default() }).await.field(), Some("tls_listen"));
    assert_eq!(refused(Settings { partners: vec![], ..Settings::default() }).await.field(), Some("partners"));
    let twice = [Settings::default().partners, Settings::default().partners].concat();
    assert_eq!(refused(Settings { partners: twice, ..Settings::default() }).await.field(), Some("partners"));
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().to_owned());
    assert_eq!(refused(Settings { state, ..Settings::default() }).await.field(), Some("state"));
    let running = Sandbox::start().await.unwrap();
    let taken = running.url().trim_start_matches("http://").parse().unwrap();
    assert_eq!(refused(Settings { listen: taken, ..Settings::default() }).await.field(), Some("listen"));
    let remote = Settings { listen: anywhere, allow_remote: true, ..Settings::default() };
    let sandbox = Sandbox::start_with(remote).await.unwrap();
    assert!(sandbox.url().starts_with("http://127.0.0.1:"), "{}", sandbox.url());
}

#[tokio::test]
async fn https_is_trusted_through_its_own_authority_only() {
    let sandbox = sandbox().await;
    let connect = async |roots: RootCertStore, name: &str| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(sandbox.tls_url().trim_start_matches("https://")).await.unwrap();
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name.to_owned()).unwrap(), stream).await
    };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(sandbox.ca_pem().as_bytes()).unwrap()).unwrap();
    let host = sandbox.tls_endpoint().host().to_owned();
    for name in ["127.0.0.1", "localhost", "::1"] {
        let stream = connect(roots.clone(), name).await.unwrap();
        let request = activate("AwssbL1").header("host", &host);
        assert_eq!(exchange(stream, &request.bytes(&sandbox)).await.unwrap().status, 200, "{name}");
    }
    assert!(connect(roots, "gateway.example").await.is_err());
    let mut others = RootCertStore::empty();
    let other = Sandbox::start().await.unwrap();
    others.add(CertificateDer::from_pem_slice(other.ca_pem().as_bytes()).unwrap()).unwrap();
    assert!(connect(others, "localhost").await.is_err());
}

#[tokio::test]
async fn ten_requests_a_second_and_the_eleventh_is_throttled() {
    let other = Partner::new("Other".parse().unwrap(), "OTHERKEY", "other-secret").unwrap();
    let mut settings = Settings::default();
    settings.partners.push(other);
    let sandbox = Sandbox::start_with(settings).await.unwrap();
    sandbox.freeze_clock(true);
    for at in 0..10 {
        let request = if at % 2 == 0 { activate("AwssbL2") } else { status("AwssbL2") };
        assert_eq!(request.answer(&sandbox).await.status, 200, "{at}");
    }
    let eleventh = activate("AwssbL2").answer(&sandbox).await;
    assert_eq!((eleventh.status, eleventh.json()["message"].as_str()), (400, Some("Rate exceeded")));
    let xml = Request::xml(Operation::StatusCheck, "<a/>").answer(&sandbox).await;
    assert_eq!(xml.body, "<ThrottlingException><Message>Rate exceeded</Message></ThrottlingException>");
    let others = Request { access_key_id: "OTHERKEY".into(), secret: "other-secret".into(), ..status("F0000") };
    assert_eq!(others.answer(&sandbox).await.error_type(), "AccessDenied");
    sandbox.advance_clock(1).unwrap();
    assert_eq!(activate("AwssbL2").answer(&sandbox).await.status, 200);
}

#[tokio::test]
async fn the_throttle_can_be_set_and_switched_off() {
    let limited = Settings { throttle: NonZeroU32::new(1), ..Settings::default() };
    let sandbox = Sandbox::start_with(limited).await.unwrap();
    sandbox.freeze_clock(true);
    assert_eq!(activate("AwssbL3").answer(&sandbox).await.status, 200);
    assert_eq!(activate("AwssbL3").answer(&sandbox).await.status, 400);
    // A request that is not authenticated is not counted.
    sandbox.advance_clock(1).unwrap();
    let unsigned = Request { secret: "wrong".into(), ..activate("AwssbL3") };
    assert_eq!(unsigned.answer(&sandbox).await.status, 403);
    assert_eq!(activate("AwssbL3").answer(&sandbox).await.status, 200);
}

#[tokio::test]
async fn partners_see_nothing_of_each_other() {
    let other = Partner::new("Other".parse().unwrap(), "OTHERKEY", "other-secret").unwrap();
    let mut settings = Settings { throttle: None, ..Settings::default() };
    settings.partners.push(other);
    let sandbox = Sandbox::start_with(settings).await.unwrap();
    assert_eq!(activate("AwssbL4").answer(&sandbox).await.status, 200);
    let as_other = |request: Request| Request {
        access_key_id: "OTHERKEY".into(),
        secret: "other-secret".into(),
        body: String::from_utf8(request.body.clone()).unwrap().replace("Awssb", "Other").into_bytes(),
        ..request
    };
    assert_eq!(as_other(deactivate("AwssbL4")).answer(&sandbox).await.error_type(), "NonExistingActivationRequestId");
    let foreign = Request { access_key_id: "OTHERKEY".into(), secret: "other-secret".into(), ..deactivate("AwssbL4") };
    assert_eq!(foreign.answer(&sandbox).await.error_type(), "AccessDenied");
    assert_eq!(status("AwssbL4").answer(&sandbox).await.card_status(), "Activated");
}

#[tokio::test]
async fn a_state_file_outlives_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || Settings { state: Some(folder.path().join("state.db")), throttle: None, ..Settings::default() };
    let first = Sandbox::start_with(settings()).await.unwrap();
    assert_eq!(activate("AwssbL5").answer(&first).await.status, 200);
    drop(first);
    let second = Sandbox::start_with(settings()).await.unwrap();
    assert_eq!(activate("AwssbL5").answer(&second).await.card_status(), "Activated");
    assert_eq!(second.movements().unwrap().len(), 1);
    assert_eq!(deactivate("AwssbL5").answer(&second).await.card_status(), "AwaitingActivation");
    second.stop().await;
    let third = Sandbox::start_with(settings()).await.unwrap();
    assert_eq!(third.movements().unwrap().len(), 2);
}

#[tokio::test]
async fn stop_and_drop_close_the_doors() {
    let sandbox = sandbox().await;
    let address = sandbox.url().trim_start_matches("http://").to_owned();
    let mut idle = connect(&sandbox).await;
    assert_eq!(exchange(&mut idle, &activate("AwssbL6").bytes(&sandbox)).await.unwrap().status, 200);
    sandbox.stop().await;
    assert!(read(&mut idle).await.is_none());
    assert!(TcpStream::connect(&address).await.is_err());

    let sandbox = Sandbox::start().await.unwrap();
    let mut open = connect(&sandbox).await;
    drop(sandbox);
    assert!(read(&mut open).await.is_none());
}

#[tokio::test]
async fn the_client_of_posa_works_against_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::builder(sandbox.partner_id().clone(), sandbox.tls_endpoint())
        .credentials(sandbox.credentials())
        .journal(Arc::new(MemoryJournal::new()))
        .extra_ca_pem(sandbox.ca_pem().as_bytes())
        .build()
        .unwrap();
    let card = posa_core::CardNumber::new("1400000005567585358").unwrap();
    let amount = posa_core::Amount::new("25.00", posa_core::Currency::Usd).unwrap();
    let receipt = client.activate(posa_core::Activate::new(card, amount)).await.unwrap();
    assert_eq!(receipt.card_status, posa_core::CardStatus::Activated);
    assert_eq!(sandbox.card(CARD).unwrap().request_id.as_deref(), Some(receipt.request_id.as_str()));
}
