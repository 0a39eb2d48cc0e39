use crate::support::{Gateway, Ran, SECRET, posa, write};
use serde_json::Value;
use std::process::Command;
use tempfile::TempDir;

/// `posa sign` shows which endpoint and key hold, without a request.
fn sign(arguments: &[&str]) -> Command {
    let mut command = posa(&["sign", "status", "--json"]);
    command.args(arguments);
    command
}

#[track_caller]
fn ran(mut command: Command) -> Ran {
    Ran::from(command.output().unwrap())
}

fn key_and_host(signed: &Value) -> (String, String) {
    let authorization = signed["headers"]["authorization"].as_str().unwrap();
    let key = authorization.split("Credential=").nth(1).unwrap().split('/').next().unwrap();
    (key.to_owned(), signed["headers"]["host"].as_str().unwrap().to_owned())
}

fn config(directory: &TempDir, text: &str) -> String {
    let path = write(directory.path(), "config.toml", text);
    #[cfg(unix)]
    crate::support::set_mode(&path, 0o600);
    path
}

#[test]
fn options_outweigh_variables_and_those_the_config_file() {
    let directory = TempDir::new().unwrap();
    let file = config(
        &directory,
        &format!("marketplace = \"US\"\naccess_key_id = \"FROMFILE\"\nsecret_access_key = \"{SECRET}\"\n"),
    );
    let from_file = ran(sign(&["--config", &file])).expect_code(0).json();
    assert_eq!(key_and_host(&from_file), ("FROMFILE".into(), "agcod-v2-gamma.amazon.com".into()));

    let mut command = sign(&[]);
    command.env("POSA_CONFIG", &file).env("POSA_ACCESS_KEY_ID", "FROMENV").env("POSA_MARKETPLACE", "DE");
    let from_variables = ran(command).expect_code(0).json();
    assert_eq!(key_and_host(&from_variables), ("FROMENV".into(), "agcod-v2-eu-gamma.amazon.com".into()));

    let mut command = sign(&["--access-key-id", "FROMFLAG", "--marketplace", "JP", "--environment", "production"]);
    command.env("POSA_CONFIG", &file).env("POSA_ACCESS_KEY_ID", "FROMENV").env("POSA_MARKETPLACE", "DE");
    let from_options = ran(command).expect_code(0).json();
    assert_eq!(key_and_host(&from_options), ("FROMFLAG".into(), "agcod-v2-fe.amazon.com".into()));
    assert!(from_options["string_to_sign"].as_str().unwrap().contains("/us-west-2/"));
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let directory = TempDir::new().unwrap();
    let text = format!("marketplace = \"US\"\naccess_key_id = \"FROMFILE\"\nsecret_access_key = \"{SECRET}\"\n");
    let mut command = sign(&["--config", &config(&directory, &text)]);
    command.env("POSA_ACCESS_KEY_ID", "");
    assert_eq!(key_and_host(&ran(command).expect_code(0).json()).0, "FROMFILE");
}

#[test]
fn the_config_file_is_found_in_its_usual_place() {
    let directory = TempDir::new().unwrap();
    std::fs::create_dir(directory.path().join("posa")).unwrap();
    let text = "marketplace = \"GB\"\naccess_key_id = \"KEY\"\ncredentials_file = \"keys\"\n";
    write(&directory.path().join("posa"), "config.toml", &text.replace("access_key_id = \"KEY\"\n", ""));
    let keys = write(
        &directory.path().join("posa"),
        "keys",
        &format!("access_key_id = INFILE\nsecret_access_key = {SECRET}\n"),
    );
    #[cfg(unix)]
    crate::support::set_mode(&keys, 0o600);
    let mut command = sign(&[]);
    command.env("XDG_CONFIG_HOME", directory.path());
    let signed = ran(command).expect_code(0).json();
    assert_eq!(key_and_host(&signed), ("INFILE".into(), "agcod-v2-eu-gamma.amazon.com".into()), "{keys}");
}

