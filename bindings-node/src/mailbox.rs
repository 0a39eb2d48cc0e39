use crate::convert::Receipt;
use crate::hearing::{End, Unheard};
use crate::message::{Message, Question, Unsigned};
use napi::Status;
use napi::bindgen_prelude::Either;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
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
    /// The calls that somebody waits for; whoever runs one hears when its sender is dropped.
    under_way: HashMap<u32, oneshot::Sender<()>>,
    /// The call that ended, or the client whose function is meant, and what there is to tell.
    waiting: Vec<(u32, End)>,
    /// Outcomes that the thread has taken and may not have handed on yet.
    handed: Vec<Unheard>,
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
        let mut contents = self.post.lock();
        let arrived = std::mem::take(&mut contents.waiting);
        let taken = arrived.into_iter().map(|(to, End { told, unheard })| {
            contents.handed.extend(unheard.map(Unheard::taken));
            (to, told.into())
        });
        taken.collect()
    }

    /// Whoever waited for what was drained has it by now. What is not, when the thread ends, nobody heard.
    #[napi]
    pub fn heard(&self) {
        let handed = std::mem::take(&mut self.post.lock().handed);
        handed.into_iter().for_each(Unheard::heard);
    }

    /// Nobody waits for a call any more, and nobody hears what came of it, even if that is here already.
    #[napi]
    pub fn abandon(&self, call: u32) {
        let mut contents = self.post.lock();
        if contents.under_way.remove(&call).is_none() {
            contents.waiting.retain(|(to, _)| *to != call);
        }
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
        // Dropped with the rest of it, what nobody took is unheard.
        *self.post.lock() = Contents { closed: true, ..Contents::default() };
    }
}

impl Post {
    /// Somebody waits for a call from here on; what it returns fails once he has gone.
    pub(crate) fn enter(&self, call: u32) -> oneshot::Receiver<()> {
        let (waits, gone) = oneshot::channel();
        self.lock().under_way.insert(call, waits);
        gone
    }

    /// Tells how a call ended, unless nobody waits for it any more.
    pub(crate) fn end(&self, call: u32, end: impl Into<End>) {
        let end = end.into();
        let mut contents = self.lock();
        if contents.under_way.remove(&call).is_some() {
            self.put(contents, call, end);
        }
    }

    /// Tells a client's functions something.
    pub(crate) fn send(&self, to: u32, message: Message) {
        let contents = self.lock();
        if !contents.closed {
            self.put(contents, to, End { told: message.into(), unheard: None });
        }
    }

    fn put(&self, mut contents: MutexGuard<'_, Contents>, to: u32, end: End) {
        contents.waiting.push((to, end));
        let first = contents.waiting.len() == 1;
        drop(contents);
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
        self.send(client, Message { question, ..Message::default() });
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
