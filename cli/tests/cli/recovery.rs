use crate::journal::{lost, movements};
use crate::support::Gateway;
use std::process::Stdio;

#[test]
fn a_lost_answer_is_resolved_with_the_same_id() {
    let gateway = Gateway::start(&[]);
    let id = lost(&gateway, &gateway.card(0), "drop_after_commit");
    let settled = gateway.run(&["resolve", &id, "--json"]).expect_code(0).json();
    assert_eq!((&settled["state"], &settled["request_id"]), (&"activated".into(), &id.as_str().into()));
    assert_eq!(movements(&gateway), ["charge"]);
    let again = gateway.run(&["resolve", &id]).expect_code(0);
    assert!(again.out.starts_with("activated"), "{again:?}");
}

#[test]
fn a_rejected_sale_ends_with_1_and_what_stays_unknown_with_3() {
    let gateway = Gateway::start(&[]);
    let id = lost(&gateway, &gateway.card(0), "drop_before_commit");
    gateway.control("POST", "faults", r#"{"fault":"http_500","times":1000}"#);
    let unknown = gateway.run(&["resolve", &id, "--attempts", "1", "--json"]).expect_code(3).json();
    assert_eq!(unknown["request_id"], id);
    gateway.control("DELETE", "faults", "");
    gateway.control("POST", "funds", r#"{"partner_id":"Awssb","currency":"USD","available":"1.00"}"#);
    let refused = gateway.run(&["activate", &gateway.card(1), "25.00", "USD", "--json"]).expect_code(1).json();
    let id = refused["request_id"].as_str().unwrap();
    assert_eq!(gateway.run(&["resolve", id, "--json"]).expect_code(1).json()["state"], "rejected");
    let missing = gateway.run(&["resolve", "AwssbOther", "--json"]).expect_code(1).json();
    assert_eq!(missing["kind"], "CONFLICT");
    assert!(movements(&gateway).is_empty());
}

#[test]
fn recovery_goes_through_all_that_is_open() {
    let gateway = Gateway::start(&[]);
    let ids = [0, 1].map(|card| lost(&gateway, &gateway.card(card), "drop_after_commit"));
    gateway.control("POST", "faults", &format!(r#"{{"fault":"http_500","times":1000,"request_id":"{}"}}"#, ids[1]));
    let half = gateway.run(&["recover", "--attempts", "2", "--json"]).expect_code(3).json();
    assert_eq!(half["settled"][0]["request_id"], ids[0]);
    assert_eq!(
        (&half["open"][0]["request_id"], &half["open"][0]["kind"]),
        (&ids[1].as_str().into(), &"OUTCOME_UNKNOWN".into())
    );
    gateway.control("DELETE", "faults", "");
    let text = gateway.run(&["recover"]).expect_code(0).out;
    assert!(text.contains("1 settled, 0 open") && text.contains(&ids[1]), "{text}");
    assert_eq!(movements(&gateway), ["charge", "charge"]);
}

#[test]
fn recovery_may_give_up_instead_of_completing() {
    let gateway = Gateway::start(&[]);
    lost(&gateway, &gateway.card(0), "drop_after_commit");
    let report = gateway.run(&["recover", "--void", "--json"]).expect_code(0).json();
    assert_eq!(
        (&report["settled"][0]["state"], &report["settled"][0]["voided"]),
        (&"deactivated".into(), &true.into())
    );
    assert_eq!(movements(&gateway), ["charge", "refund"]);
}

#[test]
fn a_sale_is_voided_with_its_own_id() {
    let gateway = Gateway::start(&[]);
    let id = lost(&gateway, &gateway.card(0), "drop_after_commit");
    let voided = gateway.run(&["void", &id, "--json"]).expect_code(0).json();
    assert_eq!(voided["state"], "deactivated");
    assert_eq!(movements(&gateway), ["charge", "refund"]);
    let never_arrived = lost(&gateway, &gateway.card(1), "drop_before_commit");
    let waits = gateway.run(&["void", &never_arrived, "--json"]).expect_code(3).json();
    assert_eq!(waits["request_id"], never_arrived);
    let listed = gateway.run(&["transactions", "--open", "--json"]).expect_code(0).json();
    assert_eq!(
        (&listed["transactions"][0]["state"], &listed["transactions"][0]["voided"]),
        (&"reversing".into(), &true.into())
    );
}

#[test]
fn a_killed_activation_is_recovered_with_one_charge() {
    let gateway = Gateway::start(&[]);
    gateway.control("POST", "faults", r#"{"fault":"delay","delay_ms":60000}"#);
    let mut command =
        gateway.posa(&["activate", &gateway.card(0), "25.00", "USD", "--timeout", "50", "--deadline", "60"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!((0..100_000).any(|_| !movements(&gateway).is_empty()), "the activation did not reach the gateway");
    child.kill().unwrap();
    child.wait().unwrap();
    let report = gateway.run(&["recover", "--json"]).expect_code(0).json();
    assert_eq!(report["settled"][0]["state"], "activated");
    assert_eq!(movements(&gateway), ["charge"]);
}
