//! The page at `/`, byte by byte; what a browser makes of it is tested in `tests/browser`.

use crate::client::*;
use posa_core::model::Operation;
use posa_sandbox::{Condition, Fault, FaultKind, Sandbox, Settings};
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn host(sandbox: &Sandbox) -> String {
    sandbox.endpoint().host().to_owned()
}

async fn ask(sandbox: &Sandbox, head: &str, body: &str) -> Answer {
    let text = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    exchange(connect(sandbox).await, text.as_bytes()).await.unwrap()
}

async fn get(sandbox: &Sandbox, path: &str) -> Answer {
    ask(sandbox, &format!("GET {path} HTTP/1.1\r\nhost: {}\r\n", host(sandbox)), "").await
}

/// As the page's own form.
async fn post(sandbox: &Sandbox, path: &str, body: &str) -> Answer {
    let host = host(sandbox);
    let head = format!("POST /_dashboard/{path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\n");
    ask(sandbox, &head, body).await
}

#[tokio::test]
async fn every_answer_forbids_foreign_content_frames_and_storage() {
    let sandbox = sandbox().await;
    activate("AwssbD1").answer(&sandbox).await;
    let paths = ["/", "/_dashboard/style.css", "/_dashboard/page.js", "/_dashboard/icon.svg", "/_dashboard/requests/1"];
    for path in paths.into_iter().chain(["/_dashboard/cards/1-7585", "/_dashboard/faults", "/_dashboard/nothing"]) {
        let answer = get(&sandbox, path).await;
        assert_eq!(answer.status, if path.ends_with("nothing") { 404 } else { 200 }, "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
        for own in ["script-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(own), "{policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        for inline in ["<style", "style=\"", "onclick", "javascript:"] {
            assert!(path.ends_with(".js") || !answer.body.contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn the_gateway_and_the_control_api_are_as_without_it() {
    let sandbox = sandbox().await;
    assert_eq!(get(&sandbox, "/sping").await.body, "healthy");
    assert_eq!(get(&sandbox, "/nothing").await.status, 404);
    let head = format!("POST / HTTP/1.1\r\nhost: {}\r\n", host(&sandbox));
    assert!(ask(&sandbox, &head, "").await.body.contains("UnknownOperationException"));
    assert_eq!(activate("AwssbD2").answer(&sandbox).await.status, 200);
    let recorded = sandbox.requests().len();
    get(&sandbox, "/").await;
    get(&sandbox, "/_dashboard/nothing").await;
    assert_eq!(sandbox.requests().len(), recorded, "the page is no request to the gateway");
}

#[tokio::test]
async fn text_of_a_request_is_shown_and_never_markup() {
    let sandbox = sandbox().await;
    let hostile = r#"Awssb<img src=x onerror=alert(1)>'\"&"#;
    Request::json(Operation::Activate, &activate_body(hostile, CARD, "25.00")).answer(&sandbox).await;
    let evil_host = activate("AwssbD3").header("accept", "</td><script>alert(1)</script>").edit("POST", "GET");
    assert_eq!(evil_host.answer(&sandbox).await.status, 403);
    let shown = "Awssb&lt;img src=x onerror=alert(1)&gt;'&quot;&amp;";
    for path in ["/", "/_dashboard/requests/1"] {
        let page = get(&sandbox, path).await.body;
        assert!(page.contains(shown), "{path}");
        assert!(!page.contains("<img src=x"), "{path}");
    }
    let page = get(&sandbox, "/_dashboard/requests/2").await.body;
    assert!(page.contains("&lt;/td&gt;&lt;script&gt;alert(1)") && !page.contains("<script>"), "{page}");
    let page = get(&sandbox, "/?find=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await.body;
    assert!(page.contains("&quot;&gt;&lt;script&gt;") && !page.contains("<script>"));
    let page = post(&sandbox, "throttle", "per_second=%3Cb%3E").await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("&lt;b&gt;") && !page.body.contains("<b>"), "{}", page.body);
}

#[tokio::test]
async fn no_secret_and_no_card_number_is_on_the_page_until_a_card_is_revealed() {
    let sandbox = sandbox().await;
    activate("AwssbD4").answer(&sandbox).await;
    let mut signed = activate("AwssbD5").header("x-amz-security-token", "a-session-token").edit("POST", "GET");
    signed.signed.push("x-amz-security-token".into());
    signed.answer(&sandbox).await;
    let numbers: Vec<String> = sandbox.cards().unwrap().into_iter().map(|card| card.card_number).collect();
    for path in ["/", "/_dashboard/requests/1", "/_dashboard/requests/2", "/_dashboard/cards/1-7585"] {
        let page = get(&sandbox, path).await.body;
        // The card of the specification's sample, in the command that the empty log shows.
        let page = page.replace("ready.json 1400000005567585358", "");
        assert!(!numbers.iter().any(|number| page.contains(number)), "{path}");
        for secret in [sandbox.partners()[0].secret_access_key.as_str(), "a-session-token", "Signature="] {
            assert!(!page.contains(secret), "{path}: {secret}");
        }
    }
    assert!(get(&sandbox, "/_dashboard/cards/1-7585?reveal").await.body.contains("1400000005567585358"));
    for nobody in ["0-7585", "1-7586", "201-7785", "-1", "x"] {
        assert_eq!(get(&sandbox, &format!("/_dashboard/cards/{nobody}")).await.status, 404, "{nobody}");
    }
}

#[tokio::test]
async fn a_mismatch_shows_both_sides_and_the_cause() {
    let sandbox = sandbox().await;
    let host = host(&sandbox);
    let (name, port) = host.split_once(':').unwrap();
    activate("AwssbD6").edit(&format!("host:{host}"), &format!("host:{name}")).answer(&sandbox).await;
    Request { secret: "wrong".into(), ..activate("AwssbD7") }.answer(&sandbox).await;
    let page = get(&sandbox, "/_dashboard/requests/1").await.body;
    assert!(page.contains("The client signed host 127.0.0.1 without the port"), "{page}");
    assert!(page.contains("They first differ in <strong>line 6</strong>"), "{page}");
    assert!(page.contains(&format!("<td>host:127.0.0.1</td><td>host:127.0.0.1<mark>:{port}</mark></td>")), "{page}");
    let page = get(&sandbox, "/_dashboard/requests/2").await.body;
    assert!(page.contains("Most likely the secret access key differs"), "{page}");
    assert!(page.contains("No known mistake"), "{page}");
}

#[tokio::test]
async fn forms_do_what_the_control_api_does() {
    let sandbox = sandbox().await;
    let done = async |path: &str, body: &str| {
        let answer = post(&sandbox, path, body).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{path}: {}", answer.body);
    };
    done("cards/1-7585", "condition=claimed").await;
    assert_eq!(sandbox.card(CARD).unwrap().condition, Condition::Claimed);
    done("funds", "partner_id=Awssb&currency=USD&available=12.50").await;
    assert!(sandbox.funds().unwrap().iter().any(|funds| funds.available == "12.50"));
    done("clock/freeze", "").await;
    done("clock/advance", "advance_seconds=1200").await;
    assert_eq!((sandbox.clock().frozen, sandbox.clock().offset_seconds), (true, 1200));
    done("clock/run", "").await;
    done("clock/reset", "").await;
    assert_eq!((sandbox.clock().frozen, sandbox.clock().offset_seconds), (false, 0));
    done("throttle", "per_second=3").await;
    assert_eq!(sandbox.throttle(), NonZeroU32::new(3));
    done("throttle/off", "").await;
    assert_eq!(sandbox.throttle(), None);

    // The fields of other kinds of fault come along, and empty ones.
    let rest = "operation=&card_number=&request_id=&delay_ms=7&seconds=9&error_type=F500%2FGeneralError";
    done("faults", &format!("fault=drop_after_commit&times=2&{rest}")).await;
    done("faults", &format!("fault=delay&times=1&{rest}")).await;
    done("faults", &format!("fault=error&times=1&{rest}&operation=ActivateGiftCard")).await;
    let error = FaultKind::Error { error_type: "F500/GeneralError".into() };
    let delay = FaultKind::Delay { delay_ms: 7 };
    assert_eq!(
        sandbox.faults(),
        [Fault::new(FaultKind::DropAfterCommit).times(2), Fault::new(delay), Fault::new(error)]
    );
    done("faults/clear", "").await;
    assert!(sandbox.faults().is_empty());
    done("faults", "fault=late&card_number=1400000005567586149").await;
    let body = activate_body("AwssbD8", "1400000005567586", "5.00");
    assert!(Request::json(Operation::Activate, &body).send(&sandbox).await.is_none());
    done("faults/release", "").await;
    assert_eq!(sandbox.movements().unwrap().len(), 1);
    done("requests/clear", "").await;
    assert!(sandbox.requests().is_empty());
    done("reset", "").await;
    assert!(sandbox.movements().unwrap().is_empty());
}

#[tokio::test]
async fn a_form_that_does_not_fit_says_why_and_changes_nothing() {
    let sandbox = sandbox().await;
    let cases = [
        ("cards/1-7585", "condition=lost", "condition"),
        ("cards/1-7585", "", "condition is missing"),
        ("funds", "partner_id=Awssb&currency=USD&available=-1", "100.00"),
        ("clock/advance", "advance_seconds=99999999999999", "century"),
        ("throttle", "per_second=0", "per_second"),
        ("faults", "fault=explode", "drop_before_commit"),
        ("faults", "fault=delay&delay_ms=soon", "delay_ms"),
        ("faults", "fault=resend&times=0", "times"),
        ("faults", "fault=error", "error_type"),
        ("faults", "fault=resend&card_number=12", "16"),
        ("faults", "times=%ff%00", "fault is missing"),
    ];
    for (path, body, word) in cases {
        let answer = post(&sandbox, path, body).await;
        assert_eq!(answer.status, 400, "{path} {body}");
        assert!(answer.body.contains(word), "{path} {body}: {}", answer.body);
    }
    assert_eq!(post(&sandbox, "nothing", "").await.status, 404);
    assert_eq!(post(&sandbox, "throttle", &"x".repeat(70_000)).await.status, 413);
    assert!(sandbox.faults().is_empty());
    assert_eq!(sandbox.clock().offset_seconds, 0);
}

const ACTIONS: [&str; 12] = [
    "cards/1-7585",
    "funds",
    "faults",
    "faults/clear",
    "faults/release",
    "clock/advance",
    "clock/freeze",
    "clock/reset",
    "throttle",
    "throttle/off",
    "requests/clear",
    "reset",
];

/// Something that each action would change.
async fn marked() -> Sandbox {
    let sandbox = Sandbox::start_with(Settings { throttle: NonZeroU32::new(7), ..Settings::default() }).await.unwrap();
    sandbox.inject(Fault::new(FaultKind::Resend).request("Nobody")).unwrap();
    sandbox.set_clock_offset(60).unwrap();
    activate("AwssbD9").answer(&sandbox).await;
    sandbox
}

fn state(sandbox: &Sandbox) -> String {
    let mut state = serde_json::to_value(sandbox.state().unwrap()).unwrap();
    state["clock"]["now"].take();
    format!("{state} {:?}", sandbox.requests())
}

#[tokio::test]
async fn nothing_is_changed_by_another_method_than_post() {
    let sandbox = marked().await;
    let before = state(&sandbox);
    let fields =
        "condition=claimed&advance_seconds=60&per_second=1&fault=resend&partner_id=Awssb&currency=USD&available=1";
    for action in ACTIONS {
        get(&sandbox, &format!("/_dashboard/{action}?{fields}")).await;
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
            let host = host(&sandbox);
            let head = format!("{method} /_dashboard/{action} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\n");
            let text = format!("{head}content-length: {}\r\n\r\n{fields}", fields.len());
            // An answer to HEAD has no body, which the reader here cannot know.
            let mut stream = connect(&sandbox).await;
            stream.write_all(text.as_bytes()).await.unwrap();
            assert!(stream.read(&mut [0; 12]).await.unwrap() > 0);
        }
    }
    assert_eq!(state(&sandbox), before);
}

#[tokio::test]
async fn pages_elsewhere_can_neither_steer_it_nor_read_it() {
    let sandbox = marked().await;
    let host = host(&sandbox);
    let port = host.rsplit_once(':').unwrap().1;
    let foreign = [
        format!("host: {host}\r\norigin: http://evil.example\r\n"),
        format!("host: {host}\r\norigin: null\r\n"),
        format!("host: {host}\r\norigin: http://127.0.0.1:1\r\n"),
        format!("host: {host}\r\nsec-fetch-site: cross-site\r\n"),
        // Another port of this machine is the same site.
        format!("host: {host}\r\norigin: http://{host}\r\nsec-fetch-site: same-site\r\n"),
        format!("host: evil.example:{port}\r\norigin: http://evil.example:{port}\r\nsec-fetch-site: same-origin\r\n"),
        // No browser's form: browsers name their origin.
        format!("host: {host}\r\n"),
    ];
    let before = state(&sandbox);
    for headers in &foreign {
        for action in ACTIONS {
            let head = format!("POST /_dashboard/{action} HTTP/1.1\r\n{headers}");
            let fields = "condition=claimed&advance_seconds=60&per_second=1&fault=resend";
            assert_eq!(ask(&sandbox, &head, fields).await.status, 403, "{action} {headers}");
        }
    }
    assert_eq!(state(&sandbox), before);
    for headers in &foreign[..6] {
        for path in ["/", "/_dashboard/events", "/_dashboard/cards/1-7585?reveal", "/_sandbox/state"] {
            let answer = ask(&sandbox, &format!("GET {path} HTTP/1.1\r\n{headers}"), "").await;
            assert_eq!(answer.status, 403, "{path} {headers}");
        }
    }
    let fetch = "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n";
    let link = format!("GET / HTTP/1.1\r\nhost: {host}\r\n{fetch}");
    assert_eq!(ask(&sandbox, &link, "").await.status, 200, "others may link to the page");
}

/// An open stream of changes.
struct Events(tokio::net::TcpStream, String);

impl Events {
    async fn open(sandbox: &Sandbox, path: &str) -> Self {
        let mut stream = connect(sandbox).await;
        let text = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", host(sandbox));
        stream.write_all(text.as_bytes()).await.unwrap();
        Self(stream, String::new())
    }

    /// What arrives until a text does.
    async fn until(&mut self, text: &str) -> String {
        let arrives = async {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                if let Some(at) = self.1.find(text) {
                    let rest = self.1.split_off(at + text.len());
                    return std::mem::replace(&mut self.1, rest);
                }
                let n = self.0.read(&mut buffer).await.unwrap();
                assert!(n > 0, "the stream ended after {}", self.1);
                self.1 += &String::from_utf8_lossy(&buffer[..n]);
            }
        };
        tokio::time::timeout(Duration::from_secs(30), arrives).await.expect("it does not arrive")
    }

    /// To its end: whole, not cut off.
    async fn ends(mut self) -> bool {
        self.0.read_to_string(&mut self.1).await.is_ok() && self.1.ends_with("0\r\n\r\n")
    }
}

#[tokio::test]
async fn changes_arrive_as_the_parts_that_changed() {
    let sandbox = sandbox().await;
    let mut events = Events::open(&sandbox, "/_dashboard/events").await;
    let head = events.until("event: log").await;
    assert!(head.contains("content-type: text/event-stream") && head.contains("content-security-policy"), "{head}");
    activate("AwssbLive1").answer(&sandbox).await;
    let news = events.until("event: rows").await;
    for part in ["card-1-7585", "funds-Awssb-USD", "requests-count", "cards-count"] {
        assert!(news.contains(&format!("id=\"{part}\"")), "{part}");
    }
    assert!(!news.contains("card-2-7586") && !news.contains("funds-Awssb-EUR"), "{news}");
    assert!(events.until("\n\n").await.contains("AwssbLive1"));

    sandbox.inject(Fault::new(FaultKind::Html)).unwrap();
    assert!(events.until("page").await.contains("faults-waiting"));
    let new = r#"{"card_number":"6215366885893081"}"#;
    assert_eq!(control(&sandbox, "POST", "cards", new).await.status, 200);
    assert!(events.until("card-201-3081").await.contains("id=\"card-list\""), "the list has another card");
    sandbox.reset().unwrap();
    assert!(events.until("event: log\ndata: \n\n").await.contains("id=\"card-list\""));
}

#[tokio::test]
async fn a_flood_of_requests_is_sent_as_one_page_of_the_log() {
    let sandbox = sandbox().await;
    let mut events = Events::open(&sandbox, "/_dashboard/events").await;
    events.until("event: log").await;
    let request = status("AwssbFlood").bytes(&sandbox);
    let mut stream = connect(&sandbox).await;
    for _ in 0..200 {
        assert_eq!(exchange(&mut stream, &request).await.unwrap().status, 200);
    }
    let news = events.until("<span class=\"count\" id=\"requests-count\">200</span>").await;
    let rest = events.until("/_dashboard/requests/200\"").await;
    let rows = (news + &rest).matches("/_dashboard/requests/").count();
    assert!(rows < 200, "{rows}");
}

#[tokio::test]
async fn open_streams_hold_nothing_up_and_are_bounded() {
    let sandbox = Sandbox::start_with(Settings { max_connections: 100, ..Settings::default() }).await.unwrap();
    let mut open = Vec::new();
    for _ in 0..64 {
        let mut events = Events::open(&sandbox, "/_dashboard/events").await;
        events.until("event: log").await;
        open.push(events);
    }
    assert_eq!(get(&sandbox, "/_dashboard/events").await.status, 503);
    assert_eq!(activate("AwssbD10").answer(&sandbox).await.status, 200);
    sandbox.stop().await;
    for events in open {
        assert!(events.ends().await, "the sandbox waited for its dashboards, and cut them off");
    }
}

#[tokio::test]
async fn the_log_is_paged() {
    let sandbox = sandbox().await;
    let request = status("AwssbMany").bytes(&sandbox);
    let mut stream = connect(&sandbox).await;
    for _ in 0..120 {
        exchange(&mut stream, &request).await.unwrap();
    }
    let row = |number: u32| format!("/_dashboard/requests/{number}\"");
    let newest = get(&sandbox, "/").await.body;
    assert!(newest.contains(&row(120)) && newest.contains(&row(71)) && !newest.contains(&row(70)));
    assert!(newest.contains("/?before=71#requests") && !newest.contains("Newest"));
    let oldest = get(&sandbox, "/?before=21").await.body;
    assert!(oldest.contains(&row(20)) && oldest.contains(&row(1)) && !oldest.contains(&row(21)));
    assert!(oldest.contains("Newest") && !oldest.contains("Older"));
}
