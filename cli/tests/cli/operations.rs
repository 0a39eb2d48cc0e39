use crate::support::{Gateway, Ran, posa, run};
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_card_is_activated_replayed_checked_and_deactivated() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    let receipt = gateway.run(&["--json", "activate", &card, "25.00", "USD"]).expect_code(0).json();
    assert_eq!(receipt["outcome"], "done");
    assert_eq!(receipt["operation"], "ActivateGiftCard");
    assert_eq!(receipt["card"], format!("...{}", &card[12..16]));
    assert_eq!(receipt["card_status"], "Activated");
    assert_eq!(receipt["amount"], "25.00");
    assert_eq!(receipt["currency"], "USD");
    assert_eq!(receipt["attempts"], 1);
    let id = receipt["request_id"].as_str().unwrap();
    assert!(id.starts_with("Awssb") && id.len() <= 40, "{id}");

    let replay = gateway.run(&["activate", &card, "25.00", "USD", "--request-id", id, "--json"]).expect_code(0).json();
    assert_eq!((&replay["card_status"], &replay["attempts"]), (&receipt["card_status"], &0.into()), "sent again");
    let status = gateway.run(&["status", id, &card, "--json"]).expect_code(0).json();
    assert_eq!(status["card_status"], "Activated");
    let deactivated = gateway.run(&["deactivate", id, &card, "--json"]).expect_code(0).json();
    assert_eq!(deactivated["card_status"], "AwaitingActivation");

    let state = gateway.control("GET", "state", "");
    let kinds: Vec<_> = state["movements"].as_array().unwrap().iter().map(|m| m["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["charge", "refund"]);
}

#[test]
fn xml_and_every_option_of_an_activation_are_taken() {
    let gateway = Gateway::start(&[]);
    let details = r#"{"institutionName":"Corner Shop"}"#;
    let long =
        ["--source-id", "7", "--institution-id", "4", "--source-details", details, "--external-reference", "till 3"];
    let first = gateway.card(0);
    let command = [&["activate", &first, "10", "USD", "--format", "xml", "--program-id", "Prog1"][..], &long].concat();
    gateway.run(&command).expect_code(0);
    let second = gateway.card(1);
    gateway.run(&["activate", &second, "10", "USD", "--source-id", "7", "--source-upc", "ABC1234"]).expect_code(0);
    let third = gateway.card(2);
    gateway.run(&["activate", &third, "10", "USD", "--source-id", "7", "--source-two-members"]).expect_code(0);
}

#[test]
fn a_refusal_ends_with_1_and_names_what_to_do() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    gateway.run(&["activate", &card, "25.00", "USD"]).expect_code(0);
    let refused = gateway.run(&["activate", &card, "25.00", "USD", "--json"]).expect_code(1).json();
    assert_eq!(refused["outcome"], "rejected");
    assert_eq!(refused["kind"], "ALREADY_ACTIVATED");
    assert_eq!(refused["delivery"], "answered");
    assert_eq!(refused["code"], "F200");
    assert_eq!(refused["error_type"], "CardAlreadyActivatedWithDifferentRequestId");
    assert!(refused["next"].as_str().unwrap().contains("request id"), "{refused}");
    let text = gateway.run(&["activate", &card, "25.00", "USD"]).expect_code(1);
    assert!(text.out.is_empty() && text.err.contains("ALREADY_ACTIVATED") && text.err.contains("next:"), "{text:?}");
}

#[test]
fn an_unknown_outcome_ends_with_3_and_the_id_that_settles_it() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    gateway.control("POST", "faults", r#"{"fault":"drop_after_commit","times":1000}"#);
    let unknown = gateway.run(&["activate", &card, "25.00", "USD", "--attempts", "2", "--json"]).expect_code(3).json();
    assert_eq!(unknown["outcome"], "unknown");
    assert_eq!(unknown["kind"], "OUTCOME_UNKNOWN");
    assert_eq!(unknown["delivery"], "unknown");
    let id = unknown["request_id"].as_str().unwrap();
    assert!(unknown["next"].as_str().unwrap().contains(&format!("posa resolve {id}")), "{unknown}");

    gateway.control("DELETE", "faults", "");
    let settled = gateway.run(&["activate", &card, "25.00", "USD", "--request-id", id, "--json"]).expect_code(0).json();
    assert_eq!(settled["request_id"], id);
    let movements = gateway.control("GET", "state", "")["movements"].as_array().unwrap().len();
    assert_eq!(movements, 1);
}

