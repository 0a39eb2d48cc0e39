use super::stop::or_stopped;
use super::{card, request_id};
use crate::exit;
use crate::output::{Done, Output};
use crate::settings::Connection;
use posa_core::{Deactivate, Error};

/// Put an activated card back into the inactive state
///
/// Sends DeactivateGiftCard and waits for one of the three outcomes.
///
/// No record is kept here, so nothing checks that this id and card belong together before the gateway does. After an
/// unknown outcome (exit code 3) repeat the command as it was.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The request id that the card was activated with
    request_id: String,
    /// 16 digits, or 19 with the checksum; - reads them from standard input
    card: String,
    /// For your own tracking, at most 100 characters
    #[arg(long, value_name = "TEXT")]
    external_reference: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let card = card(&args.card)?;
    let settings = args.connection.resolve()?;
    let id = request_id(&args.request_id, &settings.partner_id()?)?;
    let mut request = Deactivate::new(id.clone(), card.clone());
    if let Some(text) = &args.external_reference {
        request = request.external_reference(text)?;
    }
    let client = settings.client()?;
    let receipt = or_stopped(client.deactivate(request), &id, &card).await?;
    output.show(&Done::from(&receipt));
    Ok(exit::DONE)
}
