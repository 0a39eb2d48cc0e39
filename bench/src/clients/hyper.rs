use super::Worker;
use crate::Result;
use crate::fixture::{JSON, PATH, TARGET, body, check};
use crate::floor::Floor;
use crate::task::Task;
use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A connection of its own and one unsigned request, over and over; the answer is read and dropped.
pub(super) struct Bare {
    connection: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    body: Bytes,
}

impl Worker for Bare {
    async fn open(task: &Task) -> Result<Vec<Self>> {
        let tls = TlsConnector::from(Arc::new(trusting(task)?));
        let mut opened = Vec::new();
        for _ in 0..task.in_flight {
            let stream = TcpStream::connect(task.host()).await?;
            stream.set_nodelay(true)?;
            let connection = if task.https() {
                let name = ServerName::IpAddress(stream.peer_addr()?.ip().into());
                connect(tls.connect(name, stream).await?).await?
            } else {
                connect(stream).await?
            };
            opened.push(Self { connection, host: task.host().parse()?, body: body(0)?.into() });
        }
        Ok(opened)
    }

    async fn operation(&mut self, _: u64) -> Result<()> {
        self.connection.ready().await?;
        let answer = self.connection.send_request(request(PATH, &self.host, self.body.clone())?).await?;
        if answer.status() != 200 {
            return Err(format!("status {}", answer.status()).into());
        }
        answer.into_body().collect().await?;
        Ok(())
    }
}

async fn connect(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<SendRequest<Full<Bytes>>> {
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Encodes, signs with the day's cached key, sends through a shared pool, decodes.
pub(super) struct Pooled {
    pool: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: String,
    host: HeaderValue,
    signer: Floor,
}

impl Worker for Pooled {
    async fn open(task: &Task) -> Result<Vec<Self>> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let tls = HttpsConnectorBuilder::new().with_tls_config(trusting(task)?).https_or_http().enable_http1();
        let pool = Client::builder(TokioExecutor::new()).build(tls.wrap_connector(connector));
        let worker = |_| -> Result<Self> {
            let (url, host) = (format!("{}{PATH}", task.url), task.host().parse()?);
            Ok(Self { pool: pool.clone(), url, host, signer: Floor::new(task.host()) })
        };
        (0..task.in_flight).map(worker).collect()
    }

    async fn operation(&mut self, i: u64) -> Result<()> {
        let body = body(i)?;
        let (date, authorization) = self.signer.sign(&body)?;
        let (date, authorization) = (HeaderValue::from_bytes(date)?, HeaderValue::from_bytes(authorization)?);
        let mut request = request(&self.url, &self.host, body.into())?;
        request.headers_mut().insert("x-amz-date", date);
        request.headers_mut().insert("authorization", authorization);
        let answer = self.pool.request(request).await?;
        if answer.status() != 200 {
            return Err(format!("status {}", answer.status()).into());
        }
        check(i, &answer.into_body().collect().await?.to_bytes())
    }
}

/// TLS that trusts the task's server, and nobody else.
fn trusting(task: &Task) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&task.ca)?)?;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    Ok(builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}

fn request(url: &str, host: &HeaderValue, body: Bytes) -> Result<Request<Full<Bytes>>> {
    let mut request = Request::post(url).body(Full::new(body))?;
    let headers = request.headers_mut();
    headers.insert("accept", HeaderValue::from_static(JSON));
    headers.insert("content-type", HeaderValue::from_static(JSON));
    headers.insert("host", host.clone());
    headers.insert("x-amz-target", HeaderValue::from_static(TARGET));
    Ok(request)
}
