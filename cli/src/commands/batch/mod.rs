mod check;
mod results;

use super::activate::Source;
use super::inventory;
use super::stop::signal;
use crate::exit;
use crate::output::{BAD, GOOD, Output, hint, pairs};
use crate::settings::Connection;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use posa_core::batch::{BatchOptions, Entry, Progress, Sales, read_sales};
use posa_core::inventory::Inventory;
use posa_core::{Activate, Currency, Error};
use results::{Results, Sold};
use serde::Serialize;
use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Activate the cards of a CSV file
///
/// Activates each line's card, a number of them at a time, and writes what came of each to another CSV file. With --check
/// it looks through the file and sends nothing.
///
/// Run again, with the same name, it charges nothing twice: what is activated already is answered from the journal, and
/// what has no outcome is sent again with its own request id. Ctrl-C starts nothing more and waits for what is under
/// way; a second one leaves that to posa recover.
///
/// While the gateway cannot be reached, answers nothing or throttles, the batch waits and says so; what is left after
/// --patience is not sent. Exit code 3 if any outcome is unknown, 1 if any card was rejected, 4 if any was not sent, 0
/// otherwise.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// CSV with the columns card_number and amount; currency, request_id and external_reference are optional
    file: PathBuf,
    /// What names the batch for good; another batch needs another name [default: the name of the file]
    #[arg(long)]
    name: Option<String>,
    /// The currency of lines that name none
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// How many at a time
    #[arg(long, value_name = "N", default_value = "16")]
    concurrency: NonZeroUsize,
    /// How many seconds to wait for a gateway that takes nothing
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    patience: u64,
    /// Where to write what came of each line [default: FILE with the ending .out.csv]
    #[arg(long, value_name = "OUT.csv")]
    out: Option<PathBuf>,
    /// Send nothing: count the sales, and tell what is wrong with the file; exit code 1 if anything is
    #[arg(long)]
    check: bool,
    /// The list of cards, in the batch's currency: refuses lines that differ from it in checksum or denomination
    #[arg(long, value_name = "LIST.csv", requires = "currency")]
    inventory: Option<PathBuf>,
    /// Resellers: the program id that Amazon approved
    #[arg(long, value_name = "ID")]
    program_id: Option<String>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Report {
    batch: String,
    out: PathBuf,
    done: u64,
    rejected: u64,
    not_sent: u64,
    unknown: u64,
    /// It was stopped before the end of the file.
    stopped: bool,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let name = args.name()?;
    let file = Sheet::of(&args)?;
    if args.check {
        return check::run(name, file.sales()?.check(), output);
    }
    let lines = file.look_through()?;
    let (source, program_id) = (args.source.build()?, args.program_id);
    let completed = |sale: Activate| {
        let sale = match &source {
            Some(source) => sale.source(source.clone()),
            None => sale,
        };
        match &program_id {
            Some(id) => sale.program_id(id),
            None => Ok(sale),
        }
    };
    let mut sales = file.sales()?;
    let out = args.out.unwrap_or_else(|| args.file.with_extension("out.csv"));
    let mut results = Results::create(&out, &args.file)?;
    let settings = args.connection.resolve()?;
    let client = settings.client(settings.journal()?)?;
    let bar = bar(lines);

    // Whether all of the file was read.
    let at_end = Cell::new(false);
    let mut stopping = false;
    let entries = std::iter::from_fn(|| {
        let entry = sales.next();
        at_end.set(entry.is_none());
        entry.map(|entry| Entry { sale: entry.sale.and_then(&completed), ..entry })
    });
    let options = BatchOptions { concurrency: args.concurrency, patience: Duration::from_secs(args.patience) };
    let mut rows = client.activate_many(&name, entries, options);
    let mut stop = pin!(signal()?);
    loop {
        let row = tokio::select! {
            biased;
            row = rows.next() => row,
            () = &mut stop => {
                if std::mem::replace(&mut stopping, true) {
                    break;
                }
                rows.stop();
                stop.set(signal()?);
                bar.suspend(|| hint("stopping: waiting for what is under way; once more leaves it to posa recover"));
                continue;
            }
        };
        let Some(row) = row else { break };
        let sold = Sold::from(&row);
        results.write(&sold)?;
        if !sold.is_done() {
            bar.suspend(|| output.progress(&sold));
        }
        bar.inc(1);
        bar.set_message(counted(rows.progress()));
    }
    bar.finish_and_clear();
    results.finish()?;
    let Progress { started, done, rejected, not_sent, .. } = rows.progress();
    // With what was left under way.
    let unknown = started.saturating_sub(done + rejected + not_sent);
    let report = Report { batch: name, out, done, rejected, not_sent, unknown, stopped: !at_end.get() };
    output.show(&report);
    Ok(report.code())
}

