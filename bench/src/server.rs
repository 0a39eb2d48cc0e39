//! The server every contender talks to. It costs as little as a server can: it finds id, card and value in the body and
//! writes them into one fixed answer. A second port checks the signature first.

use crate::fixture::JSON;
use crate::verify::verify;
use crate::{Result, process};
use memchr::{memchr, memmem};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LONGEST_RUN: Duration = Duration::from_secs(300);
const LARGEST_REQUEST: usize = 1 << 16;

/// Where a running server listens.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ports {
    /// Answers at once.
    pub(crate) plain: u16,
    /// Answers 403 unless the signature is right.
    pub(crate) verifying: u16,
}

/// Serves on two ports of 127.0.0.1, written as one JSON line to standard output, until standard input closes.
pub(crate) async fn serve(core: Option<usize>) -> Result<()> {
    if let Some(core) = core {
        process::pin(core)?;
    }
    let ports = Ports { plain: listen(false).await?, verifying: listen(true).await? };
    println!("{}", serde_json::to_string(&ports)?);
    let (closed, until_closed) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    // Closed or out of time: the server ends either way.
    let _ = tokio::time::timeout(LONGEST_RUN, until_closed).await;
    Ok(())
}

async fn listen(verifying: bool) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Err(error) = converse(stream, verifying).await {
                    eprintln!("server: {error}");
                }
            });
        }
    });
    Ok(port)
}

async fn converse(mut stream: TcpStream, verifying: bool) -> Result<()> {
    stream.set_nodelay(true)?;
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
            received.drain(..used);
        }
        if received.len() > LARGEST_REQUEST {
            return Err("a request is larger than any contender's".into());
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
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
        let id = text(&self.id).ok_or("a body has no id")?;
        let card = text(&self.card).ok_or("a body has no card")?;
        let amount = number(&self.amount).ok_or("a body has no amount")?;
        let currency = text(&self.currency).ok_or("a body has no currency")?;
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
