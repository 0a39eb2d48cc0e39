//! Bad input of every kind: a documented error or a closed connection, and the sandbox stays up.

use crate::client::*;
use posa_core::model::Operation;
use posa_sandbox::{Sandbox, Settings};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// A sandbox that is up answers this.
async fn is_up(sandbox: &Sandbox) -> bool {
    status("F0000").answer(sandbox).await.status == 200
}

#[tokio::test]
async fn bodies_that_cannot_be_read_get_the_documented_error() {
    let sandbox = sandbox().await;
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    let deep_xml = format!("<ActivateGiftCardRequest>{}", "<a>".repeat(20_000));
    let bomb = "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\
                <ActivateGiftCardRequest><partnerId>&b;</partnerId></ActivateGiftCardRequest>";
    let wrong_type = r#"{"partnerId":"Awssb","value":{"currencyCode":"USD","amount":null}}"#;
    for body in ["", "null"] {
        let answer = Request::json(Operation::Activate, body).answer(&sandbox).await;
        assert_eq!((answer.status, answer.error_type().as_str()), (400, "InvalidRequestInput"), "{body}");
    }
    for body in ["{", "[]", "{\"a\":1,}", &deep, "{\"partnerId\":\"a\",\"partnerId\":\"b\"}"] {
        let answer = Request::json(Operation::Activate, body).answer(&sandbox).await;
        assert_eq!(answer.status, 400, "{body:.40}");
        assert_eq!(answer.json()["__type"], "com.amazon.coral.service#SerializationException", "{body:.40}");
    }
    let answer = Request::json(Operation::Activate, wrong_type).answer(&sandbox).await;
    assert_eq!((answer.status, answer.body.as_str()), (400, r#"{"Message":null}"#));
    let mut latin = activate("AwssbB1");
    latin.body.extend(b"\xff\xfe");
    assert_eq!(latin.answer(&sandbox).await.status, 400);
    for body in ["<", "<a/>", "<ActivateGiftCardRequest>", &deep_xml, bomb] {
        let answer = Request::xml(Operation::Activate, body).answer(&sandbox).await;
        assert_eq!(answer.status, 400, "{body:.40}");
        assert!(answer.body.starts_with("<SerializationException>"), "{body:.40}: {}", answer.body);
    }
    assert!(is_up(&sandbox).await);
    assert!(sandbox.movements().unwrap().is_empty());
}

#[tokio::test]
async fn a_deep_body_with_a_wrong_signature_is_only_refused() {
    let sandbox = sandbox().await;
    let body = format!("{}1{}", r#"{"a":"#.repeat(9000), "}".repeat(9000));
    let request = Request { secret: "wrong".into(), ..Request::json(Operation::Activate, &body) };
    assert_eq!(request.answer(&sandbox).await.status, 403);
    assert!(is_up(&sandbox).await);
}

#[tokio::test]
async fn ten_megabytes_are_refused() {
    let sandbox = sandbox().await;
    let answer = Request::json(Operation::Activate, &" ".repeat(10 << 20)).answer(&sandbox).await;
    assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
    assert!(answer.body.contains("over the size limit"), "{answer:?}");
    let answer = control(&sandbox, "POST", "faults", &" ".repeat(100_000)).await;
    assert_eq!(answer.status, 413);
    // Far more than that is not even read.
    let huge = Request::json(Operation::Activate, "").header("content-length", "999999999999").bytes(&sandbox);
    let mut stream = connect(&sandbox).await;
    stream.write_all(&huge).await.unwrap();
    let block = vec![b' '; 1 << 20];
    while stream.write_all(&block).await.is_ok() {}
    assert!(is_up(&sandbox).await);
}

#[tokio::test]
async fn slow_clients_are_let_go() {
    let patience = Duration::from_millis(50);
    let settings = Settings { header_timeout: patience, body_timeout: patience, ..Settings::default() };
    let sandbox = Sandbox::start_with(settings).await.unwrap();
    let whole = activate("AwssbB2").bytes(&sandbox);
    for sent in [0, 1, 40, whole.len() - 1] {
        let mut stream = connect(&sandbox).await;
        stream.write_all(&whole[..sent]).await.unwrap();
        // Closed without an answer, however little was sent.
        assert!(read(&mut stream).await.is_none_or(|answer| answer.status == 408), "{sent} bytes");
    }
    let mut idle = connect(&sandbox).await;
    assert_eq!(exchange(&mut idle, &whole).await.unwrap().status, 200);
    assert!(read(&mut idle).await.is_none());
    let mut handshake = tokio::net::TcpStream::connect(sandbox.tls_url().trim_start_matches("https://")).await.unwrap();
    assert!(read(&mut handshake).await.is_none());
    assert_eq!(sandbox.requests().iter().filter(|entry| entry.verdict == "the body did not arrive").count(), 1);
}

#[tokio::test]
async fn garbage_is_answered_or_dropped() {
    let sandbox = sandbox().await;
    let long_header = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(200_000));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(500));
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /ActivateGiftCard HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /ActivateGiftCard HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
        b"POST /ActivateGiftCard HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /_sandbox/cards/\xff HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
        long_header.as_bytes(),
        many_headers.as_bytes(),
    ] {
        let mut stream = connect(&sandbox).await;
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let answer = read(&mut stream).await;
        assert!(answer.is_none_or(|answer| (400..500).contains(&answer.status)), "{bytes:?}");
    }
    assert!(is_up(&sandbox).await);
}

#[tokio::test]
async fn connections_over_the_limit_wait_their_turn() {
    let settings = Settings { max_connections: 2, throttle: None, ..Settings::default() };
    let sandbox = Sandbox::start_with(settings).await.unwrap();
    let (mut first, mut second) = (connect(&sandbox).await, connect(&sandbox).await);
    let mut third = connect(&sandbox).await;
    let request = activate("AwssbB3").bytes(&sandbox);
    third.write_all(&request).await.unwrap();
    for _ in 0..3 {
        assert_eq!(exchange(&mut first, &request).await.unwrap().status, 200);
        assert_eq!(exchange(&mut second, &request).await.unwrap().status, 200);
    }
    assert_eq!(sandbox.requests().len(), 6);
    drop((first, second));
    assert_eq!(read(&mut third).await.unwrap().status, 200);
}
