use crate::support::{Gateway, Ran, posa, run, write};
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

fn list<'a>(report: &'a Value, name: &str) -> &'a Vec<Value> {
    report[name].as_array().unwrap()
}

/// At a gateway without a limit, as fast as it goes.
fn fast(gateway: &Gateway, more: &[&str]) -> Ran {
    gateway.run(&[&["certify", "--rate", "10000", "--marketplace", "US", "--json"][..], more].concat())
}

#[track_caller]
fn nothing_is_active(gateway: &Gateway) {
    let state = gateway.control("GET", "state", "");
    let active: Vec<_> = list(&state, "cards").iter().filter(|card| card["status"] == "Activated").collect();
    assert!(active.is_empty(), "{active:?}");
    let count = |kind| list(&state, "movements").iter().filter(|movement| movement["kind"] == kind).count();
    assert_eq!(count("charge"), count("refund"));
    assert!(count("charge") > 0);
}

#[test]
fn a_sandbox_of_its_own_passes_every_case() {
    let report = json(&run(&["certify", "--json"]).expect_code(0));
    let cases = list(&report, "cases");
    assert_eq!((report["passed"].as_u64(), &report["failed"]), (Some(cases.len() as u64), &0.into()));
    assert!(list(&report, "left").is_empty());
    for group in ["Mock ids: activate", "Mock ids: deactivate"] {
        let ids: BTreeSet<_> =
            cases.iter().filter(|case| case["group"] == group).map(|case| case["name"].to_string()).collect();
        assert_eq!(ids.len(), 28, "{group}");
    }
    let silent = cases.iter().filter(|case| list(case, "request_ids").is_empty());
    let silent: Vec<_> = silent.map(|case| case["name"].as_str().unwrap()).collect();
    assert_eq!(silent, ["Under the least", "Over the most", "Twelve requests in one second"]);
    assert!(cases.iter().all(|case| !list(case, "expected").is_empty() && !list(case, "came").is_empty()));
}

#[test]
fn every_country_and_both_formats_pass() {
    for country in ["JP", "DE", "BE", "SG", "MX"] {
        let arguments = ["certify", "--json", "--embedded", "--marketplace", country, "--format", "xml"];
        let report = json(&run(&arguments).expect_code(0));
        assert_eq!((&report["not_run"], &report["marketplace"]), (&0.into(), &country.into()));
    }
}

#[test]
fn at_a_gateway_every_card_is_inactive_again_and_what_cannot_be_set_up_says_why() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let report = json(&fast(&gateway, &[]).expect_code(0));
    nothing_is_active(&gateway);
    let not_run: Vec<_> = list(&report, "cases").iter().filter(|case| case["verdict"] == "not_run").collect();
    assert_eq!(not_run.len(), 5);
    assert!(not_run.iter().all(|case| case["note"].as_str().unwrap().contains("embedded")), "{not_run:?}");
}

#[test]
fn a_gateway_that_answers_otherwise_fails_the_case_and_is_taken_back_all_the_same() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    gateway.control("POST", "faults", r#"{"fault":"wrong_status","operation":"DeactivateGiftCard"}"#);
    let report = json(&fast(&gateway, &[]).expect_code(1));
    nothing_is_active(&gateway);
    let failed: Vec<_> = list(&report, "cases").iter().filter(|case| case["verdict"] == "failed").collect();
    assert!(!failed.is_empty() && list(&report, "left").is_empty(), "{report}");
}

#[test]
fn a_mock_that_answers_another_error_is_shown_with_both() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    gateway.control(
        "POST",
        "faults",
        r#"{"fault":"error","error_type":"MaxAmountExceeded","request_id":"F2003","operation":"ActivateGiftCard"}"#,
    );
    let shown = gateway.run(&["certify", "--rate", "10000", "--marketplace", "US"]).expect_code(1).out;
    let row = shown.split(" ✘ F2003").nth(1).unwrap();
    assert!(row.lines().next().unwrap().contains("REJECTED F200 MaxAmountExceeded"), "{row}");
    assert!(row.lines().nth(2).unwrap().contains("REJECTED F200 InvalidAmountInput"), "{row}");
    assert!(shown.contains("1 failed"), "{shown}");
}

#[test]
fn an_outcome_that_stays_unknown_ends_with_3_and_names_the_card() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    gateway.control("POST", "faults", r#"{"fault":"http_500","operation":"DeactivateGiftCard","times":100000}"#);
    let report = json(&fast(&gateway, &["--attempts", "1"]).expect_code(3));
    let left = list(&report, "left");
    assert!(!left.is_empty() && left.iter().any(|left| left["unknown"] == true), "{left:?}");
    gateway.control("DELETE", "faults", "");
}

