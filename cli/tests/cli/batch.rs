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
    assert_eq!(column(&told, "card")[1], format!("...{}", &gateway.card(1)[15..]));
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
    assert!(again.out.contains("5 done, 0 rejected, 0 unknown"), "{again:?}");
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
    let batch = ["batch", &file, "--out", out.to_str().unwrap(), "--deadline", "0.5", "--json"];
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
    let report = Ran::from(child.wait_with_output().unwrap()).expect_code(1).json();
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
