use crate::support::Gateway;
use std::fs;
use std::path::{Path, PathBuf};

fn sell(gateway: &Gateway, card: usize, journal: &str) -> String {
    let sold = gateway.run(&["activate", &gateway.card(card), "25.00", "USD", "--journal", journal, "--json"]);
    sold.expect_code(0).json()["request_id"].as_str().unwrap().to_owned()
}

fn at(gateway: &Gateway, name: &str) -> (PathBuf, String) {
    let path = gateway.directory.path().join(name);
    let text = path.to_str().unwrap().to_owned();
    (path, text)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

#[test]
fn a_journal_that_does_not_exist_is_never_told_as_one_where_all_is_well() {
    let gateway = Gateway::start(&[]);
    let (path, name) = at(&gateway, "typo.db");
    let period = ["--from", "2026-01-01", "--to", "2026-01-02"];
    let commands: [&[&str]; 6] = [
        &["recover"],
        &["transactions"],
        &["resolve", "AwssbA"],
        &["void", "AwssbA"],
        &["journal", "check"],
        &[&["reconcile"][..], &period].concat(),
    ];
    for command in commands {
        let refused = gateway.run(&[command, &["--journal", &name, "--json"]].concat()).expect_code(1).json();
        assert_eq!(refused["kind"], "JOURNAL", "{command:?}: {refused}");
        assert!(refused["message"].as_str().unwrap().contains("there is no journal"), "{refused}");
        assert!(!path.exists() && !beside(&path, "-holders").exists(), "{command:?}");
    }
}

#[test]
fn a_name_that_means_something_else_is_usage_and_makes_no_file() {
    let gateway = Gateway::start(&[]);
    let names = || {
        let entries = fs::read_dir(gateway.directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    for name in [":memory:", "host=db dbname=posa", "sqlite:posa.db", "~/posa.db"] {
        let refused = gateway.run(&["activate", &gateway.card(0), "25.00", "USD", "--journal", name, "--json"]);
        assert_eq!(refused.expect_code(2).json()["field"], "journal");
    }
    assert_eq!(names(), before);
}

#[test]
fn every_command_leaves_one_file() {
    let gateway = Gateway::start(&[]);
    let (path, name) = at(&gateway, "till.db");
    let id = sell(&gateway, 0, &name);
    for command in [&["transactions"][..], &["recover"], &["resolve", &id], &["deactivate", &id]] {
        gateway.run(&[command, &["--journal", &name]].concat()).expect_code(0);
        assert!(!beside(&path, "-wal").exists() && !beside(&path, "-shm").exists(), "{command:?}");
    }
    let (copy, copied) = at(&gateway, "copy.db");
    fs::copy(&path, copy).unwrap();
    let listed = gateway.run(&["transactions", "--journal", &copied, "--json"]).expect_code(0);
    assert!(listed.out.contains(&id), "{listed:?}");
}

#[test]
fn a_journal_is_backed_up_checked_and_restored() {
    let gateway = Gateway::start(&[]);
    let (path, name) = at(&gateway, "till.db");
    let (_, backup) = at(&gateway, "backup.db");
    let id = sell(&gateway, 0, &name);
    let copied = gateway.run(&["journal", "backup", &backup, "--journal", &name, "--json"]).expect_code(0).json();
    assert_eq!((&copied["sales"], &copied["copy"]), (&1.into(), &backup.as_str().into()));
    sell(&gateway, 1, &name);
    let taken = gateway.run(&["journal", "backup", &backup, "--journal", &name, "--json"]).expect_code(1).json();
    assert!(taken["message"].as_str().unwrap().contains("cannot be copied"), "{taken}");
    let sound = gateway.run(&["journal", "check", "--journal", &name, "--json"]).expect_code(0).json();
    assert_eq!((&sound["sales"], &sound["damage"]), (&2.into(), &serde_json::json!([])));
    let over = gateway.run(&["journal", "restore", &backup, "--journal", &name, "--json"]).expect_code(1).json();
    assert!(over["message"].as_str().unwrap().contains("move it away first"), "{over}");
    fs::rename(&path, at(&gateway, "old.db").0).unwrap();
    let refused = gateway.run(&["recover", "--journal", &name, "--json"]).expect_code(1).json();
    assert!(refused["message"].as_str().unwrap().contains("is missing or empty, and 4 entries"), "{refused}");
    let restored = gateway.run(&["journal", "restore", &backup, "--journal", &name, "--json"]).expect_code(0).json();
    assert_eq!(restored["sales"], 1);
    let listed = gateway.run(&["transactions", "--journal", &name, "--json"]).expect_code(0);
    assert!(listed.out.contains(&id), "{listed:?}");
}

#[test]
fn a_damaged_journal_is_named_by_check_and_doctor() {
    let gateway = Gateway::start(&[]);
    let (path, name) = at(&gateway, "till.db");
    gateway.control("POST", "faults", r#"{"fault":"drop_after_commit","times":1000}"#);
    let lost = ["activate", &gateway.card(2), "25.00", "USD", "--attempts", "1", "--journal", &name];
    gateway.run(&lost).expect_code(3);
    gateway.control("DELETE", "faults", "");
    let id = sell(&gateway, 0, &name);
    let mut bytes = fs::read(&path).unwrap();
    // The card's number in its row; in an index it stands only while the sale is open.
    let card = gateway.card(0)[..16].to_owned();
    let place = bytes.windows(16).position(|window| window == card.as_bytes()).unwrap();
    bytes[place + 15] ^= 1;
    fs::write(&path, bytes).unwrap();
    let damaged = gateway.run(&["journal", "check", "--journal", &name, "--json"]).expect_code(1).json();
    assert!(damaged["damage"].to_string().contains(&id), "{damaged}");
    let recovered = gateway.run(&["recover", "--journal", &name, "--json"]).expect_code(1).json();
    assert!(recovered["damaged"].to_string().contains(&id), "{recovered}");
    assert_eq!(
        recovered["settled"].as_array().unwrap().len(),
        1,
        "the other sale is settled all the same: {recovered}"
    );
    let ill = gateway.run(&["doctor", "--journal", &name, "--json"]).expect_code(1);
    assert!(ill.out.contains("are not as they were written"), "{ill:?}");
}
