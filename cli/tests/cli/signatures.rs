use crate::support::{Ran, posa, write};
use std::process::Command;
use tempfile::TempDir;

/// The dummy pair of the AWS documentation.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const BODY: &str = r#"{"activationRequestId":"Awssb0327141418PM","partnerId":"Awssb","cardNumber":"1700000005489413","value":{"currencyCode":"USD","amount":10}}"#;
const CANONICAL: &str = "POST\n/ActivateGiftCard\n\naccept:application/json\ncontent-type:application/json\n\
    host:agcod-v2-gamma.amazon.com\nx-amz-date:20260102T030405Z\n\
    x-amz-target:com.amazonaws.agcod.AGCODService.ActivateGiftCard\n\n\
    accept;content-type;host;x-amz-date;x-amz-target\n\
    1733b6cebd126bc73ec238877c1f944f6b293e6c87817fa5847ce623882efae5";

fn sign(directory: &TempDir, more: &[&str]) -> Command {
    let body = write(directory.path(), "body", BODY);
    let mut command = posa(&["sign", "activate", "--date", "20260102T030405Z", "--marketplace", "US", "--body", &body]);
    command.args(more).env("POSA_ACCESS_KEY_ID", "AKIDEXAMPLE").env("POSA_SECRET_ACCESS_KEY", SECRET);
    command
}

fn run(mut command: Command) -> Ran {
    let ran = Ran::from(command.output().unwrap());
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "{ran:?}");
    ran
}

#[test]
fn each_step_of_the_signature_is_shown() {
    let directory = TempDir::new().unwrap();
    let signed = run(sign(&directory, &["--json"])).expect_code(0).json();
    assert_eq!(signed["url"], "https://agcod-v2-gamma.amazon.com/ActivateGiftCard");
    assert_eq!(signed["canonical_request"], CANONICAL);
    assert_eq!(
        signed["string_to_sign"],
        "AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/us-east-1/AGCODService/aws4_request\n\
         ca51531b8fa4c2596f38221816bccc7532b38b25b085dedcbc02a1f71e6c1726"
    );
    let authorization = signed["headers"]["authorization"].as_str().unwrap();
    let signature = "Signature=e1da750ab884fe686de6e64926c359f0ff01250a8ff2a1ab8428f5f92645b482";
    assert!(authorization.ends_with(signature), "{authorization}");
    assert_eq!(signed["headers"]["x-amz-date"], "20260102T030405Z");
    let text = run(sign(&directory, &[])).expect_code(0).out;
    assert!(text.contains(CANONICAL) && text.contains(signature), "{text}");
}

#[test]
fn the_body_may_come_from_standard_input() {
    use std::process::Stdio;
    let directory = TempDir::new().unwrap();
    write(directory.path(), "body", BODY);
    let body = std::fs::File::open(directory.path().join("body")).unwrap();
    let mut command =
        posa(&["sign", "ActivateGiftCard", "--date", "20260102T030405Z", "--marketplace", "US", "--json"]);
    command.env("POSA_ACCESS_KEY_ID", "AKIDEXAMPLE").env("POSA_SECRET_ACCESS_KEY", SECRET).stdin(Stdio::from(body));
    assert_eq!(run(command).expect_code(0).json()["canonical_request"], CANONICAL);
}

#[test]
fn a_difference_is_named_with_its_cause() {
    let directory = TempDir::new().unwrap();
    let same = write(directory.path(), "same", &format!("{CANONICAL}\n"));
    let equal = run(sign(&directory, &["--json", "--explain", &same])).expect_code(0).json();
    assert_eq!(equal["explained"]["equal"], true);

    let other = CANONICAL.replace("1733b6ce", "00000000");
    let other = write(directory.path(), "other", &other);
    let differs = run(sign(&directory, &["--json", "--explain", &other])).expect_code(1).json();
    let explained = &differs["explained"];
    assert_eq!((&explained["equal"], &explained["line"]), (&false.into(), &11.into()), "{explained}");
    assert!(explained["cause"].as_str().unwrap().contains("body"), "{explained}");
    let text = run(sign(&directory, &["--explain", &other])).expect_code(1).out;
    assert!(text.contains("line 11") && text.contains("theirs: 00000000"), "{text}");
}

#[test]
fn a_wrong_time_or_file_is_usage() {
    let directory = TempDir::new().unwrap();
    let mut command = posa(&["sign", "status", "--marketplace", "US", "--json", "--date", "yesterday"]);
    command.env("POSA_ACCESS_KEY_ID", "KEY").env("POSA_SECRET_ACCESS_KEY", "secret");
    assert_eq!(run(command).expect_code(2).json()["field"], "date");
    let missing = run(sign(&directory, &["--json", "--explain", "/nonexistent/file"])).expect_code(2).json();
    assert_eq!(missing["field"], "explain");
}
