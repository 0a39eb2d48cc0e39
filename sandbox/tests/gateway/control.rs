//! The control API over HTTP.

use crate::client::*;
use posa_core::model::Operation;
use serde_json::{Value, json};
use std::num::NonZeroU32;

#[tokio::test]
async fn cards_funds_and_movements_are_seen_and_set() {
    let sandbox = sandbox().await;
    assert_eq!(control(&sandbox, "GET", "health", "").await.json(), json!({"status": "ok"}));
    assert_eq!(control(&sandbox, "GET", "cards", "").await.json().as_array().unwrap().len(), 200);

    let new = r#"{"card_number":"6215366885893081","marketplace":"DE","denomination":"50.00"}"#;
    let card = control(&sandbox, "POST", "cards", new).await.json();
    assert_eq!((&card["currency"], &card["denomination"]), (&json!("EUR"), &json!("50.00")));

    assert_eq!(activate("AwssbC1").answer(&sandbox).await.status, 200);
    let condition = control(&sandbox, "POST", &format!("cards/{CARD}"), r#"{"condition":"claimed"}"#).await;
    assert_eq!(condition.json()["condition"], "claimed");
    assert_eq!(deactivate("AwssbC1").answer(&sandbox).await.error_type(), "DeactivationNotAllowed");

    let funds = control(&sandbox, "POST", "funds", r#"{"currency":"USD","available":"10.00"}"#).await.json();
    assert_eq!((&funds["partner_id"], &funds["available"]), (&json!("Awssb"), &json!("10.00")));
    let body = activate_body("AwssbC2", "1400000005567586", "10.01");
    assert_eq!(Request::json(Operation::Activate, &body).answer(&sandbox).await.error_type(), "InsufficientFunds");

    let state = control(&sandbox, "GET", "state", "").await.json();
    let mut names: Vec<&String> = state.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["cards", "clock", "faults", "funds", "movements", "throttle", "transactions"]);
    assert_eq!(state["movements"].as_array().unwrap().len(), 1);
    assert_eq!(control(&sandbox, "GET", "movements", "").await.json(), state["movements"]);
    assert_eq!(control(&sandbox, "GET", "transactions", "").await.json(), state["transactions"]);

    control(&sandbox, "POST", "reset", "").await;
    let fresh = control(&sandbox, "GET", "state", "").await.json();
    assert_eq!((&fresh["movements"], fresh["cards"].as_array().unwrap().len()), (&json!([]), 200));
    assert_eq!(control(&sandbox, "GET", "requests", "").await.json(), json!([]));
}

#[tokio::test]
async fn faults_travel_as_json() {
    let sandbox = sandbox().await;
    let all = [
        json!({"fault": "drop_before_commit", "times": 1}),
        json!({"fault": "drop_after_commit", "times": 2, "operation": "ActivateGiftCard"}),
        json!({"fault": "truncate", "times": 1, "card_number": CARD}),
        json!({"fault": "late", "times": 1}),
        json!({"fault": "late", "times": 1, "delay_ms": 5}),
        json!({"fault": "duplicate", "times": 1, "request_id": "AwssbC3"}),
        json!({"fault": "resend", "times": 1}),
        json!({"fault": "throttle", "times": 1}),
        json!({"fault": "error", "times": 1, "error_type": "CardNumberNotFound"}),
        json!({"fault": "delay", "times": 1, "delay_ms": 7}),
        json!({"fault": "http_500", "times": 1}),
        json!({"fault": "html", "times": 1}),
        json!({"fault": "skew", "times": 1, "seconds": -60}),
        json!({"fault": "garble", "times": 1}),
        json!({"fault": "wrong_status", "times": 1}),
    ];
    for (at, fault) in all.iter().enumerate() {
        let list = control(&sandbox, "POST", "faults", &fault.to_string()).await.json();
        assert_eq!(&list[at], fault);
        assert_eq!(fault["fault"], sandbox.faults()[at].kind.name());
    }
    assert_eq!(control(&sandbox, "GET", "faults", "").await.json(), json!(all));
    assert_eq!(control(&sandbox, "DELETE", "faults", "").await.json(), json!([]));

    control(&sandbox, "POST", "faults", r#"{"fault":"late"}"#).await;
    assert!(activate("AwssbC4").send(&sandbox).await.is_none());
    let released = control(&sandbox, "POST", "faults/release", "").await.json();
    assert_eq!(released, json!({"released": ["SUCCESS Activated"]}));
}

#[tokio::test]
async fn bad_input_is_told_what_is_wrong_and_what_to_do() {
    let sandbox = sandbox().await;
    let cases = [
        ("POST", "faults", "{", 400, "body"),
        ("POST", "faults", r#"{"fault":"explode"}"#, 400, "drop_before_commit"),
        ("POST", "faults", r#"{"fault":"resend","time":2}"#, 400, "it takes fault, times"),
        ("POST", "faults", r#"{"fault":"error"}"#, 400, "error_type"),
        ("POST", "faults", r#"{"fault":"error","error_type":"Nonsense"}"#, 400, "InsufficientFunds"),
        ("POST", "faults", r#"{"fault":"resend","operation":"Create"}"#, 400, "ActivateGiftCard"),
        ("POST", "clock", r#"{"offset_seconds":99999999999999}"#, 400, "century"),
        ("POST", "clock", r#"{"seconds":5}"#, 400, "offset_seconds"),
        ("POST", "funds", r#"{"currency":"usd","available":"1.00"}"#, 400, "USD"),
        ("POST", "funds", r#"{"currency":"USD","available":1.00}"#, 400, "string"),
        ("POST", "funds", r#"{"currency":"USD","available":"-1"}"#, 400, "decimal"),
        ("POST", "funds", r#"{"partner_id":"Nobdy","currency":"USD","available":"1"}"#, 400, "Awssb"),
        ("POST", "cards", r#"{"card_number":"12"}"#, 400, "16"),
        ("POST", "cards", r#"{"card_number":"1400000005567585"}"#, 400, "already"),
        ("POST", "cards/1400000005567585", r#"{"condition":"lost"}"#, 400, "claimed"),
        ("GET", "cards/9999999999999999", "", 400, "...9999"),
        ("POST", "throttle", r#"{"per_second":0}"#, 400, "nonzero"),
        ("POST", "throttle", "{}", 400, "per_second"),
        ("GET", "nothing", "", 404, "no control"),
        ("PUT", "clock", "", 404, "no control"),
    ];
    for (method, path, body, status, word) in cases {
        let answer = control(&sandbox, method, path, body).await;
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, status, "{path} {body}: {error}");
        assert!(error.contains(word), "{path} {body}: {error}");
    }
}

#[tokio::test]
async fn the_clock_is_set_moved_and_stopped() {
    let sandbox = sandbox().await;
    let clock = async |body: &str| control(&sandbox, "POST", "clock", body).await.json();
    assert_eq!(clock(r#"{"offset_seconds":100}"#).await["offset_seconds"], 100);
    assert_eq!(clock(r#"{"advance_seconds":-40,"frozen":true}"#).await["offset_seconds"], 60);
    let now: Value = control(&sandbox, "GET", "clock", "").await.json();
    assert_eq!(now["frozen"], true);
    assert_eq!(control(&sandbox, "GET", "clock", "").await.json(), now);
    control(&sandbox, "POST", "reset", "").await;
    let fresh = sandbox.clock();
    assert_eq!((fresh.offset_seconds, fresh.frozen), (0, false));
}

#[tokio::test]
async fn the_throttle_is_set_and_reset() {
    let sandbox = sandbox().await;
    assert_eq!(control(&sandbox, "GET", "throttle", "").await.json(), json!({"per_second": null}));
    let one = control(&sandbox, "POST", "throttle", r#"{"per_second":1}"#).await.json();
    assert_eq!((one, sandbox.throttle()), (json!({"per_second": 1}), NonZeroU32::new(1)));
    sandbox.freeze_clock(true);
    assert_eq!(activate("AwssbC6").answer(&sandbox).await.status, 200);
    assert_eq!(activate("AwssbC6").answer(&sandbox).await.json()["message"], "Rate exceeded");
    control(&sandbox, "POST", "throttle", r#"{"per_second":null}"#).await;
    assert_eq!(activate("AwssbC6").answer(&sandbox).await.status, 200);
    sandbox.set_throttle(NonZeroU32::new(5));
    sandbox.reset().unwrap();
    assert_eq!(sandbox.throttle(), None);
}

#[tokio::test]
async fn web_pages_elsewhere_cannot_steer_it() {
    let sandbox = sandbox().await;
    let host = sandbox.endpoint().host().to_owned();
    let port = host.rsplit_once(':').unwrap().1;
    let ask = async |headers: &str| {
        let text = format!("POST /_sandbox/reset HTTP/1.1\r\n{headers}content-length: 0\r\n\r\n");
        exchange(connect(&sandbox).await, text.as_bytes()).await.unwrap().status
    };
    assert_eq!(ask(&format!("host: {host}\r\n")).await, 200);
    assert_eq!(ask(&format!("host: localhost:{port}\r\n")).await, 200);
    assert_eq!(ask(&format!("host: [::1]:{port}\r\n")).await, 200);
    assert_eq!(ask(&format!("host: {host}\r\norigin: http://{host}\r\n")).await, 200);
    assert_eq!(ask("").await, 403);
    assert_eq!(ask(&format!("host: evil.example:{port}\r\n")).await, 403);
    assert_eq!(ask(&format!("host: 192.0.2.1:{port}\r\n")).await, 403);
    assert_eq!(ask(&format!("host: {host}\r\norigin: http://evil.example\r\n")).await, 403);
    assert_eq!(ask(&format!("host: {host}\r\norigin: null\r\n")).await, 403);
}

#[tokio::test]
async fn the_request_log_can_be_read_and_emptied() {
    let sandbox = sandbox().await;
    assert_eq!(activate("AwssbC5").answer(&sandbox).await.status, 200);
    let log = control(&sandbox, "GET", "requests", "").await.json();
    let entry = &log[0];
    assert_eq!(entry["operation"], "ActivateGiftCard");
    assert_eq!((&entry["format"], &entry["signature"]), (&json!("json"), &json!("valid")));
    assert_eq!((&entry["card"], &entry["request_id"]), (&json!("...7585"), &json!("AwssbC5")));
    assert_eq!((&entry["verdict"], &entry["status"]), (&json!("SUCCESS Activated"), &json!(200)));
    assert_eq!(control(&sandbox, "DELETE", "requests", "").await.json(), json!([]));
    assert!(sandbox.requests().is_empty());
}
