use super::{HttpRequest, HttpResponse, Transport, TransportError, tls};
use crate::BoxFuture;
use crate::error::{Cause, Delivery, Error};
use crate::model::{Endpoint, Operation};
use bytes::{Bytes, BytesMut};
use http::header::{AGE, DATE, HeaderName};
use reqwest::{Method, Url};
use std::fmt;
use std::io;
use std::time::Duration;

/// Longest answer that is read; the service's own are under a kilobyte.
const MAX_ANSWER: usize = 256 * 1024;
const POSA_CAUSE: HeaderName = HeaderName::from_static("x-posa-cause");

/// How an [`HttpTransport`] connects.
#[derive(Debug, Clone, Default)]
pub struct HttpOptions {
    /// How long connecting may take, TLS included; 3 s if `None`.
    pub connect_timeout: Option<Duration>,
    /// A proxy's URL. Without one, requests go straight; the environment's proxy variables are not read.
    pub proxy: Option<String>,
    /// Certificate authorities beside the platform's, in PEM.
    pub extra_ca_pem: Vec<u8>,
}

/// Requests over HTTP/1.1 with kept-alive connections, through reqwest and rustls.
pub struct HttpTransport {
    client: reqwest::Client,
    base: Url,
    has_proxy: bool,
    /// The operations' addresses: a URL is parsed again whenever its path is set.
    addresses: [(&'static str, Url); 3],
}

impl HttpTransport {
    /// Connects to one endpoint only; the connection is made at the first request.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration): the proxy is no URL, or no certificate authority is there.
    pub fn new(endpoint: &Endpoint, options: &HttpOptions) -> Result<Self, Error> {
        let wrong = |field| move |e: reqwest::Error| Error::configuration(field, root_cause(&e));
        let base = Url::parse(endpoint.url()).map_err(|e| Error::configuration("endpoint", e.to_string()))?;
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(options.connect_timeout.unwrap_or(Duration::from_secs(3)))
            .tcp_nodelay(true)
            .referer(false);
        if let Some(proxy) = &options.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(wrong("proxy"))?);
        }
        // Loading the platform's roots takes longer than a whole activation on loopback, which needs none.
        let needs_tls = base.scheme() == "https" || options.proxy.is_some();
        let tls = if needs_tls { tls::config(&options.extra_ca_pem)? } else { tls::without_roots()? };
        builder = builder.tls_backend_preconfigured(tls);
        let addresses = Operation::ALL.map(Operation::path).map(|path| (path, with_path(&base, path)));
        let has_proxy = options.proxy.is_some();
        Ok(Self { client: builder.build().map_err(wrong("transport"))?, base, has_proxy, addresses })
    }

    /// Asks the gateway's unsigned health page, `GET /sping`, which changes nothing.
    ///
    /// # Errors
    /// No whole answer came; [`TransportError::message`] says why.
    pub async fn ping(&self, timeout: Duration) -> Result<HttpResponse, TransportError> {
        let mut message = reqwest::Request::new(Method::GET, with_path(&self.base, "/sping"));
        *message.timeout_mut() = Some(timeout);
        self.answered(message).await.map_err(|error| failure(&error, self.has_proxy))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        let known = self.addresses.iter().find(|(path, _)| *path == request.path);
        let url = known.map_or_else(|| with_path(&self.base, request.path), |(_, url)| url.clone());
        let mut message = reqwest::Request::new(Method::POST, url);
        *message.timeout_mut() = Some(request.timeout);
        message.headers_mut().extend(request.headers);
        *message.body_mut() = Some(request.body.into());
        self.answered(message).await
    }

    async fn answered(&self, message: reqwest::Request) -> Result<HttpResponse, reqwest::Error> {
        let mut response = self.client.execute(message).await?;
        let status = response.status().as_u16();
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
        let cached = response.headers().contains_key(AGE);
        let cause = response.headers().get(POSA_CAUSE).and_then(|cause| cause.to_str().ok()).map(str::to_owned);
        Ok(HttpResponse { status, date, cached, cause, body: whole_body(&mut response).await? })
    }
}

fn with_path(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url
}

/// The body, cut at a length that no true answer reaches: a cut one cannot be decoded, so its outcome is unknown.
async fn whole_body(response: &mut reqwest::Response) -> Result<Bytes, reqwest::Error> {
    let first = response.chunk().await?.unwrap_or_default();
    let Some(second) = response.chunk().await? else { return Ok(first) };
    let mut body = BytesMut::from(first.as_ref());
    body.extend_from_slice(&second);
    while body.len() <= MAX_ANSWER
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

impl Transport for HttpTransport {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async { self.exchange(request).await.map_err(|error| failure(&error, self.has_proxy)) })
    }
}

fn failure(error: &reqwest::Error, has_proxy: bool) -> TransportError {
    // reqwest counts only name resolution, TCP, TLS and the proxy's CONNECT as connecting.
    let (delivery, what) = match (error.is_connect(), error.is_timeout()) {
        (true, _) => (Delivery::NotSent, "the gateway could not be reached"),
        (false, true) => (Delivery::Unknown, "no answer in time"),
        (false, false) => (Delivery::Unknown, "the connection broke before the whole answer came"),
    };
    let cause = match error.is_connect() {
        true if is_of_trust(error) => Some(Cause::Certificate),
        true => has_proxy.then_some(Cause::Proxy),
        false => None,
    };
    TransportError { delivery, message: format!("{what} ({})", root_cause(error)), cause }
}

/// Whether the server's certificate was refused.
fn is_of_trust(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        // An I/O error shows the words of the one inside it, and passes it over as its source.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    false
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("endpoint", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// The innermost error's words; the outer ones repeat the URL.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
