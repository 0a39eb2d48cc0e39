use super::stop::or_stopped;
use super::{known, request_id};
use crate::exit;
use crate::output::{Output, Sale};
use crate::settings::Connection;
use posa_core::Error;

/// Give up a sale, whatever became of its activation
///
/// Records that the sale is given up, then deactivates its card with the original request id.
///
/// Where the gateway has not seen the activation it may still arrive: the outcome is then unknown (exit code 3), and
/// posa recover closes the sale once nothing can arrive any more, 32 minutes after it was last sent by the gateway's
/// time.
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
    let sale = or_stopped(client.void(&id), &id, &card).await?;
    output.show(&Sale::from(&sale));
    Ok(exit::DONE)
}
