use super::Worker;
use crate::Result;
use crate::fixture::{JSON, PATH, TARGET, body, check};
use crate::floor::Floor;
use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// A connection of its own and one unsigned request, over and over; the answer is read and dropped.
pub(super) struct Bare {
    connection: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    body: Bytes,
}

impl Worker for Bare {
    async fn open(host: &str, workers: usize) -> Result<Vec<Self>> {
        let mut opened = Vec::new();
        for _ in 0..workers {
            let stream = TcpStream::connect(host).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            opened.push(Self { connection: sender, host: host.parse()?, body: body(0)?.into() });
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

/// Encodes, signs with the day's cached key, sends through a shared pool, decodes.
pub(super) struct Pooled {
    pool: Client<HttpConnector, Full<Bytes>>,
    url: String,
    host: HeaderValue,
    signer: Floor,
}

impl Worker for Pooled {
    async fn open(host: &str, workers: usize) -> Result<Vec<Self>> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let pool = Client::builder(TokioExecutor::new()).build(connector);
        let worker = |_| -> Result<Self> {
            let url = format!("http://{host}{PATH}");
            Ok(Self { pool: pool.clone(), url, host: host.parse()?, signer: Floor::new(host) })
        };
        (0..workers).map(worker).collect()
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

fn request(url: &str, host: &HeaderValue, body: Bytes) -> Result<Request<Full<Bytes>>> {
    let mut request = Request::post(url).body(Full::new(body))?;
    let headers = request.headers_mut();
    headers.insert("accept", HeaderValue::from_static(JSON));
    headers.insert("content-type", HeaderValue::from_static(JSON));
    headers.insert("host", host.clone());
    headers.insert("x-amz-target", HeaderValue::from_static(TARGET));
    Ok(request)
}
