use super::stop::signal;
use crate::exit;
use crate::output::{BAD, FAINT, GOOD, Output, Sale};
use crate::settings::Connection;
use jiff::SignedDuration;
use posa_core::recovery::{Recover, Recovered, Unfinished};
use posa_core::{Delivery, Error, ErrorKind};
use serde::Serialize;
use std::fmt;

/// Settle every sale without an outcome
///
/// Goes through the journal and sends what each open sale still needs, with the request id it has. Run it when a till
/// starts, and from time to time. Nobody was told yet what came of them: posa transactions --untold lists them until posa
/// acknowledge.
///
/// Exit code 3 if a sale still has no outcome, 1 if one needs a person or cannot be read, 0 otherwise. Sales that another
/// process works on are left to it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Give up sales whose activation has no outcome and reverse them, instead of completing them
    #[arg(long, conflicts_with_all = ["void_older_than", "leave_older_than"])]
    void: bool,
    /// Give up those that were asked for longer ago than so many seconds, and complete the others
    #[arg(long, value_name = "SECONDS", conflicts_with = "leave_older_than")]
    void_older_than: Option<u32>,
    /// Leave those open that were asked for longer ago than so many seconds, for posa resolve or posa void, and complete
    /// the others
    #[arg(long, value_name = "SECONDS")]
    leave_older_than: Option<u32>,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    fn unfinished(&self) -> Result<Unfinished, Error> {
        let age = |seconds: Option<u32>| seconds.map(|seconds| SignedDuration::from_secs(seconds.into()));
        Unfinished::chosen(self.void, age(self.void_older_than), age(self.leave_older_than))
    }
}

#[derive(Serialize)]
struct Report {
    settled: Vec<Sale>,
    open: Vec<Open>,
    damaged: Vec<String>,
}

#[derive(Serialize)]
struct Open {
    request_id: String,
    kind: &'static str,
    message: String,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let how = Recover { unfinished: args.unfinished()?, ..Recover::default() };
    let settings = args.connection.resolve()?;
    let client = settings.client(settings.kept_journal().await?)?;
    let stopped = signal()?;
    let recovered = tokio::select! {
        biased;
        recovered = client.recover(how) => recovered?,
        () = stopped => {
            let message = "stopped before every sale was settled; the journal has what came of each";
            return Err(Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message));
        }
    };
    output.show(&Report::from(&recovered));
    let codes = recovered.open.iter().map(|(_, error)| match error.kind() {
        ErrorKind::NeedsAttention => exit::REJECTED,
        _ => exit::UNKNOWN,
    });
    let damaged = if recovered.damaged.is_empty() { exit::DONE } else { exit::REJECTED };
    Ok(codes.max().unwrap_or(exit::DONE).max(damaged))
}

impl From<&Recovered> for Report {
    fn from(recovered: &Recovered) -> Self {
        let open = recovered.open.iter().map(|(id, error)| Open {
            request_id: id.to_string(),
            kind: error.kind().name(),
            message: error.message().to_owned(),
        });
        let settled = recovered.settled.iter().map(Sale::from).collect();
        Self { settled, open: open.collect(), damaged: recovered.damaged.clone() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = if self.open.is_empty() && self.damaged.is_empty() { GOOD } else { BAD };
        write!(f, "{style}recovered{style:#} {} settled, {} open", self.settled.len(), self.open.len())?;
        for sale in &self.settled {
            write!(f, "\n  {}", sale.line())?;
        }
        for Open { request_id, kind, message } in &self.open {
            write!(f, "\n  {BAD}{kind}{BAD:#} {request_id}  {FAINT}{message}{FAINT:#}")?;
        }
        for line in &self.damaged {
            write!(f, "\n  {BAD}damaged{BAD:#} {line}")?;
        }
        Ok(())
    }
}
