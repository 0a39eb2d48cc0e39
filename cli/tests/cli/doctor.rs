use crate::journal::lost;
use crate::support::{Gateway, Ran, posa, write};
use serde_json::Value;
use std::process::Command;
use tempfile::TempDir;

fn ran(mut command: Command) -> Ran {
    command.env_remove("HTTPS_PROXY").env_remove("https_proxy").env_remove("ALL_PROXY").env_remove("all_proxy");
    Ran::from(command.output().unwrap())
}

/// Without a gateway; a key as the vendor's are.
fn doctor(arguments: &[&str]) -> Command {
    let mut command = posa(&["doctor", "--json"]);
    command
        .args(arguments)
        .env("POSA_JOURNAL", "memory")
        .env("POSA_PARTNER_ID", "Awssb")
        .env("POSA_ENVIRONMENT", "sandbox")
        .env("POSA_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    command.env("POSA_SECRET_ACCESS_KEY", "wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY");
    command
}

fn at(gateway: &Gateway, arguments: &[&str]) -> Value {
    let ran = ran(gateway.posa(&[&["doctor", "--json", "--marketplace", "US"][..], arguments].concat()));
    let report = ran.json();
    assert_eq!(ran.code == 0, report["ok"] == true, "{ran:?}");
    report
}

/// The state of a check, and what was found with what to do.
#[track_caller]
fn found(report: &Value, check: &str) -> (String, String) {
    let finding = report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
    let finding = finding.unwrap_or_else(|| panic!("no {check} in {report}"));
    let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    (text("state"), format!("{} {}", text("what"), text("remedy")))
}

#[track_caller]
fn expect(report: &Value, check: &str, state: &str, words: &str) {
    let (came, text) = found(report, check);
    assert!(came == state && text.contains(words), "{check}: expected {state} {words:?}, came {came} {text:?}");
}

#[test]
fn a_good_set_up_has_no_finding_and_nothing_is_changed() {
    let gateway = Gateway::start(&[]);
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD"]).expect_code(0);
    let files = || {
        let folder = std::fs::read_dir(gateway.directory.path().join("posa")).unwrap();
        let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    };
    let (before, requests) = (files(), gateway.control("GET", "requests", ""));
    let report = at(&gateway, &[]);
    assert_eq!((&report["problems"], &report["warnings"]), (&0.into(), &0.into()), "{report}");
    expect(&report, "journal", "ok", "of this partner and gateway");
    expect(&report, "signature", "not_checked", "--sign");
    assert_eq!(files(), before);
    assert_eq!(gateway.control("GET", "requests", ""), requests, "no operation was sent");
    expect(&at(&gateway, &["--sign"]), "signature", "ok", "CardNumberNotFound");
}

#[test]
fn before_the_first_sale_it_creates_nothing() {
    let gateway = Gateway::start(&[]);
    expect(&at(&gateway, &[]), "folder", "ok", "the first sale creates it");
    assert!(!gateway.directory.path().join("posa").exists());
}

#[test]
fn a_clock_that_is_off_is_told_from_the_gateways_time() {
    let gateway = Gateway::start(&[]);
    let set = |seconds: i64| gateway.control("POST", "clock", &format!(r#"{{"offset_seconds":{seconds}}}"#));
    for (offset, state, words) in
        [(3600, "problem", "behind"), (-3600, "problem", "ahead of"), (120, "warning", "NTP"), (-20, "ok", "ahead of")]
    {
        set(offset);
        expect(&at(&gateway, &[]), "clock", state, words);
    }
}

#[test]
fn tls_is_verified_with_the_authority_that_is_named() {
    let gateway = Gateway::start(&[]);
    let url = gateway.ready["tls_url"].as_str().unwrap();
    let ca = gateway.ready["ca_file"].as_str().unwrap();
    let report = at(&gateway, &["--endpoint", url, "--ca-file", ca, "--sign"]);
    expect(&report, "tls", "ok", "TLSv1.3, 1 certificate, verified; issued by CN=");
    expect(&report, "gateway", "ok", "sping");
    expect(&report, "signature", "ok", "");

    let without = at(&gateway, &["--endpoint", url]);
    expect(&without, "tls", "problem", "--ca-file");
    expect(&without, "gateway", "problem", "");
    let junk = write(gateway.directory.path(), "junk.pem", "not a certificate");
    expect(&at(&gateway, &["--endpoint", url, "--ca-file", &junk]), "tls", "problem", "PEM");
    let other = Gateway::start(&[]);
    let wrong = at(&gateway, &["--endpoint", url, "--ca-file", other.ready["ca_file"].as_str().unwrap()]);
    expect(&wrong, "tls", "problem", "invalid peer certificate");
}

#[test]
fn a_port_where_nobody_listens_and_a_name_that_nobody_knows_are_told_apart() {
    let closed = ran(doctor(&["--endpoint", "http://127.0.0.1:1", "--marketplace", "US"])).expect_code(1).json();
    expect(&closed, "dns", "ok", "127.0.0.1");
    expect(&closed, "connection", "problem", "firewall");
    expect(&closed, "clock", "not_checked", "");
    let unknown = ran(doctor(&["--endpoint", "https://gateway.invalid", "--marketplace", "US"])).expect_code(1).json();
    expect(&unknown, "dns", "problem", "gateway.invalid has no address");
    let proxy =
        ["--endpoint", "https://gateway.invalid", "--marketplace", "US", "--proxy", "http://me:hidden@127.0.0.1:1"];
    let proxied = ran(doctor(&proxy)).expect_code(1);
    assert!(!proxied.out.contains("hidden"), "{proxied:?}");
    expect(&proxied.json(), "proxy", "problem", "cannot be reached");
}

/// At the vendor's own host, behind a proxy that nobody runs: nothing leaves this machine.
fn at_the_vendors(arguments: &[&str]) -> Command {
    let mut command = doctor(&["--marketplace", "US", "--proxy", "http://127.0.0.1:1"]);
    command.args(arguments);
    command
}

#[test]
fn a_key_that_looks_wrong_is_told_and_never_shown() {
    let id = "AKIAIOSFODNN7EXAMPLE";
    let secret = "wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY";
    let with = |id: &str, secret: &str| {
        let mut command = at_the_vendors(&[]);
        command.env("POSA_ACCESS_KEY_ID", id).env("POSA_SECRET_ACCESS_KEY", secret);
        let ran = ran(command).expect_code(1);
        assert!(!ran.out.contains(secret) && !ran.out.contains(id), "{ran:?}");
        ran.json()
    };
    expect(&with(id, secret), "key shape", "ok", "usual shape");
    expect(&with(secret, id), "key shape", "problem", "swapped");
    expect(&with(id, "wJalrXUtnFEMI"), "key shape", "warning", "13 characters");
    expect(&with("ASIAIOSFODNN7EXAMPLE", secret), "key shape", "problem", "temporary");
    expect(&with(id, "with a blank"), "key", "problem", "white space");
}

#[cfg(unix)]
#[test]
fn a_key_of_two_sources_says_which_counts() {
    let directory = TempDir::new().unwrap();
    let text = "access_key_id = \"AKIAIOSFODNN7EXAMPLX\"\nsecret_access_key = \"x\"\n";
    let config = write(directory.path(), "config.toml", text);
    crate::support::set_mode(&config, 0o600);
    let both = ran(at_the_vendors(&["--config", &config])).expect_code(1).json();
    expect(&both, "key", "warning", "from the environment, which outweighs that of the config file");
    let mut halves = at_the_vendors(&["--config", &config]);
    halves.env_remove("POSA_SECRET_ACCESS_KEY");
    expect(&ran(halves).expect_code(1).json(), "key", "warning", "its secret from the config file");
    crate::support::set_mode(&config, 0o644);
    let refused = ran(at_the_vendors(&["--config", &config])).expect_code(1).json();
    expect(&refused, "settings", "problem", "chmod 600");
}

#[test]
fn a_region_that_is_not_the_gateways_is_told() {
    let eu = ["--endpoint", "https://agcod-v2-eu-gamma.amazon.com", "--region", "us-east-1"];
    expect(&ran(at_the_vendors(&eu)).expect_code(1).json(), "region", "problem", "set region to eu-west-1");
    expect(
        &ran(at_the_vendors(&["--region", "eu-west-1"])).expect_code(1).json(),
        "region",
        "warning",
        "leave region out",
    );
    let gateway = Gateway::start(&["--region", "eu-west-1"]);
    expect(&at(&gateway, &[]), "region", "warning", "eu-west-1");
    let signed =
        at(&gateway, &["--endpoint", gateway.ready["url"].as_str().unwrap(), "--region", "us-east-1", "--sign"]);
    expect(&signed, "signature", "problem", "region");
}

#[test]
fn a_secret_that_is_not_the_keys_is_found_by_signing() {
    let gateway = Gateway::start(&[]);
    let mut command = doctor(&["--endpoint", gateway.ready["url"].as_str().unwrap(), "--marketplace", "US", "--sign"]);
    command.env("POSA_ACCESS_KEY_ID", gateway.ready["access_key_id"].as_str().unwrap());
    expect(&ran(command).expect_code(1).json(), "signature", "problem", "secret");
}

#[test]
fn the_journal_is_looked_at_by_owner_and_open_sales() {
    let gateway = Gateway::start(&[]);
    let journal = gateway.directory.path().join("till.db");
    let journal = journal.to_str().unwrap();
    let id = {
        let mut command = gateway.posa(&["activate", &gateway.card(0), "25.00", "USD", "--journal", journal]);
        gateway.control("POST", "faults", r#"{"fault":"drop_after_commit","times":1000}"#);
        Ran::from(command.args(["--attempts", "1"]).output().unwrap()).expect_code(3);
        gateway.control("DELETE", "faults", "");
        lost(&gateway, &gateway.card(1), "drop_before_commit")
    };
    assert!(id.starts_with("Awssb"));
    expect(&at(&gateway, &["--journal", journal]), "open sales", "warning", "1 without an outcome");
    let other = Gateway::start(&[]);
    expect(&at(&other, &["--journal", journal]), "journal", "problem", "belongs to partner Awssb");
    let stranger = write(gateway.directory.path(), "text.db", "this is no database, only text that is long enough");
    expect(&at(&gateway, &["--journal", &stranger]), "journal", "problem", "not a journal");
    expect(&at(&gateway, &["--journal", "none"]), "journal", "warning", "request id");
    expect(&at(&gateway, &["--journal", "postgres://till@127.0.0.1:1/posa"]), "journal", "problem", "start PostgreSQL");
    let missing = at(&gateway, &["--journal", "/proc/posa.db"]);
    expect(&missing, "folder", "problem", "cannot be written");
}

#[cfg(unix)]
#[test]
fn a_journal_that_others_can_read_is_told() {
    let gateway = Gateway::start(&[]);
    let journal = gateway.directory.path().join("till.db");
    let journal = journal.to_str().unwrap();
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD", "--journal", journal]).expect_code(0);
    crate::support::set_mode(journal, 0o644);
    expect(&at(&gateway, &["--journal", journal]), "file", "problem", "chmod 600");
}

/// Also for root, who may write a folder that is read-only for others: there the command runs as nobody.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_told() {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    let directory = TempDir::new().unwrap();
    let folder = directory.path().join("kept");
    std::fs::create_dir(&folder).unwrap();
    let mut command = doctor(&["--endpoint", "http://127.0.0.1:1", "--marketplace", "US"]);
    if directory.path().metadata().unwrap().uid() == 0 {
        let program = directory.path().join("posa");
        // By another process: while this one writes a program, a test that forks keeps it from being run.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_posa")).arg(&program).status().unwrap();
        assert!(copied.success());
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let variables: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        command = Command::new(program);
        command.args(arguments).uid(65534);
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }
    crate::support::set_mode(directory.path().to_str().unwrap(), 0o755);
    crate::support::set_mode(folder.to_str().unwrap(), 0o555);
    command.args(["--journal", folder.join("till.db").to_str().unwrap()]);
    let report = ran(command).expect_code(1).json();
    expect(&report, "folder", "problem", "let this user write it");
}

#[test]
fn times_that_give_answers_up_early_are_told() {
    let gateway = Gateway::start(&[]);
    expect(&at(&gateway, &["--timeout", "1"]), "times", "warning", "the vendor advises 6");
    expect(&at(&gateway, &["--deadline", "2"]), "times", "warning", "before one attempt");
    expect(&at(&gateway, &["--timeout", "0"]), "times", "problem", "");
    expect(&at(&gateway, &["--timeout", "soon"]), "times", "problem", "number of seconds");
}

#[test]
fn the_page_about_it_shows_what_it_prints() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/doctor.md");
    let page = std::fs::read_to_string(page).unwrap();
    let gateway = Gateway::start(&[]);
    gateway.control("POST", "clock", r#"{"offset_seconds":3600}"#);
    let ran =
        ran(gateway.posa(&["doctor", "--marketplace", "US", "--journal", "none", "--timeout", "1"])).expect_code(1);
    assert!(!ran.out.contains('\u{1b}') && ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    let port = gateway.ready["url"].as_str().unwrap().rsplit(':').next().unwrap();
    // The answer's time has whole seconds, and a slow machine may miss the one it came in.
    let shown = ran.out.replace(port, "8989").replace("3599 s", "3600 s").replace("3601 s", "3600 s");
    for line in shown.lines() {
        assert!(page.contains(line), "docs/doctor.md lacks {line:?}");
    }
}

/// A server that answers every request with this, for as long as the test runs.
fn server(answer: &'static str) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn a_server_that_is_no_gateway_is_told() {
    for answer in [
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: close\r\n\r\n<html>Router",
        "HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{\"status\":\"up\"}",
        "HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ] {
        let report = ran(doctor(&["--endpoint", &server(answer), "--marketplace", "US"])).expect_code(1).json();
        expect(&report, "gateway", "problem", "names the gateway and not another server");
    }
}

#[cfg(unix)]
#[test]
fn a_disk_without_room_is_told() {
    let gateway = Gateway::start(&[]);
    let journal = gateway.directory.path().join("till.db");
    let posa = gateway.posa(&["doctor", "--json", "--marketplace", "US", "--journal", journal.to_str().unwrap()]);
    // A limit on how long a file may grow stands for a full disk: nobody needs to fill one.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""]).arg(posa.get_program()).args(posa.get_args());
    for (name, value) in posa.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    expect(&ran(command).expect_code(1).json(), "folder", "problem", "make room");
}

#[test]
fn a_journal_that_is_empty_damaged_or_has_no_folder_is_told() {
    let gateway = Gateway::start(&[]);
    let folder = gateway.directory.path();
    let empty = write(folder, "empty.db", "");
    #[cfg(unix)]
    crate::support::set_mode(&empty, 0o600);
    expect(&at(&gateway, &["--journal", &empty]), "journal", "warning", "no sale was ever recorded in it");
    let nowhere = folder.join("nowhere/till.db");
    let nowhere = nowhere.to_str().unwrap();
    expect(&at(&gateway, &["--journal", nowhere]), "folder", "problem", "create it");
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD", "--journal", nowhere]).expect_code(4);
    let journal = folder.join("till.db");
    gateway.run(&["activate", &gateway.card(0), "25.00", "USD", "--journal", journal.to_str().unwrap()]).expect_code(0);
    std::fs::write(&journal, "").unwrap();
    expect(&at(&gateway, &["--journal", journal.to_str().unwrap()]), "journal", "problem", "missing or empty");
}
