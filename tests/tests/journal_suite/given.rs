use jiff::{SignedDuration, Timestamp};
use posa_core::journal::{Asker, Begun, Claim, Journal, Purpose, Settlement, State, Transaction};
use posa_core::{Activate, Amount, CardNumber, Currency, Error, ErrorKind, PartnerId, RequestId};
use std::fmt::Debug;

pub(crate) const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);
pub(crate) const CARD: &str = "1400000005567585358";
pub(crate) const OTHER_CARD: &str = "1400000005567586149";

/// So many seconds after [`NOW`].
pub(crate) fn later(seconds: i64) -> Timestamp {
    NOW.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

/// Where a lease ends that holds for as long as a test may take.
pub(crate) fn long() -> Timestamp {
    later(3600)
}

pub(crate) fn partner() -> PartnerId {
    PartnerId::new("Awssb").unwrap()
}

pub(crate) fn id(text: &str) -> RequestId {
    RequestId::new(text, &partner()).unwrap()
}

pub(crate) fn card(digits: &str) -> CardNumber {
    CardNumber::new(digits).unwrap()
}

pub(crate) fn sale(digits: &str) -> Activate {
    Activate::new(card(digits), Amount::new("25.00", Currency::Usd).unwrap())
}

pub(crate) fn claimed(begun: Result<Begun, Error>) -> Claim {
    match begun {
        Ok(Begun::Claimed(claim)) => claim,
        other => panic!("not claimed: {other:?}"),
    }
}

pub(crate) fn settled(begun: Result<Begun, Error>) -> Transaction {
    match begun {
        Ok(Begun::Settled(row)) => *row,
        other => panic!("not settled: {other:?}"),
    }
}

/// Refused by the rules, in words that hold `word`.
#[track_caller]
pub(crate) fn refused(outcome: Result<impl Debug, Error>, word: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert!(error.message().contains(word), "{:?} has no {word:?}", error.message());
}

/// Claims a sale of `digits` for an hour.
pub(crate) async fn begin(journal: &dyn Journal, name: &str, digits: &str) -> Claim {
    claimed(journal.begin_activation(&id(name), &sale(digits), Asker::Caller, NOW, long()).await)
}

/// Claims a sale and settles it as `state`, after one request.
pub(crate) async fn sold(journal: &dyn Journal, name: &str, digits: &str, state: State) {
    let claim = begin(journal, name, digits).await;
    journal.settle(&claim, Settlement::done(state, 1, None), NOW).await.unwrap();
}

/// Claims the reversal of a sale of [`CARD`] for an hour.
pub(crate) async fn reverse(journal: &dyn Journal, name: &str, purpose: Purpose) -> Result<Begun, Error> {
    journal.begin_reversal(&id(name), &card(CARD), purpose, Asker::Caller, NOW, long()).await
}

pub(crate) async fn row(journal: &dyn Journal, name: &str) -> Transaction {
    journal.transaction(&id(name)).await.unwrap().unwrap()
}

/// By a clock that may be another machine's.
#[track_caller]
pub(crate) fn assert_about(at: Timestamp, expected: Timestamp) {
    let apart = at.duration_since(expected).abs();
    assert!(apart < SignedDuration::from_secs(60), "{at} is {apart} from {expected}");
}