#[test]
fn keys_of_one_source_are_not_mixed_with_those_of_another() {
    let directory = TempDir::new().unwrap();
    let keys = write(directory.path(), "keys", &format!("access_key_id = INFILE\nsecret_access_key = {SECRET}\n"));
    #[cfg(unix)]
    crate::support::set_mode(&keys, 0o600);
    let mut command = sign(&["--marketplace", "US", "--credentials-file", &keys]);
    command.env("POSA_ACCESS_KEY_ID", "FROMENV").env("POSA_SECRET_ACCESS_KEY", SECRET);
    assert_eq!(key_and_host(&ran(command).expect_code(0).json()).0, "INFILE");

    let mut command = sign(&["--marketplace", "US"]);
    command.env("POSA_ACCESS_KEY_ID", "FROMENV").env("POSA_CREDENTIALS_FILE", &keys);
    assert_eq!(ran(command).expect_code(2).json()["field"], "credentials_file");
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_refused() {
    let directory = TempDir::new().unwrap();
    let file = config(&directory, &format!("access_key_id = \"KEY\"\nsecret_access_key = \"{SECRET}\"\n"));
    crate::support::set_mode(&file, 0o644);
    let refused = ran(sign(&["--marketplace", "US", "--config", &file])).expect_code(2).json();
    assert_eq!(refused["field"], "config");
    assert!(refused["message"].as_str().unwrap().contains("chmod 600"), "{refused}");

    let keys = write(directory.path(), "keys", &format!("access_key_id = KEY\nsecret_access_key = {SECRET}\n"));
    crate::support::set_mode(&keys, 0o640);
    let refused = ran(sign(&["--marketplace", "US", "--credentials-file", &keys])).expect_code(2).json();
    assert_eq!(refused["field"], "credentials_file");
}

#[test]
fn what_is_missing_or_wrong_is_named_with_its_remedy() {
    let directory = TempDir::new().unwrap();
    let cases: &[(&str, &[&str], &str, &str)] = &[
        ("", &[], "marketplace", "--sandbox"),
        ("", &["--marketplace", "XX"], "marketplace", "use one of"),
        ("", &["--marketplace", "US", "--environment", "live"], "environment", "production"),
        ("", &["--endpoint", "http://gateway.example", "--region", "us-east-1"], "endpoint", "https"),
        ("", &["--endpoint", "http://127.0.0.1:1"], "region", "--region"),
        ("", &["--endpoint", "https://AGCOD-V2.Amazon.com.", "--marketplace", "US"], "endpoint", "production"),
        ("", &["--marketplace", "US", "--format", "soap"], "format", "xml"),
        ("", &["--marketplace", "US"], "access_key_id", "POSA_ACCESS_KEY_ID"),
        ("", &["--marketplace", "US", "--access-key-id", "KEY"], "secret_access_key", "POSA_SECRET_ACCESS_KEY"),
        ("", &["--sandbox", "/nonexistent/ready.json"], "sandbox", "posa sandbox"),
        ("", &["--config", "/nonexistent/config.toml"], "config", "cannot be read"),
        ("markteplace = \"US\"", &[], "config", "there is no setting"),
        ("region = \"us-east-1\"\nsecret_access_key = sandbox-secret-not-for-production\n", &[], "config", "line 2"),
        ("partner_id = [1]", &[], "config", "partner_id"),
    ];
    for (text, arguments, field, remedy) in cases {
        let mut command = sign(arguments);
        if !text.is_empty() {
            command.args(["--config", &config(&directory, text)]);
        }
        let failure = ran(command).expect_code(2).json();
        assert_eq!(failure["field"], *field, "{arguments:?} {failure}");
        assert!(failure["message"].as_str().unwrap().contains(remedy), "{arguments:?} {failure}");
    }
}

#[test]
fn times_may_be_numbers_in_the_config_file() {
    let directory = TempDir::new().unwrap();
    let gateway = Gateway::start(&[]);
    let file = config(&directory, "timeout = 6\ndeadline = 22.5\nattempts = 2\n");
    gateway.run(&["status", "Awssb1", &gateway.card(0), "--config", &file, "--json"]).json();
    let file = config(&directory, "attempts = 0\n");
    gateway.run(&["status", "Awssb1", &gateway.card(0), "--config", &file]).expect_code(2);
    gateway.run(&["status", "Awssb1", &gateway.card(0), "--timeout", "soon"]).expect_code(2);
}

#[test]
fn a_running_sandbox_outweighs_the_variables_below_it() {
    let gateway = Gateway::start(&[]);
    let mut command = gateway.posa(&["activate", &gateway.card(0), "25.00", "USD", "--json"]);
    command
        .env("POSA_ENDPOINT", "http://127.0.0.1:1")
        .env("POSA_ACCESS_KEY_ID", "OTHER")
        .env("POSA_PARTNER_ID", "Other");
    ran(command).expect_code(0);
    let mut command = posa(&["activate", &gateway.card(1), "25.00", "USD", "--json"]);
    command.env("POSA_SANDBOX", gateway.ready_file()).env("XDG_DATA_HOME", gateway.directory.path());
    ran(command).expect_code(0);
}
