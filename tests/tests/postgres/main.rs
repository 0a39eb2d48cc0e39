//! What only the PostgreSQL journal promises; what every journal promises is in the journal suite.
#![cfg(unix)]
#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

mod address;
mod clock;
mod connections;
mod damaged;
mod failover;
mod inspect;
mod late;
mod limits;
mod lost_answer;
mod pooler;
mod proxy;
mod schema;
mod tls;
mod turns;

use jiff::{SignedDuration, Timestamp};
use posa_core::journal::{Asker, Begun, Claim, Journal, PostgresJournal};
use posa_core::{Activate, Amount, CardNumber, Currency, Error, RequestId};

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);
const CARD: &str = "1400000005567585358";

fn later(seconds: i64) -> Timestamp {
    NOW.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn id(text: &str) -> RequestId {
    RequestId::recorded(text).unwrap()
}

fn card() -> CardNumber {
    CardNumber::new(CARD).unwrap()
}

/// By a till whose clock says `now`; its lease ends at `until` on that clock.
async fn begin(journal: &PostgresJournal, name: &str, now: Timestamp, until: Timestamp) -> Result<Claim, Error> {
    let sale = Activate::new(card(), Amount::new("25.00", Currency::Usd).unwrap());
    match journal.begin_activation(&id(name), &sale, Asker::Caller, now, until).await? {
        Begun::Claimed(claim) => Ok(claim),
        Begun::Settled(row) => panic!("settled: {row:?}"),
    }
}
