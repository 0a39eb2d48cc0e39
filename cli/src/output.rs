mod grid;
mod sale;
mod table;

pub(crate) use grid::{Mark, grid};
pub(crate) use sale::Sale;
pub(crate) use table::Csv;

use crate::exit;
use anstyle::{AnsiColor, Style};
use posa_core::engine::{Event, EventKind};
use posa_core::{Delivery, Error, ErrorKind, Receipt};
use serde::Serialize;
use std::fmt::{self, Display};
use std::io::{IsTerminal, Write};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Text for a person or JSON for a program. Colour is left out where nobody would see it, and under `NO_COLOR`.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The answer of the command, on standard output.
    pub(crate) fn show(&self, answer: &(impl Serialize + Display)) {
        if self.json { json(answer) } else { line(answer) }
    }

    /// A line for a person who watches; a program gets none.
    pub(crate) fn progress(&self, text: impl Display) {
        if !self.json {
            line(text);
        }
    }

    /// Why the command is not done: JSON on standard output, or text on standard error. Returns the exit code.
    pub(crate) fn failure(&self, error: &Error) -> u8 {
        let failure = Failure::new(error);
        if self.json {
            json(&failure)
        } else {
            complain(&failure)
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
        json(&Failure::new(&Error::invalid("arguments", message)));
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
        length => format!("...{}", run.iter().skip(length - 4).collect::<String>()),
    });
    shown.collect()
}

/// What a person must know whoever reads standard output.
pub(crate) fn notice(text: impl Display) {
    complain(text);
}

/// A hint on standard error, if that is a terminal.
pub(crate) fn hint(text: impl Display) {
    if std::io::stderr().is_terminal() {
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
        _ => {}
    }
}

// A reader that went away, as `posa ... | head` does, changes neither what was done nor the exit code.
fn line(text: impl Display) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

fn complain(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

fn json(value: &impl Serialize) {
    let mut stdout = std::io::stdout().lock();
    let _ = serde_json::to_writer(&mut stdout, value);
    let _ = writeln!(stdout);
    let _ = stdout.flush();
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
                exit::UNKNOWN => "unknown",
                exit::USAGE => "usage",
                _ => "rejected",
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
            next: next_step(error),
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

fn next_step(error: &Error) -> String {
    let text = match error.kind() {
        ErrorKind::OutcomeUnknown => match error.request_id() {
            Some(id) => {
                return format!(
                    "settle it with: posa resolve {id} (without a journal, repeat the same command with this request \
                     id); never use a new id for this sale"
                );
            }
            None => "repeat the command with the same request id; never use a new one for this sale",
        },
        ErrorKind::InvalidInput => "correct the value and run the command again; nothing was sent",
        ErrorKind::Configuration => "correct the setting and run the command again",
        ErrorKind::Unreachable => "check the network and the endpoint, then run the command again; nothing was sent",
        ErrorKind::Rejected => "do not repeat it unchanged: correct what the gateway names",
        ErrorKind::AlreadyActivated => "find the request id that the card was activated with; do not try another",
        ErrorKind::InsufficientFunds => "top up the prepaid account, then use the same request id",
        ErrorKind::Account => "stop, and ask your account manager: the account or its access stands in the way",
        ErrorKind::Authentication => {
            "check the access key, the secret and this machine's clock (posa sign shows both sides)"
        }
        ErrorKind::Throttled => "wait some seconds, then use the same request id",
        ErrorKind::Conflict => "use the request id for the sale that it belongs to, one command at a time",
        ErrorKind::Journal => "let the journal be reached and written, then run the command again; nothing was sent",
        _ => "have a person look at the card",
    };
    text.to_owned()
}
