use super::card;
use super::moment::{Period, from_to};
use crate::exit;
use crate::output::{Csv, Output, Sale, hint};
use crate::settings::Connection;
use posa_core::Error;
use posa_core::journal::{Filter, Journal};
use std::io::{self, Write};
use std::sync::Arc;

/// Rows are read in pages of this size, so that memory does not grow with the journal.
const PAGE: usize = 1000;

/// List or export the sales of the journal
///
/// Prints the sales that the journal holds, oldest first; with --csv or --json every field of each.
///
/// It reads the journal alone: no key is needed and nothing is sent. Cards are shown by their last four digits.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only sales without an outcome
    #[arg(long)]
    open: bool,
    /// Only sales whose outcome nobody was told: the program ended first, or posa recover settled them
    #[arg(long, conflicts_with = "open")]
    untold: bool,
    #[command(flatten)]
    period: Period,
    /// Only sales of this card: 16 or 19 digits; - reads them from standard input
    #[arg(long, value_name = "CARD")]
    card: Option<String>,
    /// Only sales with exactly this external reference
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print CSV; a text that a spreadsheet would take for a formula has an apostrophe before it
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let (from, to) = from_to(&args.period)?;
    let card = args.card.as_deref().map(card).transpose()?;
    let settings = args.connection.resolve()?;
    let (partner, endpoint) = (settings.partner_id()?, settings.endpoint()?);
    let journal = settings.kept_journal().await?;
    journal.bind(&partner, &endpoint).await?;
    let filter =
        Filter { open: args.open, untold: args.untold, from, to, card, reference: args.reference, ..Filter::default() };
    let pages = Pages { journal, filter, left: args.limit.unwrap_or(usize::MAX) };
    match (args.csv, output.is_json()) {
        (true, _) => csv(pages, output).await,
        (false, true) => json(pages, output).await,
        (false, false) => text(pages, output).await,
    }?;
    Ok(exit::DONE)
}

struct Pages {
    journal: Arc<dyn Journal>,
    filter: Filter,
    left: usize,
}

impl Pages {
    /// The next sales, none at the end.
    async fn next(&mut self) -> Result<Vec<Sale>, Error> {
        let limit = self.left.min(PAGE);
        if limit == 0 {
            return Ok(Vec::new());
        }
        self.filter.limit = Some(limit);
        let page = self.journal.transactions(&self.filter).await?;
        self.left -= page.len().min(self.left);
        if let Some(last) = page.last() {
            self.filter.after = Some((last.started_at, last.request_id.clone()));
        }
        Ok(page.iter().map(Sale::from).collect())
    }
}

async fn text(mut pages: Pages, output: &Output) -> Result<(), Error> {
    let mut count = 0usize;
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            hint(format_args!("{count} sales"));
            return Ok(());
        }
        count += page.len();
        page.iter().for_each(|sale| output.progress(sale.line()));
    }
}

async fn csv(mut pages: Pages, output: &Output) -> Result<(), Error> {
    let mut csv = match Csv::new(io::stdout(), &Sale::COLUMNS) {
        Ok(csv) => csv,
        Err(e) => {
            output.exported(Err(e));
            return Ok(());
        }
    };
    loop {
        let page = pages.next().await?;
        let written = page.iter().try_for_each(|sale| csv.row(sale)).and_then(|()| csv.flush());
        let is_over = page.is_empty() || written.is_err();
        output.exported(written);
        if is_over {
            return Ok(());
        }
    }
}

/// One document on one line, written as it is read.
async fn json(mut pages: Pages, output: &Output) -> Result<(), Error> {
    let mut stdout = io::stdout();
    let mut separator = "{\"transactions\":[";
    loop {
        let page = pages.next().await?;
        let mut text = String::new();
        for sale in &page {
            text.push_str(separator);
            text.push_str(&serde_json::to_string(sale).unwrap_or_default());
            separator = ",";
        }
        if page.is_empty() {
            text = if separator == "," { "]}\n".to_owned() } else { format!("{separator}]}}\n") };
        }
        let written = stdout.write_all(text.as_bytes());
        let is_over = page.is_empty() || written.is_err();
        output.exported(written);
        if is_over {
            return Ok(());
        }
    }
}
