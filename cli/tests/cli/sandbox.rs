use crate::support::{Gateway, posa};
use serde_json::Value;
use std::path::Path;

#[test]
fn the_ready_file_has_exactly_the_promised_shape() {
    let gateway = Gateway::start(&[]);
    let written: Value = serde_json::from_str(&std::fs::read_to_string(gateway.ready_file()).unwrap()).unwrap();
    assert_eq!(written, gateway.ready);
    let names: Vec<_> = written.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "url",
        "tls_url",
        "dashboard_url",
        "ca_file",
        "region",
        "partner_id",
        "access_key_id",
        "secret_access_key",
        "cards",
        "pid",
    ];
    expected.sort_unstable();
    let mut names = names;
    names.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(written["pid"], gateway.child.id());
    assert!(written["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert!(written["tls_url"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    let pem = std::fs::read_to_string(written["ca_file"].as_str().unwrap()).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");

    let cards = written["cards"].as_array().unwrap();
    assert!(cards.len() >= 100, "{}", cards.len());
    let digits = |text: &Value, length| {
        let text = text.as_str().unwrap();
        text.len() == length && text.bytes().all(|b| b.is_ascii_digit())
    };
    for (at, card) in cards.iter().enumerate() {
        assert_eq!(card.as_object().unwrap().len(), 5, "{card}");
        assert!(digits(&card["card_number"], 16) && digits(&card["checksum"], 3), "{card}");
        assert!(card["denomination"].is_null() || card["denomination"].is_string(), "{card}");
        if at < 20 {
            assert!(
                card["denomination"].is_null() && card["currency"] == "USD" && card["marketplace"] == "US",
                "{card}"
            );
        }
    }
    assert_eq!(gateway.card(0), "1400000005567585358");
    assert_eq!(gateway.card(1), "1400000005567586149");
}

#[cfg(unix)]
#[test]
fn the_ready_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let gateway = Gateway::start(&[]);
    let mode = std::fs::metadata(gateway.ready_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn it_ends_cleanly_on_sigterm_and_on_sigint_and_takes_its_certificate_along() {
    for signal in ["-TERM", "-INT"] {
        let mut gateway = Gateway::start(&[]);
        let ca_file = gateway.ready["ca_file"].as_str().unwrap().to_owned();
        let pid = gateway.child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert_eq!(gateway.child.wait().unwrap().code(), Some(0), "{signal}");
        assert!(!Path::new(&ca_file).exists());
        assert!(gateway.ready_file().exists());
    }
}

#[test]
fn https_is_served_under_the_certificate_of_the_ready_file() {
    let gateway = Gateway::start(&[]);
    let [tls_url, ca_file] = ["tls_url", "ca_file"].map(|name| gateway.ready[name].as_str().unwrap());
    gateway
        .run(&["activate", &gateway.card(0), "25.00", "USD", "--endpoint", tls_url, "--ca-file", ca_file])
        .expect_code(0);
    let untrusted =
        gateway.run(&["activate", &gateway.card(1), "25.00", "USD", "--endpoint", tls_url, "--attempts", "1"]);
    untrusted.expect_code(4);
}

#[test]
fn partner_and_region_are_settable() {
    let gateway = Gateway::start(&["--partner", "Other", "--region", "eu-west-1"]);
    assert_eq!((&gateway.ready["partner_id"], &gateway.ready["region"]), (&"Other".into(), &"eu-west-1".into()));
    gateway.run(&["status", "Other1", &gateway.card(0)]).expect_code(0);
}

#[test]
fn the_throttle_is_settable() {
    let third = |throttle| {
        let gateway = Gateway::start(&["--throttle", throttle]);
        gateway.control("POST", "clock", r#"{"frozen":true}"#);
        let status = ["status", "Awssb1", &gateway.card(0), "--attempts", "1", "--json"];
        gateway.run(&status).expect_code(0);
        gateway.run(&status).expect_code(0);
        gateway.run(&status)
    };
    assert_eq!(third("2").expect_code(4).json()["kind"], "THROTTLED");
    third("off").expect_code(0);
}

#[test]
fn the_answer_of_mock_f1000_is_settable() {
    let answered = |f1000| {
        let gateway = Gateway::start(&["--f1000", f1000]);
        gateway.run(&["activate", &gateway.card(0), "1", "USD", "--request-id", "F1000", "--attempts", "1"]);
        gateway.control("GET", "requests", "")[0]["verdict"].as_str().unwrap().to_owned()
    };
    assert!(answered("success").starts_with("SUCCESS"));
    assert!(answered("f100").starts_with("F100 GeneralError"));
}

#[test]
fn strictness_is_settable() {
    let gateway = Gateway::start(&["--strict-cards"]);
    let short = &gateway.card(0)[..16];
    let refused = gateway.run(&["activate", short, "25.00", "USD", "--json"]).expect_code(1).json();
    assert_eq!(refused["error_type"], "CardNumberTooShort");
}

#[test]
fn faults_can_wait_from_the_start() {
    let late = r#"{"fault":"late","operation":"ActivationStatusCheck","times":2}"#;
    let gateway = Gateway::start(&["--fault", "html", "--fault", late]);
    let waiting = gateway.control("GET", "faults", "");
    assert_eq!((&waiting[0]["fault"], &waiting[1]["times"]), (&"html".into(), &2.into()));
}

#[test]
fn the_dashboard_is_at_the_address_that_is_printed() {
    let gateway = Gateway::start(&[]);
    let url = gateway.ready["dashboard_url"].as_str().unwrap();
    assert_eq!(url, format!("{}/", gateway.ready["url"].as_str().unwrap()));
}

#[test]
fn the_ledger_outlives_the_process() {
    let directory = tempfile::TempDir::new().unwrap();
    let state = directory.path().join("ledger.db");
    let arguments = ["--state", state.to_str().unwrap()];
    let gateway = Gateway::start(&arguments);
    let card = gateway.card(0);
    gateway.run(&["activate", &card, "25.00", "USD", "--request-id", "AwssbKept1"]).expect_code(0);
    drop(gateway);
    let gateway = Gateway::start(&arguments);
    let status = gateway.run(&["status", "AwssbKept1", &card, "--json"]).expect_code(0).json();
    assert_eq!(status["card_status"], "Activated");
}

#[test]
fn a_port_in_use_and_an_address_beyond_loopback_are_usage_with_a_remedy() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let cases = [
        (vec!["--listen", &address], "port 0 takes a free one"),
        (vec!["--listen", "127.0.0.1:0", "--tls-listen", &address], "port 0 takes a free one"),
        (vec!["--listen", "0.0.0.0:0"], "loopback"),
        (vec!["--throttle", "none"], "off"),
        (vec!["--fault", "explode"], "drop_after_commit"),
        (vec!["--fault", "error"], "error_type"),
        (vec!["--partner", "awssb"], "upper-case"),
        (vec!["--region", "eu-central-1"], "eu-west-1"),
        (vec!["--listen", "127.0.0.1:0", "--ready-file", "/nonexistent/ready.json"], "ready.json"),
    ];
    for (arguments, remedy) in cases {
        let output = posa(&["sandbox"]).args(&arguments).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {err}");
        assert!(err.contains(remedy), "{arguments:?} {err}");
    }
}
