use crate::mailbox::Mailbox;
use crate::message::Message;
use napi_derive::napi;
use posa_core::Error;
use std::ffi::OsString;
use std::io::Write;

/// Runs the command `posa` on a thread of its own, so that the JavaScript thread still hears signals. `launcher` is how
/// to start it once more.
#[napi]
pub fn run_command(mailbox: &Mailbox, call: u32, arguments: Vec<String>, launcher: Vec<String>) {
    let post = mailbox.post();
    let ending = mailbox.post();
    // Nobody stops waiting for it.
    drop(post.enter(call));
    let run = move || {
        let launcher: Vec<OsString> = launcher.into_iter().map(Into::into).collect();
        let code = posa_cli::main_with_launcher(arguments, &launcher);
        // Rust flushes standard output when its own `main` ends, which here is Node's. The reader may be gone.
        let _ = std::io::stdout().flush();
        ending.end(call, Ok(Message { exit: Some(code.into()), ..Message::default() }));
    };
    if let Err(why) = std::thread::Builder::new().name("posa-command".into()).spawn(run) {
        post.end(
            call,
            Err::<Message, _>(Error::configuration("runtime", format!("no thread could be started: {why}"))),
        );
    }
}