#[cfg(unix)]
#[test]
fn a_stop_in_the_middle_takes_back_what_is_active() {
    use std::process::{Command, Stdio};
    let gateway = Gateway::start(&["--throttle", "off"]);
    // Held so long that the stop comes while a card is active.
    gateway.control("POST", "faults", r#"{"fault":"delay","delay_ms":1000,"operation":"ActivateGiftCard"}"#);
    let mut command = gateway.posa(&["certify", "--json", "--marketplace", "US"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let charged = || !list(&gateway.control("GET", "state", ""), "movements").is_empty();
    assert!((0..100_000).any(|_| charged()), "nothing was sold");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ran = Ran::from(child.wait_with_output().unwrap()).expect_code(1);
    let report = json(&ran);
    assert_eq!((&report["stopped"], &report["failed"]), (&true.into(), &0.into()));
    assert!(list(&report, "left").is_empty());
    nothing_is_active(&gateway);
}

/// A run that was killed while a card was active.
fn killed() -> Gateway {
    let gateway = Gateway::start(&["--throttle", "off"]);
    gateway.control("POST", "faults", r#"{"fault":"delay","delay_ms":600000,"operation":"ActivateGiftCard"}"#);
    let mut child =
        gateway.posa(&["certify", "--marketplace", "US"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let charged = || !list(&gateway.control("GET", "state", ""), "movements").is_empty();
    assert!((0..100_000).any(|_| charged()), "nothing was sold");
    child.kill().unwrap();
    child.wait().unwrap();
    gateway.control("DELETE", "faults", "");
    gateway
}

#[test]
fn what_a_killed_run_left_is_taken_back_by_the_next() {
    let gateway = killed();
    let report = json(&fast(&gateway, &[]).expect_code(0));
    assert_eq!(report["recovered"], 1);
    nothing_is_active(&gateway);
}

#[test]
fn what_a_killed_run_left_and_nobody_can_take_back_is_named() {
    let gateway = killed();
    gateway.control("POST", &format!("cards/{}", gateway.card(0)), r#"{"condition":"claimed"}"#);
    let report = json(&fast(&gateway, &[]).expect_code(1));
    assert_eq!((&report["failed"], &report["recovered"]), (&0.into(), &0.into()));
    assert_eq!((&report["left"][0]["card"], &report["left"][0]["unknown"]), (&"...7585".into(), &false.into()));
}

#[test]
fn the_cards_of_a_list_are_used_and_those_that_are_sold_passed_over() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD"]).expect_code(0);
    let rows = [0, 1].map(|at| {
        let card = gateway.card(at);
        format!("{at},{},{},$0,CLAI-MCODE1-CLAIM\n", &card[..16], &card[16..])
    });
    let text = format!("Sequence,Card Number,Checksum,Amount,Claim Code\n{}", rows.concat());
    let file = write(gateway.directory.path(), "cards.csv", &text);
    let ran = fast(&gateway, &["--inventory", &file]).expect_code(0);
    let report = json(&ran);
    assert_eq!((&report["passed_over"], list(&report, "cards").len()), (&1.into(), 1));
    assert!(!ran.out.contains("CLAIM"));
    let why: Vec<_> = list(&report, "cases").iter().filter_map(|case| case["note"].as_str()).collect();
    assert!(why.contains(&"it needs a second unsold card"), "{why:?}");
    let state = gateway.control("GET", "state", "");
    assert_eq!(state["cards"][0]["status"], "Activated", "another's sale is not touched");
}

#[test]
fn production_and_a_set_up_that_cannot_be_reversed_are_refused() {
    let gateway = Gateway::start(&[]);
    let empty = write(gateway.directory.path(), "cards.csv", "Card Number,Checksum,Amount\n");
    let ready = gateway.ready_file().to_str().unwrap().to_owned();
    let url = gateway.ready["url"].as_str().unwrap();
    let cases: [(&[&str], &str); 7] = [
        (&["--environment", "production", "--marketplace", "US"], "environment"),
        (&["--environment", "production", "--marketplace", "US", "--endpoint", url], "environment"),
        (&["--marketplace", "US", "--endpoint", "https://AGCOD-V2.amazon.com.:443"], "endpoint"),
        (&["--sandbox", &ready, "--journal", "none"], "journal"),
        (&["--sandbox", &ready, "--journal", "memory", "--inventory", &empty], "inventory"),
        (&["--endpoint", url, "--region", "eu-west-1"], "marketplace"),
        (&["--html", "/nonexistent/report.html"], "html"),
    ];
    for (arguments, field) in cases {
        let mut command = posa(&[&["certify", "--json"][..], arguments].concat());
        command
            .env("POSA_PARTNER_ID", "Awssb")
            .env("POSA_ACCESS_KEY_ID", "KEY")
            .env("POSA_SECRET_ACCESS_KEY", "secret");
        let failure = Ran::from(command.output().unwrap()).expect_code(2).json();
        assert_eq!(failure["field"], field, "{arguments:?} {failure}");
    }
    assert!(list(&gateway.control("GET", "state", ""), "movements").is_empty());
}

#[test]
fn a_gateway_that_is_not_there_or_refuses_the_key_ends_before_the_first_case() {
    let gateway = Gateway::start(&[]);
    let ready = std::fs::read_to_string(gateway.ready_file()).unwrap();
    let stranger = write(gateway.directory.path(), "stranger.json", &ready.replace(crate::support::SECRET, "x"));
    let failure = run(&["certify", "--json", "--journal", "memory", "--sandbox", &stranger]).expect_code(1).json();
    assert_eq!(failure["kind"], "AUTHENTICATION");
    let url = gateway.ready["url"].as_str().unwrap();
    let nobody = write(gateway.directory.path(), "nobody.json", &ready.replace(url, "http://127.0.0.1:1"));
    let refused = ["certify", "--json", "--journal", "memory", "--attempts", "1", "--sandbox", &nobody];
    assert_eq!(run(&refused).expect_code(4).json()["kind"], "UNREACHABLE");
}

/// The test cases of a JUnit document, with whether each has failed or was skipped.
fn tests(xml: &str) -> Vec<(String, bool, bool)> {
    let mut reader = Reader::from_str(xml);
    let mut tests: Vec<(String, bool, bool)> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => match element.name().as_ref() {
                "testcase" => {
                    let name = element.try_get_attribute("name").unwrap().unwrap().value.into_owned();
                    tests.push((name, false, false));
                }
                "failure" => tests.last_mut().unwrap().1 = true,
                "skipped" => tests.last_mut().unwrap().2 = true,
                _ => {}
            },
            Event::Eof => return tests,
            _ => {}
        }
    }
}

#[test]
fn the_report_is_written_in_every_form_and_holds_no_secret() {
    let gateway = Gateway::start(&["--throttle", "off"]);
    let path = |name: &str| gateway.directory.path().join(name).to_str().unwrap().to_owned();
    let (html, file, junit) = (path("report.html"), path("report.json"), path("report.xml"));
    let ran = fast(&gateway, &["--html", &html, "--json-file", &file, "--junit", &junit]).expect_code(0);
    let [html, file, junit] = [html, file, junit].map(|path| std::fs::read_to_string(path).unwrap());
    let report = json(&ran);
    assert_eq!(serde_json::from_str::<Value>(&file).unwrap(), report);
    let tests = tests(&junit);
    assert_eq!(tests.len(), list(&report, "cases").len() + 1, "and that of the aftermath");
    assert_eq!(tests.iter().filter(|(_, failed, _)| *failed).count(), 0);
    assert_eq!(tests.iter().filter(|(_, _, skipped)| *skipped).count(), 5);
    for case in list(&report, "cases") {
        for id in list(case, "request_ids") {
            assert!(html.contains(id.as_str().unwrap()) && junit.contains(id.as_str().unwrap()));
        }
    }
    assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("http-equiv=\"refresh\"") && !html.contains("src="));
    for text in [&html, &file, &junit] {
        assert!(!text.contains(crate::support::SECRET) && text.contains(gateway.ready["url"].as_str().unwrap()));
        for at in 0..30 {
            assert!(!text.contains(&gateway.card(at)[..16]), "a whole card number");
        }
    }
}

#[test]
fn the_page_about_it_shows_what_it_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/certify.md");
    let page = std::fs::read_to_string(page).unwrap();
    let ran = run(&["certify"]).expect_code(0);
    assert!(!ran.out.contains('\u{1b}'), "colour without a terminal");
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    let shown = ran.out.split("\n\n").find(|group| group.starts_with("Repetitions")).unwrap();
    let untimed = |line: &str| line.trim_end_matches(|c: char| c.is_ascii_digit() || " ms".contains(c)).to_owned();
    let page: Vec<_> = page.lines().map(untimed).collect();
    for line in shown.lines().map(untimed) {
        assert!(page.contains(&line), "docs/certify.md lacks {line:?}");
    }
}
