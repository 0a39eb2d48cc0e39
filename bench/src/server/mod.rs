//! The server every contender talks to. It costs as little as a server can: it finds id, card and value in the body and
//! writes them into one fixed answer. A second port checks the signature first.

mod tls;

use crate::Result;
use crate::fixture::JSON;
use crate::verify::verify;
use memchr::{memchr, memmem};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const LONGEST_RUN: Duration = Duration::from_secs(900);
const LARGEST_REQUEST: usize = 1 << 16;

/// Where a running server listens.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ports {
    pub(crate) http: Port,
    pub(crate) https: Port,
    /// Signs the certificate of `https`; in PEM.
    pub(crate) authority: String,
}

/// The same server twice.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Port {
    /// Answers at once.
    pub(crate) quick: u16,
    /// Answers 403 unless the signature is right.
    pub(crate) verifying: u16,
}

/// Serves on 127.0.0.1, on ports written as one JSON line to standard output, until standard input closes.
pub(crate) async fn serve() -> Result<()> {
    let (acceptor, authority) = tls::acceptor()?;
    let http = Port { quick: listen(false, None).await?, verifying: listen(true, None).await? };
    let https =
        Port { quick: listen(false, Some(acceptor.clone())).await?, verifying: listen(true, Some(acceptor)).await? };
    println!("{}", serde_json::to_string(&Ports { http, https, authority })?);
    let (closed, until_closed) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    // Closed or out of time: the server ends either way.
    let _ = tokio::time::timeout(LONGEST_RUN, until_closed).await;
    Ok(())
}

async fn listen(verifying: bool, tls: Option<TlsAcceptor>) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                if let Err(error) = accept(stream, verifying, tls).await {
                    eprintln!("server: {error}");
                }
            });
        }
    });
    Ok(port)
}

async fn accept(stream: TcpStream, verifying: bool, tls: Option<TlsAcceptor>) -> Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        None => converse(stream, verifying).await,
        Some(tls) => converse(tls.accept(stream).await?, verifying).await,
    }
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, verifying: bool) -> Result<()> {
    let finders = Finders::new();
    let mut received = Vec::with_capacity(8192);
    let mut answer = Vec::with_capacity(1024);
    loop {
        while let Some((head, body)) = split(&received)? {
            answer.clear();
            match if verifying { verify(std::str::from_utf8(head)?, body) } else { Ok(()) } {
                Ok(()) => finders.answer(body, &mut answer)?,
                Err(error) => {
                    let message = serde_json::json!({ "message": error.to_string() }).to_string();
                    write_answer("403 Forbidden", &[message.as_bytes()], &mut answer);
                }
            }
            let used = head.len() + 4 + body.len();
            stream.write_all(&answer).await?;
            stream.flush().await?;
            received.drain(..used);
        }
        if received.len() > LARGEST_REQUEST {
            return Err("a request is larger than any contender's".into());
        }
        match stream.read_buf(&mut received).await {
            Ok(1..) => {}
            // Clients that end do not all say goodbye.
            Ok(0) | Err(_) => return Ok(()),
        }
    }
}

/// Head and body of the first request, once it is there in full.
fn split(received: &[u8]) -> Result<Option<(&[u8], &[u8])>> {
    let Some(end) = memmem::find(received, b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = (&received[..end], &received[end + 4..]);
    for line in head.split(|byte| *byte == b'\n') {
        const NAME: &[u8] = b"content-length:";
        if line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME) {
            let length: usize = std::str::from_utf8(&line[NAME.len()..])?.trim().parse()?;
            return Ok(body.get(..length).map(|body| (head, body)));
        }
    }
    Err("a request has no content-length".into())
}

struct Finders {
    id: memmem::Finder<'static>,
    card: memmem::Finder<'static>,
    amount: memmem::Finder<'static>,
    currency: memmem::Finder<'static>,
}

impl Finders {
    fn new() -> Self {
        Self {
            id: memmem::Finder::new(br#""activationRequestId":""#),
            card: memmem::Finder::new(br#""cardNumber":""#),
            amount: memmem::Finder::new(br#""amount":"#),
            currency: memmem::Finder::new(br#""currencyCode":""#),
        }
    }

    fn answer(&self, body: &[u8], into: &mut Vec<u8>) -> Result<()> {
        let text = |finder| after(finder, body).and_then(|rest| Some(&rest[..memchr(b'"', rest)?]));
        let number = |finder| after(finder, body).and_then(|rest| Some(&rest[..memchr::memchr2(b',', b'}', rest)?]));
        let amount = number(&self.amount).ok_or("a body has no amount")?;
        let currency = text(&self.currency).ok_or("a body has no currency")?;
        let Some(id) = text(&self.id) else {
            write_answer("200 OK", &gift_code(amount, currency), into);
            return Ok(());
        };
        let card = text(&self.card).ok_or("a body has no card")?;
        let parts: [&[u8]; 9] = [
            br#"{"activationRequestId":""#,
            id,
            br#"","cardInfo":{"cardNumber":""#,
            card,
            br#"","cardStatus":"Activated","expirationDate":null,"value":{"amount":"#,
            amount,
            br#","currencyCode":""#,
            currency,
            br#""}},"status":"SUCCESS"}"#,
        ];
        write_answer("200 OK", &parts, into);
        Ok(())
    }
}

/// The answer to CreateGiftCard, the one operation that the npm package agcod has.
fn gift_code<'a>(amount: &'a [u8], currency: &'a [u8]) -> [&'a [u8]; 5] {
    [
        br#"{"cardInfo":{"cardNumber":null,"cardStatus":"Fulfilled","expirationDate":null,"value":{"amount":"#,
        amount,
        br#","currencyCode":""#,
        currency,
        br#""}},"gcClaimCode":"none","gcId":"none","status":"SUCCESS"}"#,
    ]
}

fn after<'a>(finder: &memmem::Finder<'_>, body: &'a [u8]) -> Option<&'a [u8]> {
    Some(&body[finder.find(body)? + finder.needle().len()..])
}

fn write_answer(status: &str, body: &[&[u8]], into: &mut Vec<u8>) {
    let length: usize = body.iter().map(|part| part.len()).sum();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {JSON}\r\ncontent-length: {length}\r\n\r\n");
    into.extend_from_slice(head.as_bytes());
    for part in body {
        into.extend_from_slice(part);
    }
}
