//! The core's seams that lead back into JavaScript: credentials, signatures and events.

use crate::mailbox::Post;
use crate::message::{Event, Message, Unsigned};
use napi::bindgen_prelude::Buffer;
use posa_core::engine::{EventKind, Observer};
use posa_core::sign::remote::{signer_failed, signer_unreachable};
use posa_core::sign::{self, Credentials, CredentialsProvider, SignedHeaders, Signer};
use posa_core::wire::Format;
use posa_core::{BoxFuture, Error};
use std::sync::Arc;

/// The functions that one client was given.
#[derive(Clone)]
pub(crate) struct Functions {
    pub(crate) post: Arc<Post>,
    pub(crate) client: u32,
}

impl CredentialsProvider for Functions {
    fn load(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(async {
            let answer = self.post.ask(self.client, None).await;
            match answer.ok().and_then(|pair| pair.into_iter().next()) {
                Some((access_key_id, secret_access_key)) => Credentials::new(access_key_id, secret_access_key),
                None => {
                    let message = "the credentials function failed; its own error is the cause of this one";
                    Err(Error::configuration("credentials", message))
                }
            }
        })
    }
}

impl Signer for Functions {
    fn sign<'a>(&'a self, request: sign::Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        let unsigned = Unsigned {
            operation: request.operation.name(),
            format: if request.format == Format::Xml { "xml" } else { "json" },
            host: request.host.to_owned(),
            body: Buffer::from(request.body.to_vec()),
            time: request.now.as_duration().as_millis_f64(),
            question: request.to_json(),
        };
        Box::pin(async move {
            match self.post.ask(self.client, Some(unsigned)).await {
                Ok(headers) => SignedHeaders::from_headers(headers.iter().map(|(name, value)| (&**name, &**value))),
                Err(Some(reason)) => Err(signer_failed(&reason)),
                Err(None) => Err(signer_unreachable("the function failed; its own error is the cause of this one")),
            }
        })
    }
}

impl Observer for Functions {
    fn on_event(&self, event: &posa_core::engine::Event<'_>) {
        let path;
        let (kind, after, seconds, detail) = match event.kind {
            EventKind::JournalCreated { path: created } => {
                path = created.display().to_string();
                ("journal_created", None, None, Some(&*path))
            }
            EventKind::Sending => ("sending", None, None, None),
            EventKind::Retrying { after, because } => {
                ("retrying", Some(after.as_secs_f64() * 1000.0), None, Some(because))
            }
            EventKind::SkewCorrected { seconds } => ("skew_corrected", None, Some(seconds), None),
            EventKind::KeyRenewed => ("key_renewed", None, None, None),
            EventKind::Warning { what } => ("warning", None, None, Some(what)),
            EventKind::Alarm { what } => ("alarm", None, None, Some(what)),
            EventKind::BatchPaused { because } => ("batch_paused", None, None, Some(because)),
            EventKind::BatchResumed => ("batch_resumed", None, None, None),
            EventKind::Settled { outcome } => ("settled", None, None, Some(outcome)),
            // A kind that this version of the binding does not know yet.
            _ => return,
        };
        let event = Event {
            kind,
            operation: event.operation.name(),
            request_id: event.request_id.to_string(),
            card: event.card.to_string(),
            attempt: event.attempt,
            after,
            seconds,
            detail: detail.map(str::to_owned),
        };
        self.post.send(self.client, Message { event: Some(event), ..Message::default() });
    }
}
