//! What the live gateway accepts, the sandbox accepts (protocol section 2).
use crate::client::*;
use posa_core::model::Operation;
use posa_core::sign::canonical::amz_date;

const XML: &str = "<ActivateGiftCardRequest><activationRequestId>AwssbX1</activationRequestId>\
                   <partnerId>Awssb</partnerId><cardNumber>1400000005567585</cardNumber>\
                   <value><amount>25.00</amount><currencyCode>USD</currencyCode></value></ActivateGiftCardRequest>";

#[tokio::test]
async fn every_header_set_that_works_live_works_here() {
    let sandbox = sandbox().await;
    let plain = || activate("AwssbT1");
    let length = plain().body.len().to_string();
    let variations = [
        ("as the vendor's sample", plain()),
        ("no x-amz-target", plain().without("x-amz-target")),
        (
            "a malformed x-amz-target",
            plain().header("x-amz-target", "com.amazonaws.agcod.AGCODService./CreateGiftCard"),
        ),
        ("without content-type", plain().signed(&["accept", "host", "x-amz-date", "x-amz-target"])),
        ("three headers", plain().signed(&["content-type", "host", "x-amz-date"])),
        ("two headers", plain().signed(&["host", "x-amz-date"])),
        (
            "a signed date that is none",
            plain().header("date", "2014-11-18 22:30:25 UTC").signed(&[
                "accept",
                "content-type",
                "date",
                "host",
                "x-amz-date",
            ]),
        ),
        (
            "a signed content-length",
            plain().header("content-length", &length).signed(&[
                "accept",
                "content-length",
                "content-type",
                "host",
                "x-amz-date",
                "x-amz-target",
            ]),
        ),
        ("stray headers", plain().header("regionname", "us-east-1").header("servicename", "AGCODService")),
        ("a query", Request { path: "/ActivateGiftCard?b=2&a".into(), ..plain() }.edit("b=2&a", "a=&b=2")),
        ("a folded value", plain().header("x-note", "a   b").signed(&["host", "x-amz-date", "x-note"])),
    ];
    for (what, request) in variations {
        let answer = request.answer(&sandbox).await;
        assert_eq!((answer.status, answer.card_status().as_str()), (200, "Activated"), "{what}: {answer:?}");
    }
    assert_eq!(sandbox.movements().unwrap().len(), 1);
}

#[tokio::test]
async fn the_date_header_serves_where_there_is_no_x_amz_date() {
    let sandbox = sandbox().await;
    let request = activate("AwssbT2");
    let date = amz_date(request.at);
    let bytes = request.header("date", &date).signed(&["date", "host"]).bytes(&sandbox);
    let text = String::from_utf8(bytes).unwrap().replace(&format!("x-amz-date: {date}\r\n"), "");
    assert_eq!(exchange(connect(&sandbox).await, text.as_bytes()).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_answer_is_in_the_format_that_is_asked_for() {
    let sandbox = sandbox().await;
    let xml = |accept: &str, content_type: &str| Request::new(Operation::Activate, accept, content_type, XML);
    let cases = [
        (xml("charset=UTF-8", "charset=UTF-8"), "application/xml"),
        (xml("application/xml", "application/xml"), "application/xml"),
        (xml("", "application/xml").without("accept"), "application/xml"),
        (xml("application/json", "application/xml"), "application/json"),
        (activate("AwssbX1"), "application/json"),
        (activate("AwssbX1").without("accept"), "application/json"),
        (activate("AwssbX1").header("accept", "*/*"), "application/json"),
    ];
    for (request, expected) in cases {
        let answer = request.answer(&sandbox).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(expected)), "{answer:?}");
        assert!(answer.body.contains("AwssbX1") && answer.body.contains("25.0"), "{answer:?}");
    }
}

#[tokio::test]
async fn answers_carry_what_the_live_ones_carry() {
    let sandbox = sandbox().await;
    let answer = activate("AwssbH1").answer(&sandbox).await;
    let id = answer.header("x-amzn-requestid").unwrap();
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!((groups.as_slice(), id.as_bytes()[14]), (&[8, 4, 4, 4, 12][..], b'4'), "{id}");
    assert!(answer.header("date").unwrap().ends_with(" GMT"));
    assert_eq!(answer.header("connection"), None);
    let other = activate("AwssbH2").answer(&sandbox).await;
    assert_eq!((other.status, other.header("connection")), (400, Some("close")));
    assert_eq!(other.error_type(), "CardAlreadyActivatedWithDifferentRequestId");
    assert_ne!(other.header("x-amzn-requestid").unwrap(), id);
}

#[tokio::test]
async fn a_connection_serves_many_requests_until_one_fails() {
    let sandbox = sandbox().await;
    let mut stream = connect(&sandbox).await;
    for _ in 0..3 {
        assert_eq!(exchange(&mut stream, &activate("AwssbK1").bytes(&sandbox)).await.unwrap().status, 200);
    }
    assert_eq!(exchange(&mut stream, &activate("AwssbK2").bytes(&sandbox)).await.unwrap().status, 400);
    assert!(read(&mut stream).await.is_none());
}

#[tokio::test]
async fn other_paths_and_methods_are_no_operations() {
    let sandbox = sandbox().await;
    let host = sandbox.endpoint().host().to_owned();
    let raw = async |line: &str| {
        let text = format!("{line} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\n\r\n");
        exchange(connect(&sandbox).await, text.as_bytes()).await.unwrap()
    };
    let health = raw("GET /sping").await;
    assert_eq!((health.status, health.body.as_str()), (200, "healthy"));
    for line in ["GET /ActivateGiftCard", "POST /CreateGiftCard", "POST /ActivateGiftCard/", "POST /", "POST /sping"] {
        let answer = raw(line).await;
        assert_eq!((answer.status, answer.body.as_str()), (404, "<UnknownOperationException/>\n"), "{line}");
    }
    assert_eq!(raw("POST /ActivateGiftCard").await.status, 403);
}
