use super::file;
use crate::{Result, contenders, fixture};
use posa_core::journal::{Journal, SqliteJournal};
use posa_core::model::Region;
use posa_core::{Endpoint, PartnerId};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// Turns on each fresh journal: what a busy second and its queue have.
const TURNS: usize = 40;
const JOURNALS: usize = 10;
const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// What a request pays for its turn, the waiting aside: the median in microseconds.
pub(super) fn measure() -> Result<f64> {
    let mut microseconds = Vec::new();
    for _ in 0..JOURNALS {
        let folder = tempfile::tempdir_in(contenders::target())?;
        let journal = SqliteJournal::open(file(folder.path()))?;
        crate::runtime()?.block_on(async {
            let endpoint = Endpoint::custom("http://127.0.0.1:1", Region::NorthAmerica)?;
            journal.bind(&PartnerId::new(fixture::PARTNER)?, &endpoint).await?;
            for _ in 0..TURNS {
                let begun = Instant::now();
                journal.turn(TEN, Duration::from_secs(3600)).await?;
                microseconds.push(begun.elapsed().as_secs_f64() * 1e6);
            }
            journal.close().await;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        })?;
    }
    microseconds.sort_by(f64::total_cmp);
    Ok(microseconds.get(microseconds.len() / 2).copied().unwrap_or(f64::NAN))
}
