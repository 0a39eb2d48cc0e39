mod grid;
mod next;
mod sale;
mod table;
mod whole;

pub(crate) use grid::{Mark, grid};
pub(crate) use sale::Sale;
pub(crate) use table::Csv;
pub(crate) use whole::Whole;

use crate::exit;
use anstyle::{AnsiColor, Style};
use posa_core::engine::{Event, EventKind};
use posa_core::{Delivery, Error, Receipt};
use serde::Serialize;
use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Text for a person or JSON for a program. Colour is left out where nobody would see it, and under `NO_COLOR`.
pub(crate) struct Output {
    json: bool,
    /// Why not all of it reached its reader.
    unwritten: Mutex<Option<io::Error>>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, unwritten: Mutex::default() }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The answer of the command, on standard output.
    pub(crate) fn show(&self, answer: &(impl Serialize + Display)) {
        if self.json { self.exported(json(answer)) } else { self.line(answer) }
    }

    /// A line for a person who watches; a program gets none.
    pub(crate) fn progress(&self, text: impl Display) {
        if !self.json {
            self.line(text);
        }
    }

    fn line(&self, text: impl Display) {
        self.read(writeln!(anstream::stdout(), "{text}"));
    }

    /// How the writing of a text ended. A reader that went away, as `posa ... | head` does, has what it wanted.
    fn read(&self, written: io::Result<()>) {
        self.exported(written.or_else(|e| if e.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(e) }));
    }

    /// How the writing of an export ended, which is whole or has failed.
    pub(crate) fn exported(&self, written: io::Result<()>) {
        if let Err(e) = written {
            self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
        }
    }

    /// The exit code of a command that ended with `code`, once all that it printed has left.
    pub(crate) fn finish(&self, code: u8) -> u8 {
        let flushed = io::stdout().flush();
        if self.json {
            self.exported(flushed)
        } else {
            self.read(flushed)
        }
        let Some(e) = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).take() else { return code };
        complain(format_args!(
            "{BAD}untold{BAD:#} the answer could not be written whole: {e}\n  {FAINT}next:{FAINT:#} what was done \
             stands; posa transactions tells it"
        ));
        if code == exit::UNKNOWN { code } else { exit::UNTOLD }
    }

    /// Why the command is not done: JSON on standard output, or text on standard error. Returns the exit code.
    pub(crate) fn failure(&self, error: &Error) -> u8 {
        let failure = Failure::new(error);
        if self.json {
            self.exported(json(&failure));
        } else {
            complain(&failure);
        }
        exit::code(error)
    }
}

/// What clap has to say: help and the version, or an argument that it does not take.
pub(crate) fn usage(error: &clap::Error, as_json: bool) -> u8 {
    if !error.use_stderr() {
        let _ = error.print();
        return exit::DONE;
    }
    if as_json {
        let text = masked(&error.to_string());
        let paragraph = text.trim_start_matches("error: ").split("\n\n").next().unwrap_or_default();
        let message = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = json(&Failure::new(&Error::invalid("arguments", message)));
    } else {
        complain(masked(error.render().ansi().to_string().trim_end()));
    }
    exit::USAGE
}

/// Card numbers in a text by their last four digits: clap repeats an argument that it did not expect.
fn masked(text: &str) -> String {
    let both_digits = |a: &char, b: &char| a.is_ascii_digit() && b.is_ascii_digit();
    let characters: Vec<char> = text.chars().collect();
    let shown = characters.chunk_by(both_digits).map(|run| match run.len() {
        0..16 => run.iter().collect(),
        _ => format!("...{}", run.iter().skip(12).take(4).collect::<String>()),
    });
    shown.collect()
}

/// What a person must know whoever reads standard output.
pub(crate) fn notice(text: impl Display) {
    complain(text);
}

/// A hint on standard error, if that is a terminal.
pub(crate) fn hint(text: impl Display) {
    if io::stderr().is_terminal() {
        complain(format_args!("{FAINT}{text}{FAINT:#}"));
    }
}

