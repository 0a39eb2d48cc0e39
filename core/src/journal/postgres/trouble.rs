use crate::error::{Delivery, Error, ErrorKind};
use std::error::Error as _;
use tokio_postgres::Error as Trouble;
use tokio_postgres::error::{Severity, SqlState};

/// The server's word that a step came after whoever asked for it had given up. It says so too, once, if its clock was set.
const TOO_LATE: &str = "POSA1";

/// Why a step ends early.
pub(super) enum Stop {
    /// It may not be, and nothing was written.
    Refused(Error),
    /// The server or the connection to it failed.
    Failed(Trouble),
    /// No answer came in time.
    Late,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Failed(trouble)
    }
}

impl Stop {
    /// Whether another try may fare better: the connection broke, or the server undid the step for another's sake.
    pub(super) fn may_pass(&self) -> bool {
        let Self::Failed(trouble) = self else { return false };
        trouble.code().is_none_or(|code| is_end(code) || is_undone(code) || code.code() == TOO_LATE)
    }

    /// The error of the journal at `name`; `may_stand` if the step may have been recorded all the same.
    pub(super) fn into_error(self, name: &str, may_stand: bool) -> Error {
        let error = match self {
            Self::Refused(error) => error,
            Self::Failed(trouble) => failed(name, &words(&trouble)),
            Self::Late => failed(name, "gave no answer in time; look at the server and the network"),
        };
        if !may_stand {
            return error;
        }
        let message = format!(
            "the journal at {name} broke off while it was written, so this may be recorded: repeat it with the same \
             request id; {}",
            error.message()
        );
        Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
    }
}

/// An error of the journal at `name`.
pub(super) fn failed(name: &str, what: &str) -> Error {
    Error::new(ErrorKind::Journal, Delivery::NotSent, format!("the journal at {name} {what}"))
}

/// The server itself says that it undid the statement, or the transaction at its commit.
pub(super) fn is_definite(trouble: &Trouble) -> bool {
    let Some(db) = trouble.as_db_error() else { return false };
    let in_doubt = [SqlState::TRANSACTION_RESOLUTION_UNKNOWN, SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN];
    // A pooler sends its severity in one form only.
    let is_error = db.parsed_severity().map_or(db.severity() == "ERROR", |severity| severity == Severity::Error);
    is_error && !in_doubt.contains(db.code())
}

/// The server is starting: it will take connections shortly.
pub(super) fn is_starting(trouble: &Trouble) -> bool {
    trouble.code() == Some(&SqlState::CANNOT_CONNECT_NOW)
}

fn is_end(code: &SqlState) -> bool {
    let ends = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    code.code().starts_with("08") || ends.contains(code)
}

fn is_undone(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
}

/// What happened, with what to do about it. Of the server's own words only the message is shown: its detail holds
/// the values of a row.
fn words(trouble: &Trouble) -> String {
    let Some(db) = trouble.as_db_error() else { return format!("cannot be reached: {}", causes(trouble)) };
    let remedy = match db.code() {
        code if *code == SqlState::QUERY_CANCELED => "took too long; see what holds the server up",
        code if *code == SqlState::LOCK_NOT_AVAILABLE => "is locked by somebody else; see who holds a lock",
        code if code.code() == TOO_LATE => "was too slow, so nothing was recorded; look at the server and the network",
        code if *code == SqlState::DISK_FULL => "cannot be written: the server's disk is full; make room",
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => "is read-only; name the primary server",
        _ if db.message().contains("statement pooling mode") => {
            "is behind PgBouncer with pool_mode = statement; set it to transaction or session"
        }
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            return format!("may not be used by this user: {}; grant it", db.message());
        }
        code => return format!("failed: {} ({})", db.message(), code.code()),
    };
    remedy.to_owned()
}

fn causes(trouble: &Trouble) -> String {
    let mut words = trouble.to_string();
    let mut cause = trouble.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
