use crate::support::{run, write};
use tempfile::TempDir;

const LIST: &str = "Sequence,Card Number,Checksum,Amount,Claim Code
1,1400000005567585,358,$0,WA2W-A3CYCB-RDAMZ
2,1400000005567586,149,$0,WAS3-C8PP8R-MZMMD
3,1400000005567590,777,$25,WAS3-C8PP8R-MZMMX
";

#[test]
fn an_inventory_is_counted_and_a_card_looked_up() {
    let directory = TempDir::new().unwrap();
    let list = write(directory.path(), "wacs.csv", LIST);
    let report = run(&["inventory", &list, "--currency", "USD", "--json"]).expect_code(0);
    assert!(!report.out.contains("14000000055675") && !report.out.contains("RDAMZ"), "{}", report.out);
    let report = report.json();
    assert_eq!(report["cards"], 3);
    assert_eq!(report["ranges"].as_array().unwrap().len(), 2);
    assert_eq!(report["ranges"][0]["cards"], 2);
    assert_eq!(report["denominations"][0]["denomination"], serde_json::Value::Null);
    assert_eq!(report["denominations"][1]["denomination"], "25.00");

    let check = |card: &str| run(&["inventory", &list, "--currency", "USD", "--check", card, "--json"]);
    let found = check("1400000005567590777").expect_code(0).json();
    assert_eq!((&found["check"]["found"], &found["check"]["denomination"]), (&true.into(), &"25.00".into()));
    assert_eq!(check("1400000005567590").expect_code(0).json()["check"]["found"], true);
    assert_eq!(check("1400000005567590778").expect_code(1).json()["check"]["found"], false);
    assert_eq!(check("1400000005567599").expect_code(1).json()["check"]["found"], false);
    let text = run(&["inventory", &list, "--currency", "USD", "--check", "1400000005567585358"]).expect_code(0).out;
    assert!(text.contains("3 cards") && text.contains("found ...7585") && text.contains("any amount"), "{text}");
}

#[test]
fn an_unreadable_inventory_is_usage() {
    let directory = TempDir::new().unwrap();
    let list = write(directory.path(), "wacs.csv", &LIST.replace("1400000005567586", "1.4E+15"));
    let refused = run(&["inventory", &list, "--currency", "USD", "--json"]).expect_code(2).json();
    assert!(refused["message"].as_str().unwrap().contains("line 3"), "{refused}");
    run(&["inventory", "/nonexistent.csv", "--currency", "USD"]).expect_code(2);
    run(&["inventory", &list]).expect_code(2);
}

#[test]
fn a_location_file_is_written_whole_or_not_at_all() {
    let directory = TempDir::new().unwrap();
    let stores = write(directory.path(), "stores.csv", "institutionName,sourceId,city\nCorner Shop,7,Bellevue\n");
    let out = directory.path().join("locations.csv");
    let arguments = ["locations", &stores, "--out", out.to_str().unwrap(), "--json"];
    let written = run(&arguments).expect_code(0).json();
    assert_eq!(written["stores"], 1);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(
        text.starts_with("sourceId,institutionId,institutionName") && text.contains("\n7,7,Corner Shop,"),
        "{text}"
    );

    write(directory.path(), "stores.csv", "institutionName,sourceId\n=1+1,7\n");
    run(&arguments).expect_code(2);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), text);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn completions_name_the_verbs() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]).expect_code(0).out;
        assert!(script.contains("deactivate"), "{shell}");
    }
    let json = run(&["completions", "bash", "--json"]).expect_code(0).json();
    assert!(json["script"].as_str().unwrap().contains("deactivate"));
    run(&["completions", "tcsh"]).expect_code(2);
}
