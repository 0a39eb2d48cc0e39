//! What only the SQLite journal promises; what every journal promises is in the journal suite.
#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

mod closing;
mod copies;
mod damage;
mod file;
mod left;
mod liveness;
mod pace;
mod runtimes;

use jiff::{SignedDuration, Timestamp};
use posa_core::journal::{Asker, Begun, Claim, Journal, SqliteJournal};
use posa_core::{Activate, Amount, CardNumber, Currency, RequestId};

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

fn later(seconds: i64) -> Timestamp {
    NOW.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn sale(card: &str) -> Activate {
    Activate::new(CardNumber::new(card).unwrap(), Amount::new("25.00", Currency::Usd).unwrap())
}

fn id(text: &str) -> RequestId {
    RequestId::recorded(text).unwrap()
}

async fn begin(journal: &SqliteJournal, name: &str, card: &str) -> Claim {
    match journal.begin_activation(&id(name), &sale(card), Asker::Caller, NOW, later(36)).await.unwrap() {
        Begun::Claimed(claim) => claim,
        Begun::Settled(row) => panic!("settled: {row:?}"),
    }
}
