use crate::exit;
use crate::output::{BAD, FAINT, GOOD, Output};
use crate::settings::{Connection, Settings, no_journal};
use posa_core::Error;
use posa_core::journal::{SqliteJournal, inspect};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

/// Copy, restore or check the journal
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Backup(Backup),
    Restore(Restore),
    Check(Check),
}

/// Copy the journal to a new file, while tills sell on
///
/// The copy is one file, which is checked, and a journal by itself. A journal in PostgreSQL is copied with pg_dump.
#[derive(clap::Args)]
struct Backup {
    /// The new file
    to: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

/// Make a copy the journal
///
/// Nothing is written over: move what is left of the old journal away first, its -wal and -shm too. A copy of another
/// partner or gateway is refused, and one that is damaged.
///
/// What was sold or returned after the copy was made is missing in it: run posa reconcile from then on.
#[derive(clap::Args)]
struct Restore {
    /// The copy; with a -wal beside it, that is taken in
    from: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

/// Look whether every entry can be read as it was written
///
/// Exit code 1 if not.
#[derive(clap::Args)]
struct Check {
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Report {
    journal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<String>,
    sales: u64,
    open: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    damage: Vec<String>,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let report = match args.what {
        What::Backup(args) => backup(&args.connection.resolve()?, &args.to).await?,
        What::Restore(args) => restore(args.connection.resolve()?, args.from).await?,
        What::Check(args) => check(&args.connection.resolve()?).await?,
    };
    output.show(&report);
    Ok(if report.damage.is_empty() { exit::DONE } else { exit::REJECTED })
}

async fn backup(settings: &Settings, to: &Path) -> Result<Report, Error> {
    let (name, journal) = (settings.journal_name()?, settings.kept_journal().await?);
    let copied = journal.backup(to).await;
    journal.close().await;
    copied?;
    let copy = shown(to);
    let found = inspect(&copy).await?;
    Ok(Report {
        journal: name,
        copy: Some(copy),
        sales: found.sales,
        open: found.open,
        until: None,
        damage: found.damage,
    })
}

async fn restore(settings: Settings, from: PathBuf) -> Result<Report, Error> {
    let to = settings.journal_file()?;
    let owner = settings.partner_id().and_then(|partner| Ok((partner, settings.endpoint()?))).ok();
    let (copy, journal) = (shown(&from), shown(&to));
    let restored = spawn_blocking(move || {
        SqliteJournal::restore(from, to, owner.as_ref().map(|(partner, endpoint)| (partner, endpoint)))
    });
    let stopped = |_| Error::configuration("runtime", "the runtime was shut down");
    let restored = restored.await.map_err(stopped)??;
    let until = restored.until.map(|at| at.to_string());
    Ok(Report { journal, copy: Some(copy), sales: restored.sales, open: restored.open, until, damage: Vec::new() })
}

async fn check(settings: &Settings) -> Result<Report, Error> {
    let name = settings.journal_name()?;
    let found = inspect(&name).await?;
    if !found.exists {
        return Err(no_journal(Path::new(&name)));
    }
    let journal = settings.journal_file().map_or_else(|_| "the PostgreSQL database".to_owned(), |file| shown(&file));
    Ok(Report { journal, copy: None, sales: found.sales, open: found.open, until: None, damage: found.damage })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { journal, copy, sales, open, until, damage } = self;
        let sound = damage.is_empty();
        let (style, word) = if sound { (GOOD, "sound") } else { (BAD, "damaged") };
        write!(f, "{style}{word}{style:#} {journal}: {sales} sales, {open} without an outcome")?;
        if let Some(copy) = copy {
            write!(f, "\n  {FAINT}copy{FAINT:#} {copy}")?;
        }
        if let Some(until) = until {
            write!(f, "\n  {FAINT}the last change in it is of {until}; what came later is missing: ")?;
            write!(f, "run posa reconcile from then on{FAINT:#}")?;
        }
        for line in damage {
            write!(f, "\n  {BAD}{line}{BAD:#}")?;
        }
        if !sound {
            write!(f, "\n  keep the file; restore a backup (posa journal restore) and compare: posa reconcile")?;
        }
        Ok(())
    }
}
