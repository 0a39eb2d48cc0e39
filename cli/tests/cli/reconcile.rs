use crate::journal::lost;
use crate::support::{Gateway, Ran, write};
use serde_json::Value;

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

fn reasons(report: &Value) -> Vec<(String, String)> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let differences = report["differences"].as_array().unwrap().iter();
    differences.map(|one| (text(one, "reason"), text(one, "request_id"))).collect()
}

#[test]
fn a_journal_that_agrees_ends_with_0() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    for card in 0..2 {
        gateway.run(&["activate", &gateway.card(card), "25.00", "USD"]).expect_code(0);
    }
    let report = json(&gateway.run(&["reconcile", "--json"]).expect_code(0));
    assert_eq!((&report["counts"]["sales"], &report["counts"]["asked"]), (&2.into(), &2.into()));
    assert!(gateway.run(&["reconcile"]).expect_code(0).out.contains("Differences: 0"));
    let csv = gateway.run(&["reconcile", "--csv"]).expect_code(0).out;
    assert_eq!(csv.lines().count(), 1, "{csv}");
    let earlier = json(&gateway.run(&["reconcile", "--to", "2026-01-02", "--json"]).expect_code(0));
    assert_eq!((&earlier["counts"]["sales"], &earlier["from"]), (&0.into(), &"2026-01-01T00:00:00Z".into()));
}

#[test]
fn each_difference_names_its_sale_and_its_reason() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let sell = |card: usize, id: &str| {
        gateway.run(&["activate", &gateway.card(card), "25.00", "USD", "--request-id", id]).expect_code(0);
    };
    sell(0, "AwssbAgrees");
    sell(1, "AwssbAmount");
    sell(2, "AwssbUnsold");
    sell(3, "AwssbGone");
    gateway.run(&["deactivate", "AwssbGone", &gateway.card(3), "--journal", "none"]).expect_code(0);
    let open = lost(&gateway, &gateway.card(4), "drop_after_commit");
    let hostile = "=cmd|' /C calc'!A0";
    let register = format!(
        "\u{feff}Card Number;Amount;Currency;Request ID;Sold at;Cashier\n{};25.00;USD;;;{hostile}\n{};20.00;USD;;;\n\
         {};25.00;USD;AwssbGone;;\n{};25.00;USD;;;\n{};25.00;USD;;;\n",
        gateway.card(0),
        gateway.card(1),
        gateway.card(3),
        gateway.card(4),
        gateway.card(5),
    );
    let file = write(gateway.directory.path(), "register.csv", &register);
    let report = json(&gateway.run(&["reconcile", "--register", &file, "--json"]).expect_code(3));
    let mut found = reasons(&report);
    found.sort();
    let mut expected = [
        ("amount_differs", "AwssbAmount"),
        ("activated_not_sold", "AwssbUnsold"),
        ("gateway_not_active", "AwssbGone"),
        ("sold_not_activated", ""),
        ("still_open", open.as_str()),
    ]
    .map(|(reason, id)| (reason.to_owned(), id.to_owned()));
    expected.sort();
    assert_eq!(found, expected);

    gateway.run(&["resolve", &open]).expect_code(0);
    let csv = gateway.run(&["reconcile", "--register", &file, "--csv"]).expect_code(1).out;
    assert_eq!(csv.lines().count(), 5, "{csv}");
    let text = gateway.run(&["reconcile", "--register", &file]).expect_code(1).out;
    assert!(text.contains("Differences: 4") && text.contains("amount_differs (1)"), "{text}");
    let state = gateway.control("GET", "state", "");
    assert_eq!(state["movements"].as_array().unwrap().len(), 6, "it changes nothing");
}

#[test]
fn a_gateway_that_cannot_be_asked_ends_with_3() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD"]).expect_code(0);
    gateway.control("POST", "faults", r#"{"fault":"http_500","times":1000}"#);
    let report = json(&gateway.run(&["reconcile", "--attempts", "1", "--json"]).expect_code(3));
    assert_eq!(reasons(&report)[0].0, "gateway_unknown");
}

#[test]
fn a_register_that_cannot_be_read_is_usage() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    let without = format!("card_number,amount\n{card},25\n");
    let negative = format!("card_number,amount,currency\n{card},-5,USD\n");
    let cases: [(&str, &[&str], &str); 5] = [
        ("", &[], "register"),
        (&without, &[], "currency"),
        (&without, &["--currency", "XTS"], "currency"),
        (&without, &["--currency", "USD", "--offset", "noon"], "offset"),
        (&negative, &[], "amount"),
    ];
    for (text, more, field) in cases {
        let file = write(gateway.directory.path(), "register.csv", text);
        let failure = gateway.run(&[&["reconcile", "--json", "--register", &file][..], more].concat()).expect_code(2);
        assert_eq!(failure.json()["field"], field, "{text} {more:?} {failure:?}");
        assert!(!failure.out.contains(&card), "{failure:?}");
    }
    let missing = gateway.run(&["reconcile", "--json", "--register", "/nonexistent.csv"]).expect_code(2).json();
    assert_eq!(missing["field"], "register");
}