impl Args {
    fn name(&self) -> Result<String, Error> {
        match (&self.name, self.file.file_name()) {
            (Some(name), _) if name.trim().is_empty() => Err(Error::invalid("name", "name is empty; write one")),
            (Some(name), _) => Ok(name.clone()),
            (None, Some(name)) => Ok(name.to_string_lossy().into_owned()),
            (None, None) => Err(Error::invalid("name", "the file has no name to call the batch by; give --name")),
        }
    }
}

/// The file of the sales, and what its lines are read with.
struct Sheet {
    path: PathBuf,
    currency: Option<Currency>,
    inventory: Option<Arc<Inventory>>,
}

impl Sheet {
    fn of(args: &Args) -> Result<Self, Error> {
        let currency = args.currency.as_deref().map(str::parse::<Currency>).transpose()?;
        let inventory = args.inventory.as_deref().zip(currency).map(|(list, currency)| inventory(list, currency));
        Ok(Self { path: args.file.clone(), currency, inventory: inventory.transpose()?.map(Arc::new) })
    }

    fn sales(&self) -> Result<Sales<File>, Error> {
        let file = File::open(&self.path)
            .map_err(|e| Error::invalid("sales", format!("{} cannot be opened: {e}", self.path.display())))?;
        let sales = read_sales(file, self.currency)?;
        Ok(match &self.inventory {
            Some(inventory) => sales.with_inventory(Arc::clone(inventory)),
            None => sales,
        })
    }

    /// How many lines it has, where it can be read twice, and is no file of rounded numbers.
    fn look_through(&self) -> Result<Option<u64>, Error> {
        if !self.path.is_file() {
            return Ok(None);
        }
        let check = self.sales()?.check();
        check.rounded.map_or(Ok(Some(check.lines)), Err)
    }
}

/// On a terminal only.
fn bar(lines: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Some(lines) = lines {
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len}  {msg}  {eta} left") {
            bar.set_style(style);
        }
        bar.set_length(lines);
    }
    bar
}

fn counted(progress: Progress) -> String {
    let Progress { done, rejected, not_sent, unknown, .. } = progress;
    format!("{done} done, {rejected} rejected, {not_sent} not sent, {unknown} unknown")
}

impl Report {
    fn code(&self) -> u8 {
        match self {
            Self { unknown: 1.., .. } => exit::UNKNOWN,
            Self { rejected: 1.., .. } => exit::REJECTED,
            Self { not_sent: 1.., .. } | Self { stopped: true, .. } => exit::NOT_SENT,
            _ => exit::DONE,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch, out, done, rejected, not_sent, unknown, stopped } = self;
        let (style, word) = match (self.code(), stopped) {
            (exit::DONE, _) => (GOOD, "done"),
            (_, true) => (BAD, "stopped"),
            (_, false) => (BAD, "ended"),
        };
        write!(f, "{style}{word}{style:#} {done} done, {rejected} rejected, {not_sent} not sent, {unknown} unknown")?;
        let next = (*unknown > 0 || *not_sent > 0 || *stopped)
            .then(|| "run the same command again; it charges nothing twice".to_owned());
        pairs(f, &[("batch", Some(batch.clone())), ("each line", Some(out.display().to_string())), ("next", next)])
    }
}
