use super::stop::or_stopped;
use super::{known, request_id};
use crate::exit;
use crate::output::{Output, Sale};
use crate::settings::Connection;
use posa_core::Error;
use posa_core::journal::State;

/// Settle one sale whose outcome is unknown
///
/// Sends what the sale still needs, with the request id it has, and prints where it stands.
///
/// Its card is looked at first. If that is not active, it is activated if the sale was asked for in the last 32 minutes,
/// and the sale is closed as rejected once nothing that was sent can still arrive, by the gateway's time. A sale that has its outcome is printed as it is. Exit code 1: the card is not active by this sale, or
/// its reversal needs a person; 3: the outcome is still unknown.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The request id of the sale
    request_id: String,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let settings = args.connection.resolve()?;
    let id = request_id(&args.request_id, &settings.partner_id()?)?;
    let client = settings.client(settings.kept_journal().await?)?;
    let card = known(&client, &id).await?.card().clone();
    let sale = or_stopped(client.resolve(&id), &id, &card).await?;
    output.show(&Sale::from(&sale));
    Ok(if sale.state == State::Rejected { exit::REJECTED } else { exit::DONE })
}
