use super::certificate;
use super::finding::Finding;
use crate::settings::Settings;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use posa_core::transport::{HttpOptions, HttpResponse, HttpTransport, probe};
use posa_core::{Endpoint, Error};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// A certificate that ends sooner is told.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The clock's error that the gateway does not forgive, and the one that is worth mending.
const REFUSED: i64 = 15 * 60;
const WORTH_MENDING: i64 = 60;

/// Name, connection, TLS, the gateway's health page and, from its answer, the clock; through a proxy, what can be seen.
pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let (endpoint, options) = match (settings.endpoint(), settings.http()) {
        (Ok(endpoint), Ok(options)) => (endpoint, options),
        (Ok(_), Err(error)) => return vec![Finding::failed("tls", error.message())],
        (Err(_), _) => return vec![Finding::not_checked("network", "no gateway is named rightly")],
    };
    let mut findings = match &options.proxy {
        Some(proxy) => through_proxy(proxy).await,
        None => {
            let mut findings = Vec::from_iter(idle_proxy(&endpoint));
            findings.extend(straight(&endpoint, &options).await);
            findings
        }
    };
    findings.extend(health(&endpoint, &options).await);
    findings
}

async fn through_proxy(proxy: &str) -> Vec<Finding> {
    const REMEDY: &str = "correct proxy, such as http://proxy.example:3128, or leave it out";
    // The URL may hold a password; none of it is shown.
    let reached = match probe::resolve(proxy).await {
        Ok(addresses) => probe::connect(&addresses, PATIENCE).await.map(|_| ()),
        Err(error) => Err(error),
    };
    let proxy = match reached {
        Ok(()) => Finding::ok("proxy", "it takes connections"),
        Err(error) => Finding::problem("proxy", format!("it cannot be reached: {error}"), REMEDY),
    };
    let why = "behind the proxy; the gateway's answer below shows whether the whole way works";
    vec![proxy, Finding::not_checked("dns", why), Finding::not_checked("tls", why)]
}

/// The variables that other programs read.
fn idle_proxy(endpoint: &Endpoint) -> Option<Finding> {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let name = names.into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))?;
    let what = format!("{name} is set, but posa does not read it and goes straight");
    endpoint
        .url()
        .starts_with("https:")
        .then(|| Finding::warning("proxy", what, "if a proxy is needed, give --proxy URL"))
}

async fn straight(endpoint: &Endpoint, options: &HttpOptions) -> Vec<Finding> {
    let host = endpoint.host();
    let addresses = match probe::resolve(endpoint.url()).await {
        Ok(addresses) => addresses,
        Err(error) => {
            let remedy = "correct the name, or let this machine's name server know it";
            return vec![Finding::problem("dns", format!("{host} has no address: {error}"), remedy)];
        }
    };
    let mut findings = vec![Finding::ok("dns", listed(&addresses))];
    match probe::connect(&addresses, PATIENCE).await {
        Ok(stream) => {
            findings.push(Finding::ok("connection", format!("{host} takes connections")));
            findings.extend(tls(endpoint, options, stream).await);
        }
        Err(error) => {
            let remedy = "start the gateway, correct the port, or let the firewall pass it";
            findings.push(Finding::problem("connection", format!("{host} takes no connection: {error}"), remedy));
        }
    }
    findings
}

fn listed(addresses: &[SocketAddr]) -> String {
    let mut texts: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
    texts.dedup();
    texts.join(", ")
}