#[cfg(unix)]
#[test]
fn a_stopped_activation_names_its_request_id() {
    use std::process::{Command, Stdio};
    let gateway = Gateway::start(&[]);
    gateway.control("POST", "faults", r#"{"fault":"delay","delay_ms":60000}"#);
    let mut command = gateway.posa(&["activate", &gateway.card(0), "25.00", "USD", "--timeout", "50", "--json"]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let charged = || !gateway.control("GET", "state", "")["movements"].as_array().unwrap().is_empty();
    assert!((0..100_000).any(|_| charged()), "the activation did not reach the gateway");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let ran = Ran::from(child.wait_with_output().unwrap()).expect_code(3);
    let charged = gateway.control("GET", "state", "")["movements"][0]["request_id"].clone();
    assert_eq!(ran.json()["request_id"], charged);
}

#[test]
fn the_card_may_come_from_standard_input() {
    use std::io::Write;
    use std::process::Stdio;
    let gateway = Gateway::start(&[]);
    let mut command = gateway.posa(&["activate", "-", "25.00", "USD", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{}\r", gateway.card(0)).unwrap();
    Ran::from(child.wait_with_output().unwrap()).expect_code(0);
}

#[test]
fn bad_input_ends_with_2_and_names_the_field() {
    let gateway = Gateway::start(&[]);
    let card = gateway.card(0);
    let overlong = "x".repeat(21);
    let cases: &[(&[&str], &str)] = &[
        (&["activate", "14000000055675", "25.00", "USD"], "card_number"),
        (&["activate", &card, "0", "USD"], "amount"),
        (&["activate", &card, "2500.00", "USD"], "amount"),
        (&["activate", &card, "1.005", "USD"], "amount"),
        (&["activate", &card, "1e2", "USD"], "amount"),
        (&["activate", &card, "NaN", "USD"], "amount"),
        (&["activate", &card, "", "USD"], "amount"),
        (&["activate", &card, "-5", "USD"], "amount"),
        (&["activate", &card, "25.00", "usd"], "currency"),
        (&["activate", &card, "25.00", "XTS"], "currency"),
        (&["activate", &card, "25.00", "CAD", "--marketplace", "US"], "currency"),
        (&["activate", &card, "25.00", "USD", "--request-id", "Other1"], "request_id"),
        (&["activate", &card, "25.00", "USD", "--source-id", &overlong], "source_id"),
        (&["activate", &card, "25.00", "USD", "--source-id", "7", "--source-details", "{}"], "source_details"),
        (&["status", &card, "Awssb1"], "card_number"),
        (&["status", &card, &card], "request_id"),
        (&["deactivate", "Awssb%1", &card], "request_id"),
    ];
    for (arguments, field) in cases {
        let ran = gateway.run(&[&["--json"][..], arguments].concat()).expect_code(2);
        let failure = ran.json();
        assert_eq!(
            (&failure["outcome"], &failure["field"]),
            (&"usage".into(), &(*field).into()),
            "{arguments:?} {failure}"
        );
        assert_eq!(failure["delivery"], "not_sent");
        assert!(!ran.out.contains(&card), "{}", ran.out);
    }
    assert!(gateway.control("GET", "requests", "").to_string().find("GiftCard").is_none());
}

#[test]
fn a_gateway_that_is_not_there_is_told_as_not_sent() {
    let mut command = posa(&["activate", "1400000005567585358", "25.00", "USD", "--json", "--attempts", "1"]);
    command.args([
        "--journal",
        "none",
        "--endpoint",
        "http://127.0.0.1:1",
        "--region",
        "us-east-1",
        "--partner-id",
        "Awssb",
    ]);
    command.env("POSA_ACCESS_KEY_ID", "KEY").env("POSA_SECRET_ACCESS_KEY", "secret");
    let failure = Ran::from(command.output().unwrap()).expect_code(4).json();
    assert_eq!((&failure["outcome"], &failure["delivery"]), (&"not_sent".into(), &"not_sent".into()));
    assert!(failure["next"].as_str().unwrap().contains("run the same command again"), "{failure}");
}

#[test]
fn a_wrong_argument_is_usage_in_text_and_in_json() {
    let text = run(&["activate", "--secret-access-key=hunter2hunter2"]).expect_code(2);
    assert!(text.err.contains("--secret-access-key") && !text.err.contains("hunter2"), "{text:?}");
    let json = run(&["--json", "status"]).expect_code(2).json();
    assert_eq!(json["outcome"], "usage");
    assert!(json["message"].as_str().unwrap().contains("REQUEST_ID"), "{json}");
    for stray in [&["1400000005567585358"][..], &["status", "Awssb1", "1400000005567585358", "1400000005567585358"]] {
        for ran in [run(stray), run(&[&["--json"][..], stray].concat())] {
            let ran = ran.expect_code(2);
            let shown = format!("{}{}", ran.out, ran.err);
            assert!(shown.contains("...7585") && !shown.contains("00005567585"), "{shown}");
        }
    }
    run(&["--version"]).expect_code(0);
    assert!(run(&["--help"]).expect_code(0).out.contains("Exit codes: 0 done"));
}

#[test]
fn a_scanner_types_the_card() {
    let gateway = Gateway::start(&[]);
    let scan = |typed: String| {
        let mut command = gateway.posa(&["activate", "-", "10", "USD", "--json"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may have what it needs before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        Ran::from(child.wait_with_output().unwrap())
    };
    let typed = [
        |card: &str| format!("{card}\r"),
        |card: &str| format!("\u{FEFF}]C1{card}\r\n"),
        |card: &str| format!("\u{2}{card}\u{3}\u{2}next\u{3}"),
        |card: &str| format!("\r\n{}-{} {}\n", &card[..4], &card[4..16], &card[16..]),
    ];
    for (index, typed) in typed.into_iter().enumerate() {
        let card = gateway.card(index);
        assert_eq!(scan(typed(&card)).expect_code(0).json()["card"], format!("...{}", &card[12..16]), "{index}");
    }
    for (typed, says) in [
        (format!("07675011203{}\n", gateway.card(5)), "30 digits"),
        ("076750112031\n".to_owned(), "UPC"),
        ("]e00104006381333931\n".to_owned(), "GS1"),
        (String::new(), "0 digits"),
    ] {
        let refused = scan(typed).expect_code(2).json();
        assert!(refused["message"].as_str().unwrap().contains(says), "{refused}");
    }
}
