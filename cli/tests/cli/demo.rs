use crate::support::{Ran, posa, run};

#[test]
fn it_ends_in_a_table_in_which_every_step_is_right() {
    let ran = run(&["demo"]).expect_code(0);
    assert!(!ran.out.contains('\u{1b}'), "colour without a terminal: {}", ran.out);
    assert!(!ran.out.contains('✘'), "{}", ran.out);
    let (story, table) = ran.out.split_once("Gateway").unwrap();
    for step in [
        "activation",
        "idempotent replay",
        "another request id",
        "lost answer",
        "status check",
        "deactivation",
        "killed in flight",
        "recovery",
    ] {
        assert!(story.contains(step) && table.contains(step), "{step}: {}", ran.out);
    }
    assert!(table.contains("- 85.00 + 50.00 ="), "{table}");
}

#[test]
fn its_json_holds_each_comparison() {
    let report = run(&["demo", "--json"]).expect_code(0).json();
    assert_eq!(report["ok"], true);
    assert_eq!(report["requests"], 10);
    assert_eq!(report["ledger"]["agrees"], true);
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 8);
    let column = |name: &str| steps.iter().map(|step| step[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("charges"), [1, 1, 0, 1, 1, 1, 1, 1]);
    assert_eq!(column("refunds"), [0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(column("request_id")[0], column("request_id")[1]);
    assert_eq!(column("till")[2], "ALREADY_ACTIVATED");
    assert_eq!(column("request_id")[6], column("request_id")[7]);
    assert_eq!(column("till")[6..], ["nothing, journal says sending", "journal says activated"]);
    assert_eq!(report["left_out"], serde_json::Value::Null);
    assert_eq!(column("gateway")[3].as_array().unwrap().len(), 2);
}

#[test]
fn settings_of_whoever_watches_do_not_count() {
    let mut command = posa(&["demo", "--json"]);
    command.env("POSA_JOURNAL", "none").env("POSA_DEADLINE", "0").env("POSA_CONFIG", "/nonexistent");
    assert_eq!(Ran::from(command.output().unwrap()).expect_code(0).json()["steps"].as_array().unwrap().len(), 8);
}

#[test]
fn colour_is_forced_or_refused_by_the_usual_variables() {
    let with = |name: &str| {
        let mut command = posa(&["demo"]);
        command.env("CLICOLOR_FORCE", "1").env(name, "1");
        Ran::from(command.output().unwrap()).expect_code(0).out
    };
    assert!(with("CLICOLOR_FORCE").contains('\u{1b}'));
    assert!(!with("NO_COLOR").contains('\u{1b}'));
}