/// Tells a person why an operation takes longer than usual.
pub(crate) fn watch(event: &Event<'_>) {
    match event.kind {
        EventKind::JournalCreated { path } => {
            notice(format_args!("sales are recorded in {}, which was created; keep it", path.display()));
        }
        EventKind::Retrying { after, because } => {
            let (attempt, milliseconds) = (event.attempt, after.as_millis());
            hint(format_args!("request {attempt}: {because}; the same id goes again in {milliseconds} ms"));
        }
        EventKind::SkewCorrected { seconds } => {
            hint(format_args!("this machine's clock is {seconds} s off the gateway's; set it"));
        }
        EventKind::BatchPaused { because } => {
            notice(format_args!("waiting: {because}; the batch goes on by itself, and Ctrl-C ends it"));
        }
        EventKind::BatchResumed => notice("going on"),
        _ => {}
    }
}

fn complain(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

fn json(value: &impl Serialize) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, value)?;
    writeln!(stdout)?;
    stdout.flush()
}

/// Names and values, one pair to a line, the values in one column.
pub(crate) fn pairs(f: &mut fmt::Formatter<'_>, pairs: &[(&str, Option<String>)]) -> fmt::Result {
    let width = pairs.iter().map(|(name, _)| name.len() + 1).max().unwrap_or(0);
    for (name, value) in pairs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        write!(f, "\n  {FAINT}{:<width$}{FAINT:#} {value}", format!("{name}:"))?;
    }
    Ok(())
}

/// A [`Receipt`] as it is printed.
#[derive(Serialize)]
pub(crate) struct Done {
    outcome: &'static str,
    operation: &'static str,
    request_id: String,
    card: String,
    card_status: String,
    amount: Option<String>,
    currency: Option<&'static str>,
    expiration: Option<String>,
    attempts: u32,
}

impl From<&Receipt> for Done {
    fn from(receipt: &Receipt) -> Self {
        Self {
            outcome: "done",
            operation: receipt.operation.name(),
            request_id: receipt.request_id.to_string(),
            card: receipt.card_number.to_string(),
            card_status: receipt.card_status.to_string(),
            amount: receipt.amount.map(|amount| amount.decimal()),
            currency: receipt.amount.map(|amount| amount.currency().code()),
            expiration: receipt.expiration.as_ref().map(|expiration| expiration.raw().to_owned()),
            attempts: receipt.attempts,
        }
    }
}

impl Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{GOOD}done{GOOD:#} {}", self.operation)?;
        let amount = self.amount.as_ref().zip(self.currency).map(|(amount, currency)| format!("{amount} {currency}"));
        pairs(
            f,
            &[
                ("request id", Some(self.request_id.clone())),
                ("card", Some(self.card.clone())),
                ("card status", Some(self.card_status.clone())),
                ("amount", amount),
                ("expires", self.expiration.clone()),
                ("attempts", Some(self.attempts.to_string())),
            ],
        )
    }
}

/// An [`Error`] as it is printed.
#[derive(Serialize)]
struct Failure {
    outcome: &'static str,
    kind: &'static str,
    delivery: &'static str,
    message: String,
    field: Option<&'static str>,
    code: Option<String>,
    error_type: Option<String>,
    request_id: Option<String>,
    card: Option<String>,
    attempts: u32,
    next: String,
}

impl Failure {
    fn new(error: &Error) -> Self {
        Self {
            outcome: match exit::code(error) {
                exit::USAGE => "usage",
                _ => error.ending().name(),
            },
            kind: error.kind().name(),
            delivery: match error.delivery() {
                Delivery::NotSent => "not_sent",
                Delivery::Unknown => "unknown",
                Delivery::Answered => "answered",
            },
            message: error.message().to_owned(),
            field: error.field(),
            code: error.code().map(str::to_owned),
            error_type: error.error_type().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
            card: error.card().map(str::to_owned),
            attempts: error.attempts(),
            next: next::step(error),
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BAD}{}{BAD:#} {}", self.outcome, self.message)?;
        let answer =
            [self.code.as_deref(), self.error_type.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        pairs(
            f,
            &[
                ("kind", Some(self.kind.to_owned())),
                ("gateway", Some(answer).filter(|answer| !answer.is_empty())),
                ("field", self.field.map(str::to_owned)),
                ("request id", self.request_id.clone()),
                ("card", self.card.clone()),
                ("attempts", (self.attempts > 0).then(|| self.attempts.to_string())),
                ("next", Some(self.next.clone())),
            ],
        )
    }
}
