use super::stop::or_stopped;
use super::{card, inventory, request_id};
use crate::exit;
use crate::output::{Done, Output};
use crate::settings::Connection;
use posa_core::journal::{CallersJournal, Journal};
use posa_core::model::{ShortForm, SourceDetails};
use posa_core::{Activate, Amount, Error, RequestId, TransactionSource};
use std::path::PathBuf;
use std::sync::Arc;

/// Activate a card
///
/// Sends ActivateGiftCard and waits for one of the three outcomes.
///
/// The sale is in the journal before the first byte leaves. After an unknown outcome (exit code 3) posa resolve settles
/// it. With --journal none keep the request id yourself, and repeat the command with it after an unknown outcome.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// 16 digits, or 19 with the checksum; - reads them from standard input, where a scanner types
    card: String,
    /// Decimal such as 25.00
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// ISO 4217 code such as USD
    currency: String,
    /// Your own id of the sale: begins with the partner id, 40 letters and digits at most [default: a new one]
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// For your own tracking, at most 100 characters
    #[arg(long, value_name = "TEXT")]
    external_reference: Option<String>,
    /// Resellers: the program id that Amazon approved
    #[arg(long, value_name = "ID")]
    program_id: Option<String>,
    /// Product vouchers: their type
    #[arg(long, value_name = "TYPE")]
    product_type: Option<String>,
    /// The list of cards in the amount's currency: the card must be in it, with this checksum and denomination
    #[arg(long, value_name = "LIST.csv")]
    inventory: Option<PathBuf>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    connection: Connection,
}

/// Where the sale happens: the long form with --source-details, the short form without.
#[derive(clap::Args)]
#[command(next_help_heading = "Store (transactionSource)")]
pub(super) struct Source {
    /// The store, at most 20 characters
    #[arg(long, value_name = "ID")]
    source_id: Option<String>,
    /// Its parent, at most 20 characters [default: the store again]
    #[arg(long, value_name = "ID", requires = "source_id")]
    institution_id: Option<String>,
    /// Long form: a JSON object with institutionName, at most 200 characters
    #[arg(long, value_name = "JSON", requires = "source_id")]
    source_details: Option<String>,
    /// Short form: the product's UPC
    #[arg(long, value_name = "UPC", requires = "source_id", conflicts_with = "source_details")]
    source_upc: Option<String>,
    /// Short form as two members instead of one `id` text
    #[arg(long, requires = "source_id", conflicts_with = "source_details")]
    source_two_members: bool,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let amount = Amount::new(&args.amount, args.currency.parse()?)?;
    let card = card(&args.card)?;
    if let Some(list) = &args.inventory {
        inventory(list, amount.currency())?.check_sale(&card, amount)?;
    }
    let settings = args.connection.resolve()?;
    let partner = settings.partner_id()?;
    let id = match &args.request_id {
        Some(text) => request_id(text, &partner)?,
        // Chosen here and not in the client, so that Ctrl-C can still name it.
        None => RequestId::generate(&partner)?,
    };
    let mut request = Activate::new(card.clone(), amount).request_id(id.clone());
    if let Some(source) = args.source.build()? {
        request = request.source(source);
    }
    if let Some(program_id) = &args.program_id {
        request = request.program_id(program_id)?;
    }
    if let Some(product_type) = &args.product_type {
        request = request.product_type(product_type)?;
    }
    if let Some(text) = &args.external_reference {
        request = request.external_reference(text)?;
    }
    let journal: Arc<dyn Journal> = match &args.request_id {
        // What was chosen just now was never sent.
        None if !settings.keeps_record() => Arc::new(CallersJournal),
        _ => settings.journal()?,
    };
    let client = settings.client(journal)?;
    let receipt = or_stopped(client.activate(request), &id, &card).await?;
    output.show(&Done::from(&receipt));
    Ok(exit::DONE)
}

impl Source {
    pub(super) fn build(&self) -> Result<Option<TransactionSource>, Error> {
        let Some(source) = &self.source_id else { return Ok(None) };
        let institution = self.institution_id.as_ref().unwrap_or(source);
        let shape = if self.source_two_members { ShortForm::TwoMembers } else { ShortForm::IdText };
        match &self.source_details {
            Some(details) => TransactionSource::long(source, institution, SourceDetails::from_json(details)?),
            None => TransactionSource::short_with(source, institution, self.source_upc.as_deref(), shape),
        }
        .map(Some)
    }
}
