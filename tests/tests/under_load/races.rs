//! I9: two processes at once, on one id and on one card.

use posa_sandbox::Sandbox;
use posa_tests::books::{self, Book};
use posa_tests::till::{Account, Orders, Process, Recovery, Said, Sale, Then};
use posa_tests::{postgres, shop};
use std::collections::BTreeSet;
use std::path::Path;

const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn i9_two_processes_that_race_one_id_charge_once() {
    let folder = tempfile::tempdir().unwrap();
    let journals = [file(folder.path(), "one"), file(folder.path(), "one")];
    race(&journals, |round, _| Some(format!("Awssb{round}")), both_have_it).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_two_processes_that_race_one_id_on_postgres_charge_once() {
    let Some(database) = postgres::database().map(Book::database) else { return };
    race(&[database.clone(), database], |round, _| Some(format!("Awssb{round}")), both_have_it).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_two_processes_that_race_one_id_with_a_journal_each_charge_once() {
    let folder = tempfile::tempdir().unwrap();
    let journals = [file(folder.path(), "one"), file(folder.path(), "other")];
    race(&journals, |round, _| Some(format!("Awssb{round}")), |first, second| is_done(first) && is_done(second)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_of_two_processes_that_race_one_card_one_sells_it() {
    let folder = tempfile::tempdir().unwrap();
    let journals = [file(folder.path(), "one"), file(folder.path(), "one")];
    race(&journals, |round, till| Some(format!("Awssb{round}t{till}")), one_sells).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_of_two_processes_that_race_one_card_on_postgres_one_sells_it() {
    let Some(database) = postgres::database().map(Book::database) else { return };
    race(&[database.clone(), database], |_, _| None, one_sells).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_of_two_processes_that_race_one_card_with_a_journal_each_one_sells_it() {
    let folder = tempfile::tempdir().unwrap();
    let journals = [file(folder.path(), "one"), file(folder.path(), "other")];
    race(&journals, |_, _| None, one_sells).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_open_a_new_journal_at_once_all_open_it() {
    let (sandbox, folder) = (shop::open().await, tempfile::tempdir().unwrap());
    for round in 0..3 * ROUNDS {
        let journal = file(folder.path(), &round.to_string()).name;
        let tills: Vec<_> = (0..6).map(|_| start(&sandbox, &journal, Vec::new())).collect();
        for till in tills {
            assert_eq!(till.finish(), [Said::Open, Said::Closed]);
        }
    }
}

/// One does it; the other hears the same, or that it is under way.
fn both_have_it(first: &Said, second: &Said) -> bool {
    let fits = |said: &Said| match said {
        Said::Refused(kind, message) => kind == "CONFLICT" && message.contains("has an attempt under way"),
        said => is_done(said),
    };
    fits(first) && fits(second) && (is_done(first) || is_done(second))
}

fn one_sells(first: &Said, second: &Said) -> bool {
    let loses = |said: &Said| match said {
        Said::Rejected(_) => true,
        Said::Refused(kind, message) => kind == "CONFLICT" && message.contains("settle that sale first"),
        _ => false,
    };
    (is_done(first) && loses(second)) || (loses(first) && is_done(second))
}

fn is_done(said: &Said) -> bool {
    matches!(said, Said::Done(_))
}

fn file(folder: &Path, name: &str) -> Book {
    Book::file(folder.join(name).with_extension("db"))
}

/// Two tills get the word for each sale at once; `fits` judges what their cashiers heard.
async fn race(journals: &[Book; 2], id: fn(usize, usize) -> Option<String>, fits: fn(&Said, &Said) -> bool) {
    let sandbox = shop::open().await;
    (0..ROUNDS).for_each(|round| shop::add_card(&sandbox, &card(round)));
    let mut tills = [0, 1].map(|till| {
        let sales = (0..ROUNDS).map(|round| Sale { request_id: id(round, till), card: card(round), then: Then::Keep });
        start(&sandbox, &journals[till].name, sales.collect())
    });
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        tills.iter_mut().for_each(Process::go_on);
        let heard = tills.each_mut().map(outcome);
        assert!(fits(&heard[0], &heard[1]), "round {round}: {heard:?}");
        told.extend(heard);
    }
    for till in tills {
        till.finish();
    }
    let charges = sandbox.movements().unwrap().len();
    assert_eq!(charges, ROUNDS, "one charge a round");
    books::close(&sandbox, journals, &told, BTreeSet::new(), "race").await;
}

fn start(sandbox: &Sandbox, journal: &str, sales: Vec<Sale>) -> Process {
    let (account, journal) = (Account::at(sandbox), journal.to_owned());
    let orders = Orders { account, journal, recovery: Recovery::None, at_once: 1, in_step: true, sales };
    Process::start(env!("CARGO_BIN_EXE_till"), &orders)
}

fn outcome(till: &mut Process) -> Said {
    let is_outcome = |said: &Said| {
        matches!(said, Said::Done(_) | Said::Rejected(_) | Said::Unknown(_) | Said::Refused(..) | Said::Undone(_))
    };
    std::iter::from_fn(|| till.hear()).find(is_outcome).expect("a till says what became of a sale")
}

fn card(round: usize) -> String {
    format!("24{round:014}")
}
