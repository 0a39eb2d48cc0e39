use super::{known, request_id};
use crate::exit;
use crate::output::{Output, Sale};
use crate::settings::Connection;
use posa_core::Error;

/// Note that somebody was told what came of a sale
///
/// posa transactions --untold lists the sales whose outcome nobody was told. Once a person has seen to one, this takes it
/// off that list.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The request ids of the sales
    #[arg(required = true)]
    request_ids: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: Args, output: &Output) -> Result<u8, Error> {
    let settings = args.connection.resolve()?;
    let partner = settings.partner_id()?;
    let ids = args.request_ids.iter().map(|id| request_id(id, &partner)).collect::<Result<Vec<_>, _>>()?;
    let client = settings.client(settings.kept_journal().await?)?;
    let mut sales = Vec::new();
    // All of them are known before the first is noted.
    for id in &ids {
        sales.push(known(&client, id).await?);
    }
    for sale in &sales {
        client.acknowledge(sale).await?;
        output.show(&Sale::from(sale));
    }
    Ok(exit::DONE)
}