async fn tls(endpoint: &Endpoint, options: &HttpOptions, stream: TcpStream) -> Option<Finding> {
    const CHECK: &str = "tls";
    if !endpoint.url().starts_with("https:") {
        return Some(Finding::ok(CHECK, "none: plain http, which is for loopback only"));
    }
    let agreed = match probe::handshake(stream, endpoint, &options.extra_ca_pem, PATIENCE).await {
        Ok(agreed) => agreed,
        Err(error) => return Some(Finding::problem(CHECK, error.message(), "correct the PEM file of ca_file")),
    };
    let handshake = match agreed {
        Ok(handshake) => handshake,
        Err(error) => {
            let remedy = "if the gateway, or a proxy that looks into TLS, has an authority of its own, name its PEM \
                          file with --ca-file; see that this machine's clock and its authorities are up to date";
            return Some(Finding::problem(CHECK, format!("no trust could be agreed on: {error}"), remedy));
        }
    };
    let count = handshake.chain.len();
    let certificates = if count == 1 { "1 certificate".to_owned() } else { format!("{count} certificates") };
    let mut what = format!("{}, {certificates}, verified", handshake.version.replace('_', "."));
    if let Some(own) = handshake.chain.first().and_then(|der| certificate::read(der)) {
        what.push_str(&format!("; issued by {}, good until {}", own.issuer, own.ends_at.strftime("%Y-%m-%d")));
        if Timestamp::now().checked_add(SOON).is_ok_and(|soon| own.ends_at < soon) {
            return Some(Finding::warning(CHECK, what, "it ends soon: tell whoever runs the gateway or the proxy"));
        }
    }
    Some(Finding::ok(CHECK, what))
}

async fn health(endpoint: &Endpoint, options: &HttpOptions) -> Vec<Finding> {
    let transport = match HttpTransport::new(endpoint, options) {
        Ok(transport) => transport,
        Err(error) => return vec![unusable(&error)],
    };
    let begun = (Timestamp::now(), Instant::now());
    match transport.ping(PATIENCE).await {
        Ok(answer) => vec![answered(endpoint, &answer), clock(&answer, begun.0, begun.1.elapsed())],
        Err(error) => vec![
            Finding::problem("gateway", error.message, "mend what stands above, or ask who runs the network"),
            Finding::not_checked("clock", "the gateway told no time"),
        ],
    }
}

fn unusable(error: &Error) -> Finding {
    Finding::failed(if error.field() == Some("proxy") { "proxy" } else { "tls" }, error.message())
}

fn answered(endpoint: &Endpoint, answer: &HttpResponse) -> Finding {
    const CHECK: &str = "gateway";
    match answer.status {
        200..300 if is_health(&answer.body) => Finding::ok(CHECK, "it answers GET /sping"),
        407 => {
            Finding::problem(CHECK, "the proxy asks for a password", "write it into proxy: http://name:password@host")
        }
        500.. => Finding::problem(CHECK, format!("HTTP {} on GET /sping", answer.status), "wait, or ask who runs it"),
        status => {
            let page = if (200..300).contains(&status) { " and a page" } else { "" };
            let what = format!("HTTP {status}{page} on GET /sping, which a gateway answers with 200 and a word");
            let remedy = "see that endpoint names the gateway and not another server; --sign makes sure";
            // What the vendor's own hosts say there is not in the specification.
            match endpoint.host().ends_with(".amazon.com") {
                true => Finding::warning(CHECK, what, remedy),
                false => Finding::problem(CHECK, what, remedy),
            }
        }
    }
}

/// A word or none, such as `healthy`; another server's answer is a page or a document.
fn is_health(body: &[u8]) -> bool {
    let text = body.trim_ascii();
    text.len() <= 64 && !text.starts_with(b"<") && !text.starts_with(b"{")
}

/// From the middle of the exchange; the gateway's time has whole seconds.
fn clock(answer: &HttpResponse, begun: Timestamp, took: Duration) -> Finding {
    const CHECK: &str = "clock";
    let date = answer.date.as_deref().and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
    let Some(date) = date.filter(|_| !answer.cached) else {
        return Finding::not_checked(CHECK, "the answer has no time of its own");
    };
    let ours = begun.as_millisecond() + i64::try_from(took.as_millis() / 2).unwrap_or(0);
    // Downwards: the fraction of a second that the gateway left out.
    let ahead = (ours - date.as_millisecond()).div_euclid(1000);
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let what = format!("this machine is {} s {way} the gateway", ahead.abs());
    match ahead.abs() {
        REFUSED.. => {
            let what = format!("{what}, which refuses signatures that are 15 minutes off");
            Finding::problem(CHECK, what, "set this machine's clock, and keep it by NTP")
        }
        WORTH_MENDING.. => Finding::warning(CHECK, what, "set this machine's clock, and keep it by NTP"),
        2.. => Finding::ok(CHECK, what),
        _ => Finding::ok(CHECK, "it agrees with the gateway's"),
    }
}
