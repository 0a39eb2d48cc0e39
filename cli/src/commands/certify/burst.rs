use posa_core::engine::Retry;
use posa_core::journal::NoJournal;
use posa_core::{CardNumber, Client, Error, ErrorKind, RequestId, StatusCheck};
use posa_sandbox::Sandbox;
use std::sync::Arc;

const REQUESTS: usize = 12;

/// Twelve requests at once to a sandbox whose second does not end; how many were answered and how many throttled.
pub(super) async fn burst() -> Result<String, Error> {
    let sandbox = Sandbox::start().await?;
    sandbox.freeze_clock(true);
    let client = Client::builder(sandbox.partner_id().clone(), sandbox.endpoint())
        .credentials(sandbox.credentials())
        .journal(Arc::new(NoJournal))
        .rate_limit(None)
        .retry(Retry { attempts: 1, ..Retry::default() })
        .build()?;
    let ready = sandbox.ready()?;
    let first = ready.cards.first().ok_or_else(|| Error::configuration("cards", "the sandbox has no cards"))?;
    let card = CardNumber::new(&first.card_number)?;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..REQUESTS {
        let check = StatusCheck::new(RequestId::generate(sandbox.partner_id())?, card.clone());
        let client = client.clone();
        asked.spawn(async move { client.status(check).await });
    }
    let results = asked.join_all().await;
    let answered = results.iter().filter(|result| result.is_ok()).count();
    let throttled = results.iter().filter_map(|result| result.as_ref().err());
    let throttled = throttled.filter(|error| error.kind() == ErrorKind::Throttled).count();
    sandbox.stop().await;
    Ok(format!("{answered} answered, {throttled} {}", ErrorKind::Throttled))
}
