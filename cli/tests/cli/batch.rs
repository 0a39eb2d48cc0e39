use crate::journal::movements;
use crate::support::{Gateway, Ran, write};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

/// A file of the gateway's first cards, 10.00 USD each.
fn sales(gateway: &Gateway, cards: usize) -> String {
    let lines: String = (0..cards).map(|card| format!("{},10.00,USD\n", gateway.card(card))).collect();
    write(gateway.directory.path(), "sales.csv", &format!("card_number,amount,currency\n{lines}"))
}

/// The output file's rows, each by its columns, sorted by line.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    rows.sort_by_key(|row| row["line"].parse::<u64>().unwrap());
    rows
}

fn column<'a>(rows: &'a [BTreeMap<String, String>], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str()).collect()
}

#[test]
fn each_line_is_activated_and_told() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 3);
    let report = gateway.run(&["batch", &file, "--json"]).expect_code(0).json();
    assert_eq!((&report["done"], &report["rejected"], &report["unknown"]), (&3.into(), &0.into(), &0.into()));
    assert_eq!((&report["batch"], &report["stopped"]), (&"sales.csv".into(), &false.into()));
    let out = gateway.directory.path().join("sales.out.csv");
    assert_eq!(report["out"], out.to_str().unwrap());
    let told = rows(&out);
    assert_eq!(column(&told, "line"), ["2", "3", "4"]);
    assert_eq!(column(&told, "outcome"), ["done"; 3]);
    assert_eq!(column(&told, "card_status"), ["Activated"; 3]);
    assert_eq!((column(&told, "amount")[0], column(&told, "currency")[0]), ("10.00", "USD"));
    assert_eq!(column(&told, "card")[1], format!("...{}", &gateway.card(1)[12..16]));
    let listed = gateway.run(&["transactions", "--json"]).expect_code(0).json();
    let ids: Vec<_> = listed["transactions"].as_array().unwrap().iter().map(|sale| &sale["request_id"]).collect();
    assert!(column(&told, "request_id").iter().all(|id| ids.contains(&&(*id).into())));
}

#[test]
fn the_same_file_twice_charges_once() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 5);
    gateway.run(&["batch", &file]).expect_code(0);
    let again = gateway.run(&["batch", &file]).expect_code(0);
    assert!(again.out.contains("5 done, 0 rejected, 0 not sent, 0 unknown"), "{again:?}");
    assert_eq!(column(&rows(&gateway.directory.path().join("sales.out.csv")), "attempts"), ["0"; 5]);
    assert_eq!(movements(&gateway), ["charge"; 5]);
    let other = gateway.run(&["batch", &file, "--name", "another", "--json"]).expect_code(1).json();
    assert_eq!((&other["done"], &other["rejected"]), (&0.into(), &5.into()));
    assert_eq!(movements(&gateway), ["charge"; 5]);
}

#[test]
fn without_a_journal_each_line_needs_an_id_of_its_own() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 3);
    gateway.run(&["batch", &file, "--journal", "none"]).expect_code(1);
    let results = gateway.directory.path().join("sales.out.csv");
    assert_eq!(column(&rows(&results), "attempts"), ["0"; 3]);
    let lines = (0..3).map(|n| format!("{},25.00,USD,AwssbLine{n}\n", gateway.card(n)));
    let text = format!("card_number,amount,currency,request_id\n{}", lines.collect::<String>());
    let file = write(gateway.directory.path(), "named.csv", &text);
    for _ in 0..2 {
        gateway.run(&["batch", &file, "--journal", "none"]).expect_code(0);
        assert_eq!(column(&rows(&gateway.directory.path().join("named.out.csv")), "attempts"), ["1"; 3]);
    }
    assert_eq!(movements(&gateway), ["charge"; 3]);
}

