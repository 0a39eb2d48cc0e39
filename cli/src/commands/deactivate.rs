use super::stop::or_stopped;
use super::{card, known, request_id};
use crate::exit;
use crate::output::{Done, Output};
use crate::settings::Connection;
use posa_core::{Deactivate, Error};

/// Put an activated card back into the inactive state
///
/// Sends DeactivateGiftCard and waits for one of the three outcomes.
///
/// The journal must have activated the card with this id. After an unknown outcome (exit code 3) repeat the command, or
/// let posa recover go on with it. With --journal none nothing checks that id and card belong together before the
/// gateway does.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The request id that the card was activated with
    request_id: String,
    /// 16 digits, or 19 with the checksum; - reads them from standard input [default: what the journal has]
    card: Option<String>,
    /// For your own tracking, at most 100 characters
    #[arg(long, value_name = "TEXT")]
    external_reference: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let given = args.card.as_deref().map(card).transpose()?;
    let settings = args.connection.resolve()?;
    let id = request_id(&args.request_id, &settings.partner_id()?)?;
    let client = settings.client(settings.journal()?)?;
    let card = match given {
        Some(card) => card,
        None if settings.keeps_record() => known(&client, &id).await?.card().clone(),
        None => return Err(Error::invalid("card_number", "card_number is missing; without a journal, give the card")),
    };
    let mut request = Deactivate::new(id.clone(), card.clone());
    if let Some(text) = &args.external_reference {
        request = request.external_reference(text)?;
    }
    let receipt = or_stopped(client.deactivate(request), &id, &card).await?;
    output.show(&Done::from(&receipt));
    Ok(exit::DONE)
}
