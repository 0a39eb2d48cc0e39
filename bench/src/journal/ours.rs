use super::{Figures, Start, figures, file};
use crate::{Result, fixture};
use jiff::Timestamp;
use posa_core::journal::{Asker, Begun, Journal, Settlement, SqliteJournal, State};
use posa_core::model::Currency;
use posa_core::{Activate, Amount, CardNumber, PartnerId, RequestId};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

pub(super) fn measure(folder: &Path, callers: usize, length: Duration) -> Result<Figures> {
    let journal = Arc::new(SqliteJournal::open(file(folder))?);
    crate::runtime()?.block_on(async {
        let start = Start::now()?;
        let mut lanes = JoinSet::new();
        for lane in 0..callers {
            let journal = Arc::clone(&journal);
            lanes.spawn(async move {
                let (mut latencies, mut i) = (Vec::new(), lane as u64);
                while start.at.elapsed() < length {
                    let begun = Instant::now();
                    operation(&*journal, i).await?;
                    latencies.push(u64::try_from(begun.elapsed().as_nanos())?);
                    i += callers as u64;
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(latencies)
            });
        }
        let mut latencies = Vec::new();
        while let Some(lane) = lanes.join_next().await {
            latencies.extend(lane??);
        }
        let records = latencies.len() * 2;
        figures(latencies, records, start)
    })
}

/// What an activation asks of the journal: its intent and its outcome.
async fn operation(journal: &dyn Journal, i: u64) -> Result<()> {
    let id = RequestId::generate(&PartnerId::new(fixture::PARTNER)?)?;
    let sale = Activate::new(CardNumber::new(&fixture::card(i))?, Amount::new("25.00", Currency::Usd)?);
    let now = Timestamp::now();
    let Begun::Claimed(claim) = journal.begin_activation(&id, &sale, Asker::Caller, now, now).await? else {
        return Err("a new sale was found settled".into());
    };
    Ok(journal.settle(&claim, Settlement::done(State::Activated, 1, None), Timestamp::now()).await?)
}