#[test]
fn a_rejected_line_stops_no_other_and_an_unknown_one_outweighs_it() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let hostile = "=cmd|' /C calc'!A0";
    let text = format!(
        "Card Number;Amount;Currency;External Reference;Request ID\n{};10.00;USD;{hostile};AwssbOwn\n\
         {};5000.00;USD;;\n{};10.00;USD;;\n1400;10.00;USD;;\n{};10.00;USD;;{}\n\"unclosed;10;USD;;\n",
        gateway.card(0),
        gateway.card(1),
        gateway.card(2),
        gateway.card(3),
        gateway.card(4),
    );
    let file = write(gateway.directory.path(), "hostile.csv", &text);
    let out = gateway.directory.path().join("told.csv");
    let batch = ["batch", &file, "--out", out.to_str().unwrap(), "--attempts", "2", "--json"];
    gateway.control(
        "POST",
        "faults",
        &format!(r#"{{"fault":"drop_after_commit","times":1000,"card_number":"{}"}}"#, &gateway.card(2)[..16]),
    );
    let report = gateway.run(&batch).expect_code(3).json();
    assert_eq!((&report["done"], &report["rejected"], &report["unknown"]), (&1.into(), &4.into(), &1.into()));
    let told = rows(&out);
    assert_eq!(column(&told, "outcome")[..5], ["done", "rejected", "unknown", "rejected", "rejected"]);
    assert_eq!(column(&told, "kind")[2], "OUTCOME_UNKNOWN");
    assert_eq!(column(&told, "request_id")[0], "AwssbOwn");
    assert_eq!(column(&told, "card")[3], "");
    let shown = std::fs::read_to_string(&out).unwrap();
    for card in 0..5 {
        assert!(!shown.contains(&gateway.card(card)[..16]), "a whole card number was written: {shown}");
    }
    gateway.control("DELETE", "faults", "");
    let report = gateway.run(&batch).expect_code(1).json();
    assert_eq!((&report["done"], &report["rejected"], &report["unknown"]), (&2.into(), &4.into(), &0.into()));
    assert_eq!(movements(&gateway), ["charge"; 2]);
    let text = gateway.run(&batch[..4]).expect_code(1).out;
    assert!(text.contains("rejected  line 3: amount"), "{text}");
}

