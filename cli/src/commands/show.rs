use super::{card, request_id, unknown};
use crate::exit;
use crate::output::{FAINT, Output, Sale};
use crate::settings::Connection;
use posa_core::error::Cause;
use posa_core::journal::{Filter, HistoryEntry};
use posa_core::{CardNumber, Delivery, Error, ErrorKind};
use serde::Serialize;
use std::fmt;

/// Show a sale and what was done about it, step by step
///
/// Prints what the journal has of one sale, or of each sale of one card, with its history: what was about to be sent,
/// and what came of it.
///
/// It reads the journal alone: no key is needed and nothing is sent. The card is shown by its last four digits.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A request id, or a card: 16 or 19 digits; - reads them from standard input
    #[arg(value_name = "CARD|ID")]
    what: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Shown {
    sales: Vec<WithHistory>,
}

#[derive(Serialize)]
struct WithHistory {
    #[serde(flatten)]
    sale: Sale,
    history: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    at: String,
    event: String,
    attempts: u32,
    note: Option<String>,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let asked = (args.what == "-" || CardNumber::new(&args.what).is_ok()).then(|| card(&args.what)).transpose()?;
    let settings = args.connection.resolve()?;
    let (partner, endpoint) = (settings.partner_id()?, settings.endpoint()?);
    let id = if asked.is_none() { Some(request_id(&args.what, &partner)?) } else { None };
    let journal = settings.kept_journal().await?;
    journal.bind(&partner, &endpoint).await?;
    let rows = match (&asked, &id) {
        (_, Some(id)) => vec![journal.transaction(id).await?.ok_or_else(|| unknown(id))?],
        (card, None) => journal.transactions(&Filter { card: card.clone(), ..Filter::default() }).await?,
    };
    if let Some(card) = asked.filter(|_| rows.is_empty()) {
        let message = format!("the journal has no sale of card {card}");
        return Err(Error::new(ErrorKind::Conflict, Delivery::NotSent, message).because(Cause::UnknownId));
    }
    let mut sales = Vec::with_capacity(rows.len());
    for row in &rows {
        let history = journal.history(&row.request_id).await?;
        sales.push(WithHistory { sale: Sale::from(row), history: history.into_iter().map(Entry::from).collect() });
    }
    output.show(&Shown { sales });
    Ok(exit::DONE)
}

impl From<HistoryEntry> for Entry {
    fn from(entry: HistoryEntry) -> Self {
        let HistoryEntry { at, event, attempts, note } = entry;
        Self { at: at.to_string(), event, attempts, note }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, WithHistory { sale, history }) in self.sales.iter().enumerate() {
            let before = if place == 0 { "" } else { "\n\n" };
            write!(f, "{before}{sale}")?;
            for Entry { at, event, attempts, note } in history {
                let at = at.get(..19).unwrap_or(at);
                write!(f, "\n  {at}Z  {event:<11}  {attempts}")?;
                if let Some(note) = note {
                    write!(f, "  {FAINT}{note}{FAINT:#}")?;
                }
            }
        }
        Ok(())
    }
}
