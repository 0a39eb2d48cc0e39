use super::moment::{Period, from_to};
use crate::exit;
use crate::output::{Output, hint};
use crate::settings::Connection;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use posa_core::recovery::{self, Reason, RegisterSale, read_register};
use posa_core::{Currency, Error};
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// Compare the journal with the gateway and the register
///
/// Asks the gateway about each sale of the period that has its outcome, compares the journal with the register's list
/// where one is given, and prints what differs, and why. It changes nothing.
///
/// The gateway takes ten questions a second: 10,000 sales take 17 minutes. Exit code 0 if nothing differs, 3 if a sale
/// has no outcome or the gateway could not be asked about it, 1 for any other difference.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    period: Period,
    /// The register's sales: CSV with the columns card_number and amount; currency, request_id and sold_at are optional
    #[arg(long, value_name = "FILE")]
    register: Option<PathBuf>,
    /// The currency of the register's lines that name none
    #[arg(long, value_name = "CODE", requires = "register")]
    currency: Option<String>,
    /// The offset from UTC of the register's times that name none, such as +01:00
    #[arg(long, value_name = "OFFSET", requires = "register", allow_hyphen_values = true)]
    offset: Option<String>,
    /// Print CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    connection: Connection,
}

/// What is compared where no beginning is given.
const DAY: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let (from, to) = from_to(&args.period)?;
    let to = to.unwrap_or_else(Timestamp::now);
    let from = from.unwrap_or_else(|| to.checked_sub(DAY).unwrap_or(Timestamp::MIN));
    let period = recovery::Period::new(from, to)?;
    let register = args.register()?;
    let settings = args.connection.resolve()?;
    let client = settings.client(settings.kept_journal().await?)?;
    hint("asking the gateway about each sale, ten a second");
    let report = client.reconcile(period, register).await?;
    let written = |written: Result<(), Error>| written.map_err(|e| io::Error::other(e.message().to_owned()));
    match (args.csv, output.is_json()) {
        (true, _) => output.exported(written(report.write_csv(io::stdout()))),
        (false, true) => output.exported(written(report.write_json(io::stdout()))),
        (false, false) => output.progress(report.to_string().trim_end()),
    }
    let codes = report.differences.iter().map(|difference| match difference.reason {
        Reason::StillOpen | Reason::GatewayUnknown => exit::UNKNOWN,
        _ => exit::REJECTED,
    });
    Ok(codes.max().unwrap_or(exit::DONE))
}

impl Args {
    fn register(&self) -> Result<Option<Vec<RegisterSale>>, Error> {
        let Some(path) = &self.register else { return Ok(None) };
        let currency = self.currency.as_deref().map(str::parse::<Currency>).transpose()?;
        let offset = self.offset.as_deref().map(offset).transpose()?;
        let file = File::open(path)
            .map_err(|e| Error::invalid("register", format!("{} cannot be opened: {e}", path.display())))?;
        read_register(file, currency, offset).map(Some)
    }
}

fn offset(text: &str) -> Result<Offset, Error> {
    let read = BrokenDownTime::parse("%:z", text).ok().and_then(|time| time.offset());
    read.ok_or_else(|| Error::invalid("offset", "offset is no offset from UTC; write one such as +01:00"))
}
