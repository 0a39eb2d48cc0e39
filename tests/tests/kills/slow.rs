//! A till that is stopped beyond its lease and then goes on, while another one recovers: both may be at the same sale.

use crate::run::{seed, shop};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use posa_core::engine::Clock;
use posa_core::recovery::{Recover, Unfinished};
use posa_sandbox::{Fault, FaultKind, Sandbox};
use posa_tests::books::{self, Book};
use posa_tests::postgres;
use posa_tests::shop::add_card;
use posa_tests::till::{Account, Orders, Process, Recovery, Said, Sale, Then};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A till's lease is of three seconds here.
const LEASE: Duration = Duration::from_millis(3_050);
const LEASE_IS_OVER: SignedDuration = SignedDuration::from_secs(10);

struct Ahead;

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::now() + LEASE_IS_OVER
    }
}

#[test]
fn i9_a_till_that_was_stopped_beyond_its_lease_agrees_with_whoever_recovered_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    // In a file a lease ends by the machine's uptime, which no test can set.
    stop_and_compare(Book::file(folder.path().join("till.db")), 12, |_| thread::sleep(LEASE));
}

#[test]
fn i9_a_till_that_was_stopped_beyond_its_lease_agrees_with_whoever_recovered_on_postgres() {
    let Some(database) = postgres::database() else { return };
    stop_and_compare(Book::database(database), 100, |book| book.let_time_pass(LEASE_IS_OVER));
}

/// Stops so many tills at least, and goes on until till and recovery have come first and second, each way.
fn stop_and_compare(book: Book, stops: u32, end_leases: impl Fn(&Book)) {
    let (runtime, sandbox) = shop();
    let recovering = runtime.block_on(async {
        let journal = posa_core::journal::open(&book.name).unwrap();
        Account::at(&sandbox).client(journal).unwrap().clock(Arc::new(Ahead)).build().unwrap()
    });
    let mut random = Rng::with_seed(seed());
    let mut told = Vec::new();
    let words: [fn(&Said) -> bool; 3] = [
        |said| matches!(said, Said::Done(_)),
        |said| matches!(said, Said::Rejected(_)),
        |said| matches!(said, Said::Unknown(_)),
    ];
    let heard = |told: &[Said]| words.map(|word| told.iter().filter(|said| word(said)).count());
    for number in 0..stops * 8 {
        if number >= stops && heard(&told).iter().all(|times| *times > 0) {
            break;
        }
        let mut till = Process::start(env!("CARGO_BIN_EXE_till"), &orders(&sandbox, &book, number));
        while let Some(said) = till.hear() {
            told.push(said);
            if matches!(told.last(), Some(Said::Sending(_))) {
                break;
            }
        }
        till.stop();
        end_leases(&book);
        let unfinished = if random.bool() { Unfinished::Void } else { Unfinished::Complete };
        let how = Recover { unfinished, ..Recover::default() };
        let [recovers_after, wakes_after] = [(); 2].map(|()| Duration::from_micros(random.u64(..5_000)));
        thread::scope(|scope| {
            // Which of them comes first is the subject here; nothing waits for anything.
            let recovery = scope.spawn(|| {
                thread::sleep(recovers_after);
                runtime.block_on(recovering.recover(how))
            });
            thread::sleep(wakes_after);
            till.wake();
            told.extend(till.finish());
            recovery.join().unwrap().unwrap();
        });
    }
    let heard = heard(&told);
    println!("{stops} stops or more from seed {}: {heard:?} done, rejected, unknown", seed());
    assert!(heard.iter().all(|times| *times > 0), "the tills and recovery never met");
    let about = format!("POSA_SEED={}", seed());
    runtime.block_on(books::close(&sandbox, &[book], &told, BTreeSet::new(), &about));
}

/// One sale; every other one is refused, once.
fn orders(sandbox: &Sandbox, book: &Book, number: u32) -> Orders {
    let card = crate::life::card(9, number);
    add_card(sandbox, &card);
    if number.is_multiple_of(2) {
        let refusal = FaultKind::Error { error_type: "InsufficientFunds".into() };
        sandbox.inject(Fault::new(refusal).card(&card)).unwrap();
    }
    let sale = Sale { request_id: Some(format!("Awssb9x{number}")), card, then: Then::Keep };
    Orders {
        account: Account::at(sandbox),
        journal: book.name.clone(),
        recovery: Recovery::None,
        at_once: 1,
        in_step: false,
        sales: vec![sale],
    }
}
