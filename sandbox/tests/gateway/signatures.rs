//! Authentication errors in the order of the vendor's front end (protocol section 4.5), and what explains them.

use crate::client::*;
use jiff::{SignedDuration, Timestamp};
use posa_core::sign::canonical::{amz_date, payload_hash};
use posa_sandbox::{Partner, Sandbox, Settings};
use std::time::Duration;

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";

async fn refused(sandbox: &Sandbox, request: &Request) -> (u16, String, String) {
    let answer = request.answer(sandbox).await;
    let json = answer.json();
    let name = json["__type"].as_str().unwrap().strip_prefix("com.amazon.coral.service#").unwrap().to_owned();
    (answer.status, name, json["message"].as_str().unwrap().to_owned())
}

fn authorization(value: &str) -> Request {
    activate("AwssbS1").header("authorization", value)
}

#[tokio::test]
async fn each_check_has_its_own_error() {
    let sandbox = sandbox().await;
    let now = Timestamp::now();
    let (today, old) = (&amz_date(now)[..8], &amz_date(now - SignedDuration::from_hours(30))[..8]);
    let scoped = |scope: &str| {
        authorization(&format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=0"))
    };
    let good = format!("SANDBOXACCESSKEY/{today}/us-east-1/AGCODService/aws4_request");
    let mut in_query = activate("AwssbS1");
    in_query.path += "?X-Amz-Algorithm=AWS4-HMAC-SHA256";
    let mut unknown_key = activate("AwssbS1");
    unknown_key.access_key_id = "NOBODY".into();

    let (incomplete, invalid) = ("IncompleteSignatureException", "InvalidSignatureException");
    let scope_errors = format!(
        "Credential should be scoped to a valid region, not 'mars'. Credential should be scoped to correct service: \
         'AGCODService'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. Date in \
         Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{old}' != '{today}', from \
         '{}'.",
        amz_date(now)
    );
    let cases = [
        (
            in_query,
            400,
            invalid,
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        ),
        (authorization("Basic QWxhZGRpbg=="), 400, incomplete, "Unsupported AWS 'algorithm': 'Basic'"),
        (
            authorization("AWS4-HMAC-SHA256 Credential"),
            400,
            incomplete,
            "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 \
             Credential'.",
        ),
        (
            authorization("AWS4-HMAC-SHA256 Credential=a"),
            400,
            incomplete,
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' \
             parameter. Authorization=AWS4-HMAC-SHA256 Credential=a",
        ),
        (
            activate("AwssbS1").signed(&["x-amz-date"]),
            400,
            invalid,
            "'Host' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            scoped(&good).header("x-amz-date", "yesterday"),
            400,
            incomplete,
            "Date must be in ISO-8601 'basic format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
        (
            scoped("SANDBOXACCESSKEY/us-east-1"),
            400,
            incomplete,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
             'SANDBOXACCESSKEY/us-east-1'",
        ),
        (scoped(&format!("NOBODY/{old}/mars/s3/aws5")), 403, invalid, &*scope_errors),
        (unknown_key, 403, "UnrecognizedClientException", "The security token included in the request is invalid."),
    ];
    for (request, status, name, message) in cases {
        let request = request.at(now);
        assert_eq!(refused(&sandbox, &request).await, (status, name.into(), message.into()), "{:?}", request.headers);
    }
    assert!(sandbox.movements().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_token_or_a_date_it_says_so() {
    let sandbox = sandbox().await;
    let host = sandbox.endpoint().host().to_owned();
    let bare = |headers: &str| {
        format!(
            "POST /ActivateGiftCard HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\n{headers}\
             content-length: 0\r\n\r\n"
        )
    };
    let answer = exchange(connect(&sandbox).await, bare("").as_bytes()).await.unwrap();
    assert_eq!(answer.status, 403);
    let expected = r#"{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException","#.to_owned()
        + r#""message":"Request is missing Authentication Token"}"#;
    assert_eq!(answer.body, expected);

    let header = "authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0\r\n";
    let answer = exchange(connect(&sandbox).await, bare(header).as_bytes()).await.unwrap();
    assert_eq!(answer.status, 400);
    let message = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=";
    assert!(answer.json()["message"].as_str().unwrap().starts_with(message), "{answer:?}");
}

#[tokio::test]
async fn the_clock_may_be_fifteen_minutes_off() {
    let sandbox = sandbox().await;
    sandbox.freeze_clock(true);
    let now: Timestamp = sandbox.clock().now.parse().unwrap();
    let off = |seconds: i64| activate("AwssbS2").at(now + SignedDuration::from_secs(seconds));
    for seconds in [-899, 899, 0] {
        assert_eq!(off(seconds).answer(&sandbox).await.status, 200, "{seconds}");
    }
    let date = |seconds: i64| amz_date(now + SignedDuration::from_secs(seconds));
    let (status, name, message) = refused(&sandbox, &off(-1000)).await;
    assert_eq!((status, name.as_str()), (403, "InvalidSignatureException"));
    let expected =
        format!("Signature expired: {} is now earlier than {} ({} - 15 min.)", date(-1000), date(-900), date(0));
    assert_eq!(message, expected);
    let late = off(1000).answer(&sandbox).await;
    let expected =
        format!("Signature not yet current: {} is still later than {} ({} + 15 min.)", date(1000), date(900), date(0));
    assert_eq!(late.json()["message"], expected);
    assert!(late.header("x-posa-cause").unwrap().ends_with("s ahead of the gateway's"), "{late:?}");
}

#[tokio::test]
async fn a_mismatch_shows_both_sides_and_names_the_cause() {
    let other = Partner::new("Other".parse().unwrap(), "OTHERKEY", "other-secret").unwrap();
    let mut settings = Settings { throttle: None, ..Settings::default() };
    settings.partners.push(other);
    let sandbox = Sandbox::start_with(settings).await.unwrap();
    let host = sandbox.endpoint().host().to_owned();
    let port = host.rsplit_once(':').unwrap().1.to_owned();
    let plain = || activate("AwssbS3");
    let hashed = |body: &str| Request { hashed: Some(body.into()), ..plain() };
    let body = String::from_utf8(plain().body).unwrap();
    let spaced = body.replace(':', ": ").replace(',', ", ");
    let sorted = r#"{"activationRequestId":"AwssbS3","cardNumber":"1400000005567585","partnerId":"Awssb","#.to_owned()
        + r#""value":{"amount":25.00,"currencyCode":"USD"}}"#;
    let hash = payload_hash(body.as_bytes());

    let causes: Vec<(Request, String)> = vec![
        (
            plain().edit(&format!("host:{host}"), "host:127.0.0.1"),
            "the client signed host 127.0.0.1 without the port".into(),
        ),
        (
            plain().edit(&format!("host:{host}"), "host:127.0.0.1:443"),
            format!("the client signed host 127.0.0.1:443 and sent {host}"),
        ),
        (
            plain().edit(&format!("host:{host}"), &format!("host:localhost:{port}")),
            format!("the client signed host localhost:{port} and sent {host}"),
        ),
        (hashed(""), "the client hashed an empty body; hash the bytes that are sent".into()),
        (
            plain().edit(&hash, "UNSIGNED-PAYLOAD"),
            "the client left the body unsigned; hash the bytes that are sent".into(),
        ),
        (hashed(&spaced), written("with a space after each comma and colon")),
        (hashed(&sorted), written("with sorted members")),
        (hashed(&format!("{body}\n")), written("with a line end")),
        (
            plain().edit("/ActivateGiftCard\n", "/ActivateGiftCard/\n"),
            "the client signed the path \"/ActivateGiftCard/\" and sent \"/ActivateGiftCard\"".into(),
        ),
        (
            plain().edit("/ActivateGiftCard\n", "/%2FActivateGiftCard\n"),
            "the client signed the path \"/%2FActivateGiftCard\" and sent \"/ActivateGiftCard\"".into(),
        ),
        (
            SIGNED.iter().fold(plain(), |request, name| request.edit(&format!("\n{name}:"), &format!("\n{name}: "))),
            "the canonical headers were written with a space after the colon".into(),
        ),
        (
            plain().header("x-note", "a  b").signed(&["host", "x-amz-date", "x-note"]).edit("a b", "a  b"),
            "the values of the signed headers were not folded: runs of spaces become one".into(),
        ),
        (
            plain().signed(&["x-amz-date", "host"]).edit("host;x-amz-date", "x-amz-date;host"),
            "SignedHeaders is not sorted".into(),
        ),
        (
            plain().header("accept", "*/*").edit("accept:*/*", "accept:application/json"),
            "the client signed accept \"application/json\" and sent \"*/*\", often by its HTTP library".into(),
        ),
        (
            Request { secret: "sandbox-secret-not-for-production\n".into(), ..plain() },
            "the client's secret access key has a space, a quote or a line end around it".into(),
        ),
        (
            Request { secret: "other-secret".into(), ..plain() },
            "the secret is that of another access key id, OTHERKEY".into(),
        ),
        (
            Request { key_region: "eu-west-1".into(), ..plain() },
            "the key was derived for region eu-west-1 and the credential says us-east-1".into(),
        ),
        (Request { secret: "a-typo".into(), ..plain() }, "most likely the secret access key differs".into()),
    ];
    for (request, cause) in causes {
        sandbox.clear_requests();
        let answer = request.answer(&sandbox).await;
        assert_eq!((answer.status, answer.header("x-posa-cause")), (403, Some(cause.as_str())));
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        let told = format!("{MISMATCH}\n\nThe Canonical String for this request should have been\n'POST\n/Activate");
        assert!(message.starts_with(&told), "{message}");
        assert!(message.contains("The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n"), "{message}");

        let entry = sandbox.requests().pop().unwrap();
        assert_eq!((entry.signature.as_str(), entry.cause), ("InvalidSignatureException", Some(cause.clone())));
        assert!(message.contains(&entry.expected_canonical_request.unwrap()));
        let edited = !request.edits.is_empty() || request.hashed.is_some();
        assert_eq!(entry.difference.is_some(), edited, "{cause}");
        let key_mistake =
            request.key_region != "us-east-1" || request.secret.starts_with("sandbox") || cause.contains("OTHERKEY");
        assert_eq!(entry.signed_canonical_request.is_some(), edited || key_mistake, "{cause}");
    }
    assert!(sandbox.movements().unwrap().is_empty());
}

fn written(how: &str) -> String {
    format!("the body was written again after it was signed: the client signed it {how}; sign the bytes you send")
}

#[tokio::test]
async fn wrong_scopes_and_lost_headers_are_explained() {
    let sandbox = sandbox().await;
    let far = Request { scope_region: "ap-northeast-1".into(), ..activate("AwssbS4") };
    let cause = far.answer(&sandbox).await.header("x-posa-cause").unwrap().to_owned();
    assert_eq!(cause, "the client signed for region \"ap-northeast-1\"; this gateway is us-east-1");

    // What a proxy does: the header was signed and did not arrive.
    let bytes = activate("AwssbS4").header("x-gone", "1").signed(&["host", "x-amz-date", "x-gone"]).bytes(&sandbox);
    let text = String::from_utf8(bytes).unwrap().replace("x-gone: 1\r\n", "");
    let answer = exchange(connect(&sandbox).await, text.as_bytes()).await.unwrap();
    let cause = answer.header("x-posa-cause").unwrap();
    assert_eq!(
        (answer.status, cause),
        (403, "the request does not carry the signed header \"x-gone\", or a proxy took it out")
    );
}

#[tokio::test]
async fn no_signature_and_no_secret_is_shown_anywhere() {
    let sandbox = sandbox().await;
    let signature = "0123456789abcdef".repeat(4);
    let scope = format!("SANDBOXACCESSKEY/{}/us-east-1/AGCODService/aws4_request", &amz_date(Timestamp::now())[..8]);
    let itself = format!("Credential={scope}, SignedHeaders=authorization;host;x-amz-date, Signature={signature}");
    let requests = [
        authorization(&format!("AWS4-HMAC-SHA256 {itself}")),
        authorization(&format!("AWS4-HMAC-SHA256 Credential=a, Signature={signature}")),
        authorization(&format!("AWS4-HMAC-SHA256 Credential=a, Signature {signature}")),
        authorization(&format!("AWS4-HMAC-SHA256 Credential={signature}, SignedHeaders=host, Signature=0")),
        Request { secret: "sandbox-secret-not-for-production ".into(), ..activate("AwssbS5") },
    ];
    for request in requests {
        let answer = request.answer(&sandbox).await;
        let log = format!("{:?}", sandbox.requests());
        for text in [&format!("{answer:?}"), &log, &format!("{sandbox:?}"), &format!("{:?}", sandbox.partners())] {
            assert!(
                !text.contains(&signature) && !text.contains("not-for-production") && !text.contains(CARD),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn the_window_and_the_region_can_be_set() {
    let settings = Settings {
        clock_window: Duration::from_secs(90),
        region: "eu-west-1".parse().unwrap(),
        throttle: None,
        ..Settings::default()
    };
    let sandbox = Sandbox::start_with(settings).await.unwrap();
    sandbox.freeze_clock(true);
    let now: Timestamp = sandbox.clock().now.parse().unwrap();
    let european = |seconds: i64| Request {
        scope_region: "eu-west-1".into(),
        key_region: "eu-west-1".into(),
        at: now + SignedDuration::from_secs(seconds),
        ..activate("AwssbS6")
    };
    assert_eq!(european(-80).answer(&sandbox).await.status, 200);
    let message = refused(&sandbox, &european(-100)).await.2;
    assert!(message.ends_with(" - 90 sec.)"), "{message}");
}
