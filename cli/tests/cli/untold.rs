//! What nobody was told of, and sales that were made without the journal.

use crate::journal::{lost, movements};
use crate::support::Gateway;

fn untold(gateway: &Gateway) -> Vec<String> {
    let listed = gateway.run(&["transactions", "--untold", "--json"]).expect_code(0).json();
    let sales = listed["transactions"].as_array().unwrap();
    assert!(sales.iter().all(|sale| sale["untold"] == true));
    sales.iter().map(|sale| sale["request_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn i37_what_recovery_settled_is_listed_until_it_is_acknowledged() {
    let gateway = Gateway::start(&[]);
    let id = lost(&gateway, &gateway.card(0), "drop_after_commit");
    assert!(untold(&gateway).is_empty(), "it has no outcome");
    gateway.run(&["recover"]).expect_code(0);
    assert_eq!(untold(&gateway), [id.as_str()]);
    let shown = gateway.run(&["show", &id]).expect_code(0).out;
    assert!(shown.contains("nobody heard of it yet"), "{shown}");
    let acknowledged = gateway.run(&["acknowledge", &id, "--json"]).expect_code(0).json();
    assert_eq!((&acknowledged["request_id"], &acknowledged["state"]), (&id.as_str().into(), &"activated".into()));
    assert!(untold(&gateway).is_empty());
    gateway.run(&["acknowledge", &id]).expect_code(0);
    assert_eq!(movements(&gateway), ["charge"]);
}

#[test]
fn nothing_is_acknowledged_if_one_of_the_ids_is_not_known() {
    let gateway = Gateway::start(&[]);
    let id = lost(&gateway, &gateway.card(0), "drop_after_commit");
    gateway.run(&["recover"]).expect_code(0);
    gateway.run(&["acknowledge", &id, "AwssbOther"]).expect_code(1);
    assert_eq!(untold(&gateway), [id.as_str()]);
}

#[test]
fn what_is_old_is_given_up_or_left_as_the_caller_says() {
    let gateway = Gateway::start(&[]);
    let id = lost(&gateway, &gateway.card(0), "drop_after_commit");
    let left = gateway.run(&["recover", "--leave-older-than", "0", "--json"]).expect_code(3).json();
    assert_eq!(left["open"][0]["request_id"], id);
    let young = gateway.run(&["recover", "--leave-older-than", "3600", "--json"]).expect_code(0).json();
    assert_eq!(young["settled"][0]["state"], "activated");
    lost(&gateway, &gateway.card(1), "drop_after_commit");
    let old = gateway.run(&["recover", "--void-older-than", "0", "--json"]).expect_code(0).json();
    assert_eq!(old["settled"][0]["state"], "deactivated");
    assert_eq!(movements(&gateway), ["charge", "charge", "refund"]);
    gateway.run(&["recover", "--void", "--leave-older-than", "5"]).expect_code(2);
}

#[test]
fn a_sale_that_was_made_without_the_journal_is_adopted_and_returned() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    let elsewhere = ["activate", &card, "25.00", "USD", "--request-id", "Awssb_17-ab", "--journal", "none"];
    gateway.run(&elsewhere).expect_code(0);
    let unknown = gateway.run(&["deactivate", "Awssb_17-ab", &card, "--json"]).expect_code(1).json();
    assert_eq!(unknown["kind"], "CONFLICT");
    assert!(unknown["next"].as_str().unwrap().contains("posa adopt Awssb_17-ab"), "{unknown}");
    let other = gateway.run(&["adopt", "Awssb18", &card, "25.00", "USD", "--json"]).expect_code(1).json();
    assert_eq!(other["kind"], "ALREADY_ACTIVATED");
    let adopted = gateway.run(&["adopt", "Awssb_17-ab", &card, "25.00", "USD", "--json"]).expect_code(0).json();
    assert_eq!(adopted["request_id"], "Awssb_17-ab");
    gateway.run(&["deactivate", "Awssb_17-ab", &card]).expect_code(0);
    assert_eq!(movements(&gateway), ["charge", "refund"]);
    let none = gateway.run(&["adopt", "Awssb19", &gateway.card(1), "25.00", "USD", "--json"]).expect_code(1).json();
    assert_eq!(none["kind"], "REJECTED");
}
