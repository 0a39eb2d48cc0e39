use super::{HttpRequest, HttpResponse, Transport, TransportError};
use crate::BoxFuture;
use crate::error::Delivery;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a [`Scripted`] transport does with one request.
pub enum Played {
    /// Answers with a status and a body.
    Answer(u16, Vec<u8>),
    /// Answers with a status, a `date` header and a body.
    Dated(u16, String, Vec<u8>),
    /// Answers with what a function makes of the request.
    Reply(Box<dyn Fn(&HttpRequest) -> HttpResponse + Send>),
    /// Fails before a byte is sent.
    Refuse,
    /// Takes the request and breaks the connection.
    Break,
    /// Takes the request and stays silent until it is timed out.
    Silence,
}

/// A transport for tests: plays a list, one entry a request, and keeps what it was sent.
#[derive(Clone, Default)]
pub struct Scripted {
    script: Arc<Mutex<VecDeque<Played>>>,
    sent: Arc<Mutex<Vec<HttpRequest>>>,
}

impl Scripted {
    /// Plays these, in order; a request beyond the last is refused.
    pub fn new(script: impl IntoIterator<Item = Played>) -> Self {
        Self { script: Arc::new(Mutex::new(script.into_iter().collect())), sent: Arc::default() }
    }

    /// The requests so far, in order.
    pub fn sent(&self) -> Vec<HttpRequest> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn play(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let played = self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let lost = |message: &str| Err(TransportError::new(Delivery::Unknown, message));
        let timeout: Duration = request.timeout;
        let refused = matches!(played, None | Some(Played::Refuse));
        if !refused {
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        }
        match played {
            None | Some(Played::Refuse) => Err(TransportError::new(Delivery::NotSent, "connection refused")),
            Some(Played::Answer(status, body)) => {
                Ok(HttpResponse { status, body: body.into(), ..HttpResponse::default() })
            }
            Some(Played::Dated(status, date, body)) => {
                Ok(HttpResponse { status, date: Some(date), body: body.into(), ..HttpResponse::default() })
            }
            Some(Played::Reply(reply)) => Ok(reply(&request)),
            Some(Played::Break) => lost("the connection broke"),
            Some(Played::Silence) => {
                tokio::time::sleep(timeout).await;
                lost("no answer in time")
            }
        }
    }
}

impl Transport for Scripted {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(self.play(request))
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted").field("sent", &self.sent().len()).finish_non_exhaustive()
    }
}