#[test]
fn a_batch_that_was_killed_is_resumed_without_a_second_charge() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 12);
    gateway.control("POST", "faults", r#"{"fault":"delay","delay_ms":60000,"times":4}"#);
    let mut command = gateway.posa(&["batch", &file, "--concurrency", "4", "--timeout", "50", "--deadline", "60"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!((0..100_000).any(|_| movements(&gateway).len() >= 4), "the batch did not reach the gateway");
    child.kill().unwrap();
    child.wait().unwrap();
    let out = gateway.directory.path().join("sales.out.csv");
    assert!(!out.exists(), "half of an output file");
    gateway.run(&["batch", &file, "--concurrency", "4"]).expect_code(0);
    assert_eq!(column(&rows(&out), "outcome"), ["done"; 12]);
    assert_eq!(movements(&gateway), ["charge"; 12]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_a_whole_file_and_the_next_run_goes_on() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 20);
    gateway.control("POST", "faults", r#"{"fault":"delay","delay_ms":200,"times":1000}"#);
    let mut command = gateway.posa(&["batch", &file, "--concurrency", "1", "--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!((0..100_000).any(|_| !movements(&gateway).is_empty()), "the batch did not reach the gateway");
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let report = Ran::from(child.wait_with_output().unwrap()).expect_code(4).json();
    assert_eq!((&report["stopped"], &report["unknown"]), (&true.into(), &0.into()));
    let out = gateway.directory.path().join("sales.out.csv");
    let told = rows(&out).len();
    assert_eq!(report["done"], told);
    assert_eq!(movements(&gateway).len(), told, "each that was begun is told");
    assert!((1..20).contains(&told), "{report}");
    gateway.control("DELETE", "faults", "");
    gateway.run(&["batch", &file]).expect_code(0);
    assert_eq!((rows(&out).len(), movements(&gateway).len()), (20, 20));
}

#[test]
fn a_store_and_a_currency_may_be_said_for_all() {
    let gateway = Gateway::start(&[]);
    let file = write(gateway.directory.path(), "bare.csv", &format!("card_number,amount\n{},10\n", gateway.card(0)));
    let refused = gateway.run(&["batch", &file, "--json"]).expect_code(2).json();
    assert_eq!(refused["field"], "sales");
    gateway.run(&["batch", &file, "--currency", "USD", "--source-id", "7", "--program-id", "Prog1"]).expect_code(0);
    let sale = gateway.run(&["transactions", "--json"]).expect_code(0).json()["transactions"][0].clone();
    assert_eq!((&sale["source_id"], &sale["program_id"]), (&"7".into(), &"Prog1".into()));
}

#[test]
fn what_cannot_be_read_or_written_is_usage_before_anything_is_sent() {
    let gateway = Gateway::start(&[]);
    let file = sales(&gateway, 1);
    let folder = gateway.directory.path().to_str().unwrap();
    let empty = write(gateway.directory.path(), "empty.csv", "");
    let cases: &[(&[&str], &str)] = &[
        (&["batch", "/nonexistent.csv"], "sales"),
        (&["batch", &empty], "sales"),
        (&["batch", &file, "--out", &file], "out"),
        (&["batch", &file, "--out", "/nonexistent/out.csv"], "out"),
        (&["batch", &file, "--out", folder], "out"),
        (&["batch", &file, "--name", " "], "name"),
        (&["batch", &file, "--currency", "XTS"], "currency"),
    ];
    for (arguments, field) in cases {
        let failure = gateway.run(&[*arguments, &["--json"]].concat()).expect_code(2).json();
        assert_eq!(failure["field"], *field, "{arguments:?}");
    }
    gateway.run(&["batch", &file, "--concurrency", "0"]).expect_code(2);
    gateway.run(&["batch", &file, "--program-id", "a b"]).expect_code(1);
    assert!(movements(&gateway).is_empty());
}

/// A list of the gateway's cards, without a denomination.
fn list(gateway: &Gateway, cards: std::ops::Range<usize>) -> String {
    let row = |card: String| format!("{},{},$0\n", &card[..16], &card[16..]);
    let rows: String = cards.map(|card| row(gateway.card(card))).collect();
    write(gateway.directory.path(), "list.csv", &format!("Card Number,Checksum,Amount\n{rows}"))
}

#[test]
fn a_check_tells_what_a_file_holds_and_sends_nothing() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 3);
    let report = gateway.run(&["batch", &file, "--check", "--json"]).expect_code(0).json();
    assert_eq!((&report["lines"], report["findings"].as_array().unwrap().len()), (&3.into(), 0));
    let total = serde_json::json!({"currency": "USD", "sales": 3, "amount": "30.00"});
    assert_eq!(report["sums"], serde_json::json!([total]));

    let wrong = std::fs::read_to_string(&file).unwrap() + &format!("{},10.00,USD\n", gateway.card(0));
    let file = write(gateway.directory.path(), "twice.csv", &wrong);
    let text = gateway.run(&["batch", &file, "--check"]).expect_code(1).out;
    assert!(text.contains("line 5: same card as line 2") && text.contains("30.00 USD"), "{text}");
    let list = list(&gateway, 0..2);
    let check = ["batch", &file, "--check", "--currency", "USD", "--inventory", &list, "--json"];
    let report = gateway.run(&check).expect_code(1).json();
    let lines = report["findings"].as_array().unwrap().iter().map(|found| found["line"].as_u64().unwrap());
    assert_eq!((lines.collect::<Vec<_>>(), &report["sums"][0]["sales"]), (vec![4, 5], &2.into()));
    assert!(report["findings"][0]["message"].as_str().unwrap().contains("not in the inventory"), "{report}");
    gateway.run(&["batch", &file, "--check", "--inventory", &list]).expect_code(2);
    assert!(movements(&gateway).is_empty());
    assert!(!gateway.directory.path().join("twice.out.csv").exists());
}

#[test]
fn a_line_with_the_card_of_another_is_marked_and_the_exit_code_says_so() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let card = gateway.card(1);
    let file = write(
        gateway.directory.path(),
        "twice.csv",
        &format!("card_number,amount,currency\n{card},10,USD\n{},10,USD\n{card},10,USD\n", gateway.card(2)),
    );
    gateway.run(&["batch", &file]).expect_code(1);
    let told = rows(&gateway.directory.path().join("twice.out.csv"));
    assert_eq!(column(&told, "line"), ["2", "3", "4"]);
    assert_eq!(column(&told, "kind"), ["", "", "INVALID_INPUT"]);
    assert!(told[2]["message"].contains("same card as line 2"), "{told:?}");
    assert_eq!(movements(&gateway), ["charge"; 2]);
}

#[test]
fn a_file_of_rounded_numbers_is_not_sent_at_all() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let rounded: String = (0..4).map(|card| format!("{}0,10,USD\n", &gateway.card(card)[..15])).collect();
    let file = write(gateway.directory.path(), "rounded.csv", &format!("card_number,amount,currency\n{rounded}"));
    let refused = gateway.run(&["batch", &file, "--json"]).expect_code(2).json();
    assert_eq!(refused["field"], "card_number");
    assert!(refused["message"].as_str().unwrap().contains("spreadsheet"), "{refused}");
    let report = gateway.run(&["batch", &file, "--check", "--json"]).expect_code(1).json();
    assert_eq!(report["findings"][0]["line"], serde_json::Value::Null);
    assert!(movements(&gateway).is_empty());
}

#[test]
fn a_quote_that_is_not_closed_is_told_and_ends_the_batch() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 3);
    let open = std::fs::read_to_string(&file).unwrap().replacen(&gateway.card(1), &format!("\"{}", gateway.card(1)), 1);
    let file = write(gateway.directory.path(), "open.csv", &open);
    let report = gateway.run(&["batch", &file, "--json"]).expect_code(1).json();
    assert_eq!((&report["done"], &report["rejected"]), (&1.into(), &1.into()));
    let told = rows(&gateway.directory.path().join("open.out.csv"));
    assert!(told[1]["message"].starts_with("line 3 opens a quote in cell 1"), "{told:?}");
}

