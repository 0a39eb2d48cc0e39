//! `next:` is chosen for the situation.

use crate::journal::lost;
use crate::support::{Gateway, Ran, posa};
use serde_json::Value;

/// A failure's `next`.
#[track_caller]
fn next(failure: &Value) -> &str {
    failure["next"].as_str().unwrap_or_else(|| panic!("no next in {failure}"))
}

#[track_caller]
fn expect(failure: &Value, kind: &str, words: &[&str]) {
    assert_eq!(failure["kind"], kind, "{failure}");
    for word in words {
        assert!(next(failure).contains(word), "{word:?} is not in {failure}");
    }
}

#[test]
fn a_sale_in_quarantine_names_the_time() {
    let gateway = Gateway::start(&[]);
    let id = lost(&gateway, &gateway.card(0), "drop_before_commit");
    let waits = gateway.run(&["void", &id, "--json"]).expect_code(3).json();
    let sent = gateway.run(&["show", &id, "--json"]).expect_code(0).json();
    let retry = sent["sales"][0]["retry_at"].as_str().unwrap();
    expect(&waits, "OUTCOME_UNKNOWN", &["before", &retry[..16], "posa recover"]);
}

#[test]
fn an_unknown_id_a_mock_id_and_a_card_that_has_a_sale_each_have_their_own() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    let id = lost(&gateway, &card, "drop_before_commit");
    let asked = |arguments: &[&str], code| gateway.run(&[arguments, &["--json"]].concat()).expect_code(code).json();
    for verb in ["resolve", "void", "show", "deactivate"] {
        expect(&asked(&[verb, "AwssbOther"], 1), "CONFLICT", &["posa transactions --card", "--journal FILE"]);
    }
    expect(&asked(&["show", &gateway.card(5)], 1), "CONFLICT", &["--journal FILE"]);
    expect(&asked(&["activate", &card, "25.00", "USD"], 1), "CONFLICT", &[&format!("posa resolve {id}")]);
    let production = ["--marketplace", "US", "--environment", "production", "--partner-id", "Awssb"];
    let mut command = posa(&[&["status", "F0000", &card, "--json"][..], &production].concat());
    command.env("POSA_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("POSA_SECRET_ACCESS_KEY", "secret");
    let mock = Ran::from(command.output().unwrap()).expect_code(2).json();
    expect(&mock, "INVALID_INPUT", &["--environment sandbox"]);
}

#[test]
fn a_journal_of_another_gateway_and_one_that_is_missing_or_damaged_each_have_their_own() {
    let (gateway, other) = (Gateway::start(&[]), Gateway::start(&[]));
    let path = gateway.directory.path().join("till.db");
    let journal = ["--journal", path.to_str().unwrap(), "--json"];
    let missing = gateway.run(&[&["transactions"][..], &journal].concat()).expect_code(1).json();
    expect(&missing, "JOURNAL", &["--journal FILE"]);
    gateway.run(&[&["activate", &gateway.card(0), "25.00", "USD"][..], &journal].concat()).expect_code(0);
    let foreign = other.run(&[&["activate", &other.card(0), "25.00", "USD"][..], &journal].concat()).expect_code(1);
    expect(&foreign.json(), "CONFLICT", &["whose a journal is"]);
    // What was recorded is gone, and the file beside it knows.
    std::fs::write(&path, "").unwrap();
    let emptied = gateway.run(&[&["activate", &gateway.card(1), "25.00", "USD"][..], &journal].concat()).expect_code(4);
    expect(&emptied.json(), "JOURNAL", &["posa journal restore", "posa reconcile"]);
}

#[test]
fn a_certificate_that_is_not_trusted_and_a_proxy_each_have_their_own() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    let sell = ["activate", &card, "25.00", "USD", "--journal", "none", "--attempts", "1", "--json"];
    let url = gateway.ready["tls_url"].as_str().unwrap();
    let untrusted = gateway.run(&[&sell[..], &["--endpoint", url]].concat()).expect_code(4).json();
    expect(&untrusted, "UNREACHABLE", &["--ca-file", "posa doctor"]);
    let proxied = gateway.run(&[&sell[..], &["--proxy", "http://127.0.0.1:1"]].concat()).expect_code(4).json();
    expect(&proxied, "UNREACHABLE", &["--proxy"]);
    let nobody = gateway.run(&[&sell[..], &["--endpoint", "http://127.0.0.1:1"]].concat()).expect_code(4).json();
    expect(&nobody, "UNREACHABLE", &["run the same command again", "posa doctor"]);
}

