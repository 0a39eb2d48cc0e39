use crate::support::{Gateway, Ran, posa, write};
use serde_json::Value;
use tempfile::TempDir;

fn requests(gateway: &Gateway) -> usize {
    gateway.control("GET", "requests", "").as_array().unwrap().len()
}

/// Activates, with no answer ever coming back; the id that settles it.
pub(crate) fn lost(gateway: &Gateway, card: &str, fault: &str) -> String {
    gateway.control("POST", "faults", &format!(r#"{{"fault":"{fault}","times":1000}}"#));
    let unknown = gateway.run(&["activate", card, "25.00", "USD", "--attempts", "2", "--json"]).expect_code(3).json();
    gateway.control("DELETE", "faults", "");
    unknown["request_id"].as_str().unwrap().to_owned()
}

pub(crate) fn movements(gateway: &Gateway) -> Vec<String> {
    let state = gateway.control("GET", "state", "");
    state["movements"].as_array().unwrap().iter().map(|m| m["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_default_file_is_named_once_and_is_its_owners_alone() {
    let gateway = Gateway::start(&[]);
    let first = gateway.run(&["activate", &gateway.card(0), "25.00", "USD", "--json"]).expect_code(0);
    let port = gateway.ready["url"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let path = gateway.directory.path().join(format!("posa/Awssb-127.0.0.1-{port}.db"));
    assert!(first.err.contains(path.to_str().unwrap()), "{first:?}");
    assert_eq!(first.json()["outcome"], "done");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
    let second = gateway.run(&["activate", &gateway.card(1), "25.00", "USD"]).expect_code(0);
    assert_eq!(second.err, "");
}

#[test]
fn none_keeps_no_record_and_makes_no_file() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    let activate = ["activate", &card, "25.00", "USD", "--journal", "none", "--json"];
    let receipt = gateway.run(&activate).expect_code(0);
    assert_eq!(receipt.err, "");
    let id = receipt.json()["request_id"].as_str().unwrap().to_owned();
    let replay = gateway.run(&[&activate[..], &["--request-id", &id]].concat()).expect_code(0).json();
    assert_eq!(replay["attempts"], 1);
    let refused = gateway.run(&["deactivate", &id, "--journal", "none", "--json"]).expect_code(2).json();
    assert_eq!(refused["field"], "card_number");
    gateway.run(&["deactivate", &id, &card, "--journal", "none"]).expect_code(0);
    assert!(!gateway.directory.path().join("posa").exists());
}

#[test]
fn a_journal_is_named_by_option_variable_and_config_file() {
    let gateway = Gateway::start(&[]);
    let folder = gateway.directory.path();
    let config = write(folder, "config.toml", "journal = \"beside.db\"\n");
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD", "--config", &config]).expect_code(0);
    assert!(folder.join("beside.db").exists());
    let named = folder.join("variable.db");
    let mut command = gateway.posa(&["activate", &gateway.card(1), "25.00", "USD", "--config", &config]);
    let ran = Ran::from(command.env("POSA_JOURNAL", &named).output().unwrap()).expect_code(0);
    assert!(ran.err.contains("variable.db") && named.exists(), "{ran:?}");
    let option = folder.join("option.db");
    let mut command = gateway.posa(&["activate", &gateway.card(2), "25.00", "USD"]);
    Ran::from(command.arg("--journal").arg(&option).env("POSA_JOURNAL", &named).output().unwrap()).expect_code(0);
    let listed = gateway.run(&["transactions", "--json", "--journal", option.to_str().unwrap()]).expect_code(0).json();
    assert_eq!(listed["transactions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_journal_that_cannot_be_used_stops_the_sale_before_it_is_sent() {
    let gateway = Gateway::start(&[]);
    let folder = gateway.directory.path();
    let not_one =
        write(folder, "notes.txt", "these are notes, and longer than any header of a database would ever be\n");
    let cases = [
        (folder.to_str().unwrap(), 4, "folder"),
        ("/nonexistent/sales.db", 4, "does not exist"),
        (not_one.as_str(), 4, "not a journal"),
        ("mysql://till:hunter2@127.0.0.1/posa", 2, "postgres://"),
        ("postgres://till:hunter2@127.0.0.1:1/posa", 4, "cannot be reached"),
        ("", 2, "empty"),
    ];
    for (journal, code, message) in cases {
        let ran = gateway.run(&["activate", &gateway.card(0), "25.00", "USD", "--json", "--journal", journal]);
        assert!(ran.code == code, "{journal}: {ran:?}");
        let failure = ran.json();
        assert!(failure["message"].as_str().unwrap().contains(message), "{journal}: {failure}");
        assert_eq!(failure["delivery"], "not_sent");
        assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"), "{ran:?}");
    }
    assert_eq!(requests(&gateway), 0);
}

#[cfg(unix)]
#[test]
fn a_password_in_a_config_file_that_others_can_read_is_refused() {
    let directory = TempDir::new().unwrap();
    let config = write(directory.path(), "config.toml", "journal = \"postgres://till:hunter2@127.0.0.1:1/posa\"\n");
    crate::support::set_mode(&config, 0o644);
    let ran = Ran::from(posa(&["transactions", "--json", "--config", &config]).output().unwrap()).expect_code(2);
    assert_eq!(ran.json()["field"], "config");
    assert!(!ran.out.contains("hunter2"), "{ran:?}");
}

#[test]
fn a_journal_belongs_to_one_gateway() {
    let (one, other) = (Gateway::start(&[]), Gateway::start(&[]));
    let path = one.directory.path().join("sales.db");
    let journal = ["--journal", path.to_str().unwrap(), "--json"];
    one.run(&[&["activate", &one.card(0), "25.00", "USD"][..], &journal].concat()).expect_code(0);
    let refused = other.run(&[&["activate", &other.card(0), "25.00", "USD"][..], &journal].concat()).expect_code(1);
    assert_eq!(refused.json()["kind"], "CONFLICT");
    other.run(&[&["transactions"][..], &journal].concat()).expect_code(1);
    assert_eq!(requests(&other), 0);
}

#[test]
fn a_deactivation_takes_the_card_from_the_journal() {
    let gateway = Gateway::start(&[]);
    let receipt = gateway.run(&["activate", &gateway.card(0), "25.00", "USD", "--json"]).expect_code(0).json();
    let id = receipt["request_id"].as_str().unwrap();
    let done = gateway.run(&["deactivate", id, "--json"]).expect_code(0).json();
    assert_eq!((&done["card"], &done["card_status"]), (&receipt["card"], &"AwaitingActivation".into()));
    assert_eq!(movements(&gateway), ["charge", "refund"]);
    let unknown = gateway.run(&["deactivate", "AwssbOther", "--json"]).expect_code(1).json();
    assert_eq!(unknown["kind"], "CONFLICT");
    let elsewhere = gateway.run(&["deactivate", "AwssbOther", &gateway.card(1), "--json"]).expect_code(1).json();
    assert_eq!(elsewhere["kind"], "CONFLICT");
    assert_eq!(requests(&gateway), 2);
}

#[test]
fn a_card_in_doubt_is_not_sold_under_another_id() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    let id = lost(&gateway, &card, "drop_after_commit");
    let refused = gateway.run(&["activate", &card, "25.00", "USD", "--json"]).expect_code(1).json();
    assert_eq!(refused["kind"], "CONFLICT");
    assert!(refused["message"].as_str().unwrap().contains(&id), "{refused}");
}

#[test]
fn the_list_is_text_csv_or_json_with_every_field() {
    let gateway = Gateway::start(&[]);
    let hostile = "=HYPERLINK(\"http://x\"),1;2";
    let activate = ["activate", &gateway.card(0), "25.00", "USD", "--external-reference", hostile];
    let store = ["--source-id", "7", "--source-upc", "ABC1234", "--program-id", "Prog1", "--request-id", "AwssbFirst"];
    gateway.run(&[&activate[..], &store].concat()).expect_code(0);
    let open = lost(&gateway, &gateway.card(1), "drop_before_commit");

    let json = gateway.run(&["transactions", "--json"]).expect_code(0).json();
    let sales = json["transactions"].as_array().unwrap();
    let column = |name: &str| sales.iter().map(|sale| sale[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("request_id"), ["AwssbFirst", &open]);
    assert_eq!(column("state"), ["activated", "unknown"]);
    assert_eq!(column("amount"), ["25.00", "25.00"]);
    assert_eq!(column("card")[0], format!("...{}", &gateway.card(0)[12..16]));
    assert_eq!((&sales[0]["external_reference"], &sales[0]["source_upc"]), (&hostile.into(), &"ABC1234".into()));
    assert_eq!((&sales[0]["institution_id"], &sales[0]["program_id"]), (&"7".into(), &"Prog1".into()));

    let csv = gateway.run(&["transactions", "--csv"]).expect_code(0).out;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header: Vec<_> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let members: Vec<_> = sales[0].as_object().unwrap().keys().cloned().collect();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(header.clone()), sorted(members));
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let reference = header.iter().position(|name| name == "external_reference").unwrap();
    assert_eq!(&rows[0][reference], format!("'{hostile}"), "a spreadsheet would run it");

    let text = gateway.run(&["transactions"]).expect_code(0).out;
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("25.00 USD") && text.contains("unknown"), "{text}");
    let listed = |arguments: &[&str]| {
        let json = gateway.run(&[&["transactions", "--json"][..], arguments].concat()).expect_code(0).json();
        let ids = json["transactions"].as_array().unwrap().iter().map(|sale| sale["request_id"].clone());
        ids.collect::<Vec<Value>>()
    };
    assert_eq!(listed(&["--open"]), [open.as_str()]);
    assert_eq!(listed(&["--limit", "1"]), ["AwssbFirst"]);
    assert_eq!(listed(&["--from", "2026-01-01", "--to", "2200-01-01T00:00:00Z"]).len(), 2);
    assert_eq!(listed(&["--to", "2026-01-01"]), [""; 0]);
    let start = sales[1]["started_at"].as_str().unwrap();
    assert_eq!(listed(&["--from", start]), [open.as_str()]);
    assert_eq!(listed(&["--to", start]), ["AwssbFirst"]);
    let empty = gateway.run(&["transactions", "--csv", "--limit", "0"]).expect_code(0).out;
    assert_eq!(empty.lines().collect::<Vec<_>>(), [header.join(",")]);
}

#[test]
fn the_list_needs_no_key_but_a_journal_that_lasts() {
    let gateway = Gateway::start(&[]);
    let (url, path) = (gateway.ready["url"].as_str().unwrap(), gateway.directory.path().join("sales.db"));
    let journal = path.to_str().unwrap();
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD", "--journal", journal]).expect_code(0);
    let gate = ["--partner-id", "Awssb", "--endpoint", url, "--region", "us-east-1", "--journal", journal];
    let listed = Ran::from(posa(&[&["transactions"][..], &gate].concat()).output().unwrap()).expect_code(0);
    assert_eq!(listed.out.lines().count(), 1);
    for name in ["none", "memory"] {
        for verb in [&["transactions"][..], &["recover"], &["resolve", "Awssb1"], &["void", "Awssb1"]] {
            let refused = gateway.run(&[verb, &["--journal", name, "--json"]].concat()).expect_code(2).json();
            assert_eq!(refused["field"], "journal");
        }
    }
    for wrong in
        [&["--from", "yesterday"][..], &["--to", "2026-13-01"], &["--from", "2026-01-02", "--to", "2026-01-02"]]
    {
        gateway.run(&[&["transactions"][..], wrong].concat()).expect_code(2);
    }
    gateway.run(&["transactions", "--csv", "--json"]).expect_code(2);
}
