//! Who may see and steer the sandbox: programs of this machine, and its own page. A web page elsewhere must not,
//! neither by a form or a script, nor by a name that it points at loopback.

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::http::uri::Authority;
use std::net::IpAddr;

/// What a browser says about where a request comes from; scripts cannot set it.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// For the control API, which programs use as well: refuses what a browser sends from elsewhere.
pub(crate) fn control(headers: &HeaderMap, allow_remote: bool) -> Result<(), String> {
    host(headers, allow_remote)?;
    not_from_elsewhere(headers)
}

/// For the dashboard's page, to which others may link.
pub(crate) fn page(headers: &HeaderMap, allow_remote: bool) -> Result<(), String> {
    host(headers, allow_remote)?;
    let opened = text(headers, &MODE) == Some("navigate") && text(headers, &DESTINATION) == Some("document");
    if opened { Ok(()) } else { not_from_elsewhere(headers) }
}

/// For the dashboard's forms: only where the browser says that they are its own.
pub(crate) fn form(headers: &HeaderMap, allow_remote: bool) -> Result<(), String> {
    control(headers, allow_remote)?;
    match headers.contains_key(ORIGIN) || text(headers, &SITE) == Some("same-origin") {
        true => Ok(()),
        false => Err("the dashboard's forms are for browsers; programs use the control API under /_sandbox/".into()),
    }
}

fn host(headers: &HeaderMap, allow_remote: bool) -> Result<(), String> {
    let host = text(headers, &HOST).unwrap_or_default();
    let authority = host.parse::<Authority>().ok();
    let name = authority.as_ref().map_or("", Authority::host).trim_start_matches('[').trim_end_matches(']');
    let here = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || allow_remote);
    match here {
        true => Ok(()),
        false => Err(format!("control requests are for localhost, not for host {host:?}; use 127.0.0.1")),
    }
}

fn not_from_elsewhere(headers: &HeaderMap) -> Result<(), String> {
    let host = text(headers, &HOST);
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    if let Some(origin) = origin.filter(|origin| origin.split_once("://").map(|(_, rest)| rest) != host) {
        return Err(format!("control requests from the web origin {origin:?} are refused"));
    }
    match text(headers, &SITE) {
        None | Some("same-origin" | "none") => Ok(()),
        Some(site) => Err(format!("control requests from a {site:?} web page are refused")),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