#[test]
fn a_refused_signature_says_which_of_key_secret_region_and_clock_it_is() {
    let gateway = Gateway::start(&[]);
    let url = gateway.ready["url"].as_str().unwrap();
    let key = gateway.ready["access_key_id"].as_str().unwrap();
    let ask = |id: &str, secret: &str, region: &str| {
        let at = ["--endpoint", url, "--region", region, "--partner-id", "Awssb", "--environment", "sandbox"];
        let mut command = posa(&[&["status", "Awssb1", &gateway.card(0), "--json"][..], &at].concat());
        command.env("POSA_ACCESS_KEY_ID", id).env("POSA_SECRET_ACCESS_KEY", secret);
        let ran = Ran::from(command.output().unwrap()).expect_code(1);
        assert!(!ran.out.contains("Signature=") && !ran.out.contains("AWS4"), "{ran:?}");
        ran.json()
    };
    let (secret, region) = (crate::support::SECRET, "us-east-1");
    let message = |failure: &Value| failure["message"].as_str().unwrap().to_owned();
    let unknown = ask("AKIANOBODYS", secret, region);
    expect(&unknown, "AUTHENTICATION", &["access key id", "posa doctor --sign"]);
    assert!(message(&unknown).contains("does not know the access key id"), "{unknown}");
    let wrong = ask(key, "another-secret", region);
    expect(&wrong, "AUTHENTICATION", &["secret", "posa doctor --sign"]);
    assert!(message(&wrong).contains("its secret is another one"), "{wrong}");
    let elsewhere = ask(key, secret, "eu-west-1");
    expect(&elsewhere, "AUTHENTICATION", &["--region"]);
    assert!(message(&elsewhere).contains("another region"), "{elsewhere}");
    // A clock that stays wrong: the gateway's own steps on after each answer, so learning it is in vain.
    gateway.control("POST", "faults", r#"{"fault":"skew","seconds":7200,"times":1000}"#);
    let late = ask(key, secret, region);
    expect(&late, "AUTHENTICATION", &["clock", "NTP"]);
}

#[test]
fn a_sale_is_found_by_card_and_reference_and_shown_with_its_history() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    let first = ["activate", &card, "25.00", "USD", "--request-id", "AwssbFirst", "--external-reference", "A-1"];
    gateway.run(&first).expect_code(0);
    gateway.run(&["deactivate", "AwssbFirst"]).expect_code(0);
    gateway.run(&["activate", &card, "30.00", "USD", "--request-id", "AwssbSecond"]).expect_code(0);
    gateway.run(&["activate", &gateway.card(1), "25.00", "USD", "--external-reference", "A-12"]).expect_code(0);
    let ids = |arguments: &[&str]| {
        let listed = gateway.run(&[&["transactions", "--json"][..], arguments].concat()).expect_code(0).json();
        let sales = listed["transactions"].as_array().unwrap().clone();
        sales.into_iter().map(|sale| sale["request_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--card", &card]), ["AwssbFirst", "AwssbSecond"]);
    assert_eq!(ids(&["--card", &card[..16], "--limit", "1"]), ["AwssbFirst"]);
    assert_eq!(ids(&["--reference", "A-1"]), ["AwssbFirst"]);
    gateway.run(&["transactions", "--card", "14"]).expect_code(2);

    let shown = gateway.run(&["show", "AwssbFirst", "--json"]).expect_code(0).json();
    let events = shown["sales"][0]["history"].as_array().unwrap().clone();
    let events: Vec<_> = events.iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["activate", "activated", "return", "deactivated"]);
    assert_eq!(shown["sales"][0]["state"], "deactivated");
    let both = gateway.run(&["show", &card, "--json"]).expect_code(0).json();
    assert_eq!(both["sales"].as_array().unwrap().len(), 2);
    let text = gateway.run(&["show", &card]).expect_code(0).out;
    assert!(text.contains("AwssbSecond") && text.contains("deactivated"), "{text}");
}
