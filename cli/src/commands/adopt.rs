use super::stop::or_stopped;
use super::{card, request_id};
use crate::exit;
use crate::output::{Done, Output};
use crate::settings::Connection;
use posa_core::{Activate, Amount, Error};

/// Take a sale into the journal that was made without it
///
/// For a card that another client activated, or that was sold after a backup was made which was restored since. Its card
/// has to be active. Then the same activation is sent once more, which tells whether this id activated it, and charges
/// nothing. From here on the sale can be returned like any other.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The request id that the card was activated with
    request_id: String,
    /// 16 digits, or 19 with the checksum; - reads them from standard input, where a scanner types
    card: String,
    /// Decimal such as 25.00
    #[arg(allow_negative_numbers = true)]
    amount: String,
    /// ISO 4217 code such as USD
    currency: String,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let amount = Amount::new(&args.amount, args.currency.parse()?)?;
    let card = card(&args.card)?;
    let settings = args.connection.resolve()?;
    let id = request_id(&args.request_id, &settings.partner_id()?)?;
    // Like a sale, it may be what makes the journal.
    let journal = if settings.keeps_record() { settings.journal()? } else { settings.kept_journal().await? };
    let client = settings.client(journal)?;
    let sale = Activate::new(card.clone(), amount).request_id(id.clone());
    let receipt = or_stopped(client.adopt(sale), &id, &card).await?;
    output.show(&Done::from(&receipt));
    Ok(exit::DONE)
}
