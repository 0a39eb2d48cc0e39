use crate::convert::Receipt;
use crate::error::Failure;
use crate::message::{Message, Question, Told, Unsigned};
use napi::Status;
use napi::bindgen_prelude::Either;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use posa_core::Error;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Weak: it does not keep the process. TypeScript does that, for as long as a call is under way.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// What the native side has to tell one JavaScript thread. Messages gather while the thread is busy and are taken
/// together, so that many calls that end at once wake it once.
#[napi]
pub struct Mailbox {
    post: Arc<Post>,
}

/// The end that the runtime's threads hold.
pub(crate) struct Post {
    wake: Wake,
    contents: Mutex<Contents>,
    next: AtomicU32,
}

#[derive(Default)]
struct Contents {
    /// The call that ended, or the client whose function is meant, and what there is to tell.
    waiting: Vec<(u32, Told)>,
    questions: HashMap<u32, oneshot::Sender<Answer>>,
    /// The JavaScript thread is gone.
    closed: bool,
}

/// What a function of the user's returned: names and values, of which none may be printed; or the reason of a refusal;
/// or nothing, where it failed.
pub(crate) type Answer = Result<Vec<(String, String)>, Option<String>>;

#[napi]
impl Mailbox {
    /// `wake` is called in its thread when there is something to take.
    #[napi(constructor)]
    pub fn new(#[napi(ts_arg_type = "() => void")] wake: Wake) -> Self {
        Self { post: Arc::new(Post { wake, contents: Mutex::default(), next: AtomicU32::new(1) }) }
    }

    /// Takes everything that has gathered.
    #[napi]
    pub fn drain(&self) -> Vec<(u32, Either<Receipt, Message>)> {
        let arrived = std::mem::take(&mut self.post.lock().waiting);
        arrived.into_iter().map(|(to, told)| (to, told.into())).collect()
    }

    /// Answers a question; without an answer, the function failed, or refused for a reason.
    #[napi]
    pub fn answer(&self, question: u32, answer: Option<Vec<(String, String)>>, refusal: Option<String>) {
        if let Some(asker) = self.post.lock().questions.remove(&question) {
            // Nobody waits any more once the operation's deadline has passed.
            let _ = asker.send(answer.ok_or(refusal));
        }
    }

    pub(crate) fn post(&self) -> Arc<Post> {
        Arc::clone(&self.post)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let mut contents = self.post.lock();
        contents.closed = true;
        contents.waiting.clear();
        contents.questions.clear();
    }
}

impl Post {
    /// Tells how a call ended.
    pub(crate) fn end(&self, call: u32, outcome: Result<impl Into<Told>, Error>) {
        let told = outcome.map_or_else(
            |error| Message { error: Some(Failure::from(error)), ..Message::default() }.into(),
            Into::into,
        );
        self.send(call, told);
    }

    pub(crate) fn send(&self, to: u32, told: Told) {
        let first = {
            let mut contents = self.lock();
            if contents.closed {
                return;
            }
            contents.waiting.push((to, told));
            contents.waiting.len() == 1
        };
        if first {
            self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Asks a client's function, which has failed if its thread is gone.
    pub(crate) async fn ask(&self, client: u32, unsigned: Option<Unsigned>) -> Answer {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (asker, answer) = oneshot::channel();
        {
            let mut contents = self.lock();
            if contents.closed {
                return Err(None);
            }
            contents.questions.insert(id, asker);
        }
        let _asked = Asked { post: self, id };
        let question = Some(Question { id, unsigned });
        self.send(client, Message { question, ..Message::default() }.into());
        answer.await.unwrap_or(Err(None))
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets a question that nobody waits for any more.
struct Asked<'a> {
    post: &'a Post,
    id: u32,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.post.lock().questions.remove(&self.id);
    }
}
