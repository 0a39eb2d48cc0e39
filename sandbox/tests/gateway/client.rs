//! A client that shows every byte: it signs by hand and speaks HTTP over a bare socket.

use jiff::Timestamp;
use posa_core::model::Operation;
use posa_core::sign::canonical::{
    amz_date, canonical_request, credential_scope, payload_hash, signing_key, string_to_sign,
};
use posa_sandbox::{Sandbox, Settings};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const CARD: &str = "1400000005567585";
pub(crate) const SIGNED: [&str; 5] = ["accept", "content-type", "host", "x-amz-date", "x-amz-target"];

/// Without a throttle, so that tests may be quick.
pub(crate) async fn sandbox() -> Sandbox {
    Sandbox::start_with(Settings { throttle: None, ..Settings::default() }).await.unwrap()
}

pub(crate) fn activate_body(id: &str, card: &str, amount: &str) -> String {
    format!(
        r#"{{"activationRequestId":"{id}","partnerId":"Awssb","cardNumber":"{card}",{}}}"#,
        format_args!(r#""value":{{"currencyCode":"USD","amount":{amount}}}"#)
    )
}

pub(crate) fn activate(id: &str) -> Request {
    Request::json(Operation::Activate, &activate_body(id, CARD, "25.00"))
}

pub(crate) fn deactivate(id: &str) -> Request {
    let body = format!(r#"{{"activationRequestId":"{id}","partnerId":"Awssb","cardNumber":"{CARD}"}}"#);
    Request::json(Operation::Deactivate, &body)
}

pub(crate) fn status(id: &str) -> Request {
    let body = format!(r#"{{"statusCheckRequestId":"{id}","partnerId":"Awssb","cardNumber":"{CARD}"}}"#);
    Request::json(Operation::StatusCheck, &body)
}

/// A request before it is signed; every part can be made wrong.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// Sent as they are, in this order; `host`, `x-amz-date` and `authorization` are added if missing.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) signed: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) access_key_id: String,
    pub(crate) secret: String,
    pub(crate) scope_region: String,
    pub(crate) key_region: String,
    pub(crate) at: Timestamp,
    /// What stands in the canonical request in place of the truth.
    pub(crate) edits: Vec<(String, String)>,
    /// The body that is hashed, where it is not the one that is sent.
    pub(crate) hashed: Option<Vec<u8>>,
}

impl Request {
    pub(crate) fn json(operation: Operation, body: &str) -> Self {
        Self::new(operation, "application/json", "application/json", body)
    }

    pub(crate) fn xml(operation: Operation, body: &str) -> Self {
        Self::new(operation, "charset=UTF-8", "charset=UTF-8", body)
    }

    pub(crate) fn new(operation: Operation, accept: &str, content_type: &str, body: &str) -> Self {
        let target = format!("com.amazonaws.agcod.AGCODService.{}", operation.name());
        let headers = [("accept", accept), ("content-type", content_type), ("x-amz-target", &target)];
        Self {
            path: operation.path().into(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            signed: SIGNED.map(str::to_owned).to_vec(),
            body: body.into(),
            access_key_id: "SANDBOXACCESSKEY".into(),
            secret: "sandbox-secret-not-for-production".into(),
            scope_region: "us-east-1".into(),
            key_region: "us-east-1".into(),
            at: Timestamp::now(),
            edits: vec![],
            hashed: None,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.signed.retain(|other| other != name);
        self
    }

    pub(crate) fn signed(mut self, names: &[&str]) -> Self {
        self.signed = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    pub(crate) fn at(mut self, at: Timestamp) -> Self {
        self.at = at;
        self
    }

    pub(crate) fn edit(mut self, line: &str, instead: &str) -> Self {
        self.edits.push((line.into(), instead.into()));
        self
    }

    pub(crate) fn bytes(&self, sandbox: &Sandbox) -> Vec<u8> {
        let date = amz_date(self.at);
        let mut headers = self.headers.clone();
        let add = |headers: &mut Vec<(String, String)>, name: &str, value: &str| {
            if !headers.iter().any(|(other, _)| other == name) {
                headers.push((name.into(), value.into()));
            }
        };
        add(&mut headers, "host", sandbox.endpoint().host());
        add(&mut headers, "x-amz-date", &date);
        add(&mut headers, "content-length", &self.body.len().to_string());
        let authorization = self.authorization(&headers, &date);
        add(&mut headers, "authorization", &authorization);
        let mut text = format!("POST {} HTTP/1.1\r\n", self.path);
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        let mut bytes = (text + "\r\n").into_bytes();
        bytes.extend(&self.body);
        bytes
    }

    fn authorization(&self, headers: &[(String, String)], date: &str) -> String {
        let mut pairs: Vec<(&str, &str)> = headers
            .iter()
            .filter(|(name, _)| self.signed.contains(name))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        pairs.sort_by_key(|(name, _)| *name);
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let hash = payload_hash(self.hashed.as_ref().unwrap_or(&self.body));
        let mut canonical = canonical_request("POST", path, query, &pairs, &hash);
        for (line, instead) in &self.edits {
            assert!(canonical.contains(line.as_str()), "{line:?} is not in {canonical:?}");
            canonical = canonical.replace(line.as_str(), instead);
        }
        let day = &date[..8];
        let scope = credential_scope(day, &self.scope_region);
        let to_sign = string_to_sign(date, &scope, &canonical);
        let signature = signing_key(&self.secret, day, &self.key_region).unwrap().signature(&to_sign);
        let (key, names) = (&self.access_key_id, self.signed.join(";"));
        format!("AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}")
    }

    /// `None` if the connection is closed without a byte.
    pub(crate) async fn send(&self, sandbox: &Sandbox) -> Option<Answer> {
        exchange(connect(sandbox).await, &self.bytes(sandbox)).await
    }

    pub(crate) async fn answer(&self, sandbox: &Sandbox) -> Answer {
        self.send(sandbox).await.expect("an answer")
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Whether as many bytes came as `content-length` promised.
    pub(crate) complete: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn card_status(&self) -> String {
        self.json()["cardInfo"]["cardStatus"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn error_type(&self) -> String {
        self.json()["errorType"].as_str().unwrap_or_default().to_owned()
    }
}

pub(crate) async fn connect(sandbox: &Sandbox) -> TcpStream {
    TcpStream::connect(sandbox.url().trim_start_matches("http://")).await.unwrap()
}

/// A request of the control API.
pub(crate) async fn control(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Answer {
    let host = sandbox.endpoint().host().to_owned();
    let text =
        format!("{method} /_sandbox/{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    exchange(connect(sandbox).await, text.as_bytes()).await.unwrap()
}

pub(crate) async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> Option<Answer> {
    // The sandbox may close while a hostile request is still being written.
    let _ = stream.write_all(bytes).await;
    read(&mut stream).await
}

pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Answer> {
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, read_answer(stream)).await.expect("the sandbox neither answers nor closes")
}

async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> Option<Answer> {
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let n = stream.read(&mut buffer).await.unwrap_or(0);
        received.extend(&buffer[..n]);
        if let Some(answer) = parse(&received).filter(|answer| answer.complete || n == 0) {
            return Some(answer);
        }
        if n == 0 {
            assert!(received.is_empty(), "half a head: {:?}", String::from_utf8_lossy(&received));
            return None;
        }
    }
}

fn parse(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&received[..end]).unwrap();
    let received = &received[end + 4..];
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let headers: Vec<(String, String)> =
        lines.map(|line| line.split_once(": ").unwrap()).map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().unwrap());
    let complete = received.len() == length;
    // A part of an answer may end within a character.
    let body = String::from_utf8_lossy(received).into_owned();
    Some(Answer { status, headers, body, complete })
}
