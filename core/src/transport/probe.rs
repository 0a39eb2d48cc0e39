//! The way to a gateway, step by step, for those who look for the step that fails. Sends no request.

use super::tls;
use crate::error::Error;
use crate::model::Endpoint;
use reqwest::Url;
use rustls::pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

/// A verified TLS connection, as it was agreed.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// Such as `TLSv1_3`.
    pub version: String,
    /// The certificates that the server sent, its own first, in DER.
    pub chain: Vec<Vec<u8>>,
}

/// The addresses of a gateway or, by its URL, of a proxy.
///
/// # Errors
/// The name is not known, or the URL names no host.
pub async fn resolve(url: &str) -> io::Result<Vec<SocketAddr>> {
    let url = Url::parse(url).map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the URL names no host"));
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(lookup_host((host, port)).await?.collect())
}

/// Connects to the first address that answers.
///
/// # Errors
/// None does; the error is the last one's.
pub async fn connect(addresses: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        let connected = tokio::time::timeout(timeout, TcpStream::connect(address)).await;
        match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Agrees on TLS as a client of this library does: 1.2 or newer, verified against the platform's authorities and those
/// in `extra_ca_pem`.
///
/// # Errors
/// The outer one: the certificates given cannot be used. The inner one: what the two sides could not agree on.
pub async fn handshake(
    stream: TcpStream,
    endpoint: &Endpoint,
    extra_ca_pem: &[u8],
    timeout: Duration,
) -> Result<io::Result<Handshake>, Error> {
    let connector = TlsConnector::from(Arc::new(tls::config(extra_ca_pem)?));
    let wrong = || Error::configuration("endpoint", "the endpoint's host is no name that a certificate can be for");
    let url = Url::parse(endpoint.url()).map_err(|_| wrong())?;
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|_| wrong())?;
    let agreed = tokio::time::timeout(timeout, connector.connect(name, stream)).await;
    Ok(agreed.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map(|stream| {
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default();
        Handshake {
            version: session.protocol_version().map(|version| format!("{version:?}")).unwrap_or_default(),
            chain: chain.iter().map(|certificate| certificate.to_vec()).collect(),
        }
    }))
}
