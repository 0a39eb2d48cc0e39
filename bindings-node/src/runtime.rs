use crate::hearing::End;
use crate::mailbox::Post;
use crate::message::Message;
use posa_core::Error;
use std::sync::{Arc, OnceLock};
use tokio::runtime::{Builder, Runtime};

/// The process's runtime, shared by its main thread and its workers. It is never shut down: its threads do not keep
/// the process, and a worker that ends leaves its operations to finish.
pub(crate) fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        let builder = &mut Builder::new_multi_thread();
        builder.worker_threads(2).thread_name("posa").enable_all().build().map_err(|error| error.to_string())
    });
    made.as_ref().map_err(|why| Error::configuration("runtime", format!("no thread could be started: {why}")))
}

/// Lets an operation run and tells the call how it ended. Its future is dropped once nobody waits for it, and not before
/// it was begun.
pub(crate) fn begin<E: Into<End>>(
    post: &Arc<Post>,
    call: u32,
    operation: Result<impl Future<Output = E> + Send + 'static, Error>,
) {
    let gone = post.enter(call);
    match runtime().and_then(|runtime| Ok((runtime, operation?))) {
        Ok((runtime, operation)) => {
            let post = Arc::clone(post);
            runtime.spawn(async move {
                tokio::select! {
                    biased;
                    end = operation => post.end(call, end),
                    _ = gone => {}
                }
            });
        }
        Err(error) => post.end(call, Err::<Message, _>(error)),
    }
}
