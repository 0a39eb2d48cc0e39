//! Signatures that Swift gives. uniffi has no asynchronous methods of foreign traits that Swift 6 compiles, so Swift is
//! handed an object to answer with.

use posa_core::sign::canonical::payload_hash;
use posa_core::sign::remote::{signer_failed, signer_unreachable};
use posa_core::sign::{SignedHeaders, Signer, Unsigned};
use posa_core::{BoxFuture, Error};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{oneshot, watch};

/// Whoever signs for the app. `sign` returns at once; the answer comes later.
#[uniffi::export(foreign)]
pub trait RemoteSigner: Send + Sync {
    fn sign(&self, question: Question, answer: Arc<Answer>);
}

/// What is to be signed.
#[derive(uniffi::Record)]
pub struct Question {
    pub operation: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub payload_hash: String,
    pub body: Vec<u8>,
    /// Microseconds since 1970.
    pub now: i64,
    /// The whole of it for a server that signs, in JSON.
    pub json: String,
}

type Headers = Result<HashMap<String, String>, Error>;

/// Takes the answer to one question. Dropping it is an answer too: there is none.
#[derive(uniffi::Object)]
pub struct Answer {
    give: Mutex<Option<oneshot::Sender<Headers>>>,
    asking: watch::Receiver<()>,
}

#[uniffi::export]
impl Answer {
    pub fn signed(&self, headers: HashMap<String, String>) {
        self.give(Ok(headers));
    }

    pub fn refused(&self, reason: String) {
        self.give(Err(signer_failed(&reason)));
    }

    /// Nobody could be asked.
    pub fn failed(&self, reason: String) {
        self.give(Err(signer_unreachable(&reason)));
    }

    /// Returns once nobody waits for the answer any more.
    pub async fn unwanted(&self) {
        let mut asking = self.asking.clone();
        while asking.changed().await.is_ok() {}
    }
}

impl Answer {
    fn give(&self, headers: Headers) {
        let sender = self.give.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Whoever asked may have given up.
        let _ = sender.map(|sender| sender.send(headers));
    }
}

/// A signer of Swift's, as the core calls it.
pub(crate) struct SwiftSigner(pub(crate) Arc<dyn RemoteSigner>);

impl Signer for SwiftSigner {
    fn sign<'a>(&'a self, request: Unsigned<'a>) -> BoxFuture<'a, Result<SignedHeaders, Error>> {
        let question = Question {
            operation: request.operation.name().to_owned(),
            path: request.operation.path().to_owned(),
            headers: request.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            payload_hash: payload_hash(request.body),
            body: request.body.to_vec(),
            now: request.now.as_microsecond(),
            json: request.to_json(),
        };
        Box::pin(async move {
            // Dropped with this future, which ends the wait for `unwanted`.
            let (_asking, asked) = watch::channel(());
            let (give, answered) = oneshot::channel();
            self.0.sign(question, Arc::new(Answer { give: Mutex::new(Some(give)), asking: asked }));
            let headers = answered.await.unwrap_or_else(|_| Err(signer_unreachable("it gave no answer")))?;
            SignedHeaders::from_headers(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        })
    }
}
