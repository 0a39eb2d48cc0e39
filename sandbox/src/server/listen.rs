use super::gateway::Gateway;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// How long requests under way may take once the sandbox stops.
const GRACE: Duration = Duration::from_secs(2);
const MAX_HEADERS: usize = 64 * 1024;

/// Accepts and serves connections until `stop` changes. Dropping the future closes them all at once.
pub(super) async fn listen(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    gateway: Arc<Gateway>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let room = connections.len() < gateway.settings.max_connections;
        tokio::select! {
            _ = stop.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if room => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, tls.clone(), Arc::clone(&gateway), stop.clone()));
                }
                // Out of file descriptors, most likely: connections that end give them back.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    // What is still there after the grace is closed with the set.
    let _ = tokio::time::timeout(GRACE, finished).await;
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, gateway: Arc<Gateway>, stop: watch::Receiver<bool>) {
    // Only latency is lost without it.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, gateway, stop).await,
        Some(tls) => {
            let handshake = tokio::time::timeout(gateway.settings.header_timeout, tls.accept(stream));
            if let Ok(Ok(stream)) = handshake.await {
                serve(stream, gateway, stop).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, gateway: Arc<Gateway>, mut stop: watch::Receiver<bool>) {
    let header_timeout = gateway.settings.header_timeout;
    let service = service_fn(move |request| Arc::clone(&gateway).serve(request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A connection that ends in an error is a client that left, or a fault that was asked for.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
