use posa_core::{CardNumber, Delivery, Error, ErrorKind, RequestId};
use std::future::Future;

/// Waits for an operation. SIGINT and SIGTERM end the waiting with what they leave behind: an unknown outcome, and the
/// request id that settles it.
pub(super) async fn or_stopped<T>(
    operation: impl Future<Output = Result<T, Error>>,
    request_id: &RequestId,
    card: &CardNumber,
) -> Result<T, Error> {
    let stopped = signal()?;
    tokio::select! {
        biased;
        result = operation => result,
        () = stopped => {
            let message = "stopped before the gateway's answer; the request may have had its effect";
            let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message);
            Err(error.with_transaction(request_id, card, 0))
        }
    }
}

/// Listens for SIGINT and SIGTERM from now on; the future ends with the first of them.
#[cfg(unix)]
pub(super) fn signal() -> Result<impl Future<Output = ()>, Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(unheard);
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Listens for Ctrl-C from now on.
#[cfg(windows)]
pub(super) fn signal() -> Result<impl Future<Output = ()>, Error> {
    let mut interrupt = tokio::signal::windows::ctrl_c().map_err(unheard)?;
    Ok(async move {
        interrupt.recv().await;
    })
}

fn unheard(error: std::io::Error) -> Error {
    Error::configuration("signals", format!("this process cannot listen for signals: {error}"))
}