#[test]
fn an_inventory_keeps_other_cards_and_amounts_from_being_sent() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let (file, list) = (sales(&gateway, 3), list(&gateway, 0..2));
    gateway.run(&["batch", &file, "--currency", "USD", "--inventory", &list]).expect_code(1);
    let told = rows(&gateway.directory.path().join("sales.out.csv"));
    assert!(told[2]["message"].contains("not in the inventory"), "{told:?}");
    assert_eq!(movements(&gateway), ["charge"; 2]);

    let activate = |card: &str| gateway.run(&["activate", card, "10", "USD", "--inventory", &list, "--json"]);
    let misread = format!("{}{}", &gateway.card(0)[..16], &gateway.card(1)[16..]);
    for card in [misread, gateway.card(3)] {
        assert_eq!(activate(&card).expect_code(2).json()["field"], "card_number");
    }
    assert_eq!(activate(&gateway.card(0)).expect_code(1).json()["kind"], "ALREADY_ACTIVATED");
    assert_eq!(movements(&gateway), ["charge"; 2]);
}

#[test]
fn a_throttle_is_waited_for_and_no_line_is_called_rejected() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 3);
    gateway.control("POST", "faults", r#"{"fault":"throttle","times":8}"#);
    let ran = gateway.run(&["batch", &file, "--concurrency", "1", "--attempts", "2", "--json"]).expect_code(0);
    let report = ran.json();
    assert_eq!((&report["done"], &report["rejected"], &report["not_sent"]), (&3.into(), &0.into(), &0.into()));
    assert!(ran.err.contains("waiting: ") && ran.err.contains("going on"), "{ran:?}");
    assert_eq!(movements(&gateway), ["charge"; 3]);
}

#[test]
fn what_an_outage_leaves_is_not_sent_in_rows_exit_code_and_summary() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 4);
    let out = gateway.directory.path().join("sales.out.csv");
    gateway.control("POST", "faults", r#"{"fault":"throttle","times":1000}"#);
    let batch = ["batch", &file, "--patience", "0", "--attempts", "2"];
    let report = gateway.run(&[&batch[..], &["--json"]].concat()).expect_code(4).json();
    assert_eq!((&report["not_sent"], &report["rejected"], &report["unknown"]), (&4.into(), &0.into(), &0.into()));
    assert_eq!(column(&rows(&out), "outcome"), ["not_sent"; 4]);
    assert_eq!(column(&rows(&out), "kind"), ["THROTTLED"; 4]);
    let text = gateway.run(&batch).expect_code(4);
    assert!(text.out.contains("4 not sent") && text.out.contains("run the same command again"), "{text:?}");
    gateway.control("DELETE", "faults", "");
    gateway.run(&["batch", &file]).expect_code(0);
    assert_eq!(movements(&gateway), ["charge"; 4]);
}

#[test]
fn a_rate_is_kept_to_by_whatever_sends() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let file = sales(&gateway, 3);
    let begun = std::time::Instant::now();
    gateway.run(&["batch", &file, "--rate", "1"]).expect_code(0);
    assert!(begun.elapsed() >= std::time::Duration::from_millis(2_000), "three at one a second");
    for verb in [&["batch", &file][..], &["reconcile"], &["recover"], &["certify"], &["doctor"]] {
        let refused = gateway.run(&[verb, &["--rate", "0", "--json"]].concat());
        assert!(refused.out.contains("rate is no number of requests a second"), "{verb:?}: {refused:?}");
    }
}
