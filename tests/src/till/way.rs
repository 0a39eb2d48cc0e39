use super::Said;
use super::work::say;
use posa_core::transport::{HttpOptions, HttpRequest, HttpResponse, HttpTransport, Transport, TransportError};
use posa_core::{BoxFuture, Endpoint, Error};
use serde::Deserialize;

/// The way to the gateway; says what comes back before the client has read it.
#[derive(Debug)]
pub(super) struct Way(HttpTransport);

/// The id in a request's body.
#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "activationRequestId", alias = "statusCheckRequestId")]
    id: String,
}

impl Way {
    pub(super) fn to(endpoint: &Endpoint) -> Result<Self, Error> {
        HttpTransport::new(endpoint, &HttpOptions::default()).map(Self)
    }
}

impl Transport for Way {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        Box::pin(async move {
            let asked: Option<Asked> = serde_json::from_slice(&request.body).ok();
            let answer = self.0.send(request).await;
            if let Some(Asked { id }) = asked {
                say(&Said::Answered(id));
            }
            answer
        })
    }
}
