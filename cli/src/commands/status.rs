use super::stop::or_stopped;
use super::{card, request_id};
use crate::exit;
use crate::output::{Done, Output};
use crate::settings::Connection;
use posa_core::journal::NoJournal;
use posa_core::{Error, StatusCheck};
use std::sync::Arc;

/// Ask for the state of a card
///
/// Sends ActivationStatusCheck and prints the card's state: Activated, AwaitingActivation or Invalidated.
///
/// That a card is Activated does not prove that this request id did it; repeating the activation with the same id does.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The request id that the activation was sent with
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
    let mut request = StatusCheck::new(id.clone(), card.clone());
    if let Some(text) = &args.external_reference {
        request = request.external_reference(text)?;
    }
    let client = settings.client(Arc::new(NoJournal))?;
    let receipt = or_stopped(client.status(request), &id, &card).await?;
    output.show(&Done::from(&receipt));
    Ok(exit::DONE)
}
