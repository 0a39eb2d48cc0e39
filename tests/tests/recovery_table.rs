//! `docs/recovery.md` says what the code does, and nothing else.
#![allow(clippy::panic, clippy::unwrap_used)]

use jiff::{SignedDuration, Timestamp};
use posa_core::engine::{Class, REFUSALS, Tells};
use posa_core::journal::{State, Transaction};
use posa_core::recovery::{Look, Plan, Policy};
use posa_core::{Activate, Amount, CardNumber, CardStatus, Currency, RequestId};

/// The rows of the table in the document whose heading begins so.
fn table(heading: &str) -> Vec<Vec<String>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recovery.md");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .skip_while(|line| !line.starts_with(heading))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

#[test]
fn recovery_table_is_what_the_code_does() {
    let written = table("| class |");
    assert_eq!(written.len(), Class::ALL.len());
    for (row, class) in written.iter().zip(Class::ALL) {
        let yes = |flag| if flag { "yes" } else { "no" };
        let (kind, delivery) = class.ends_in();
        let code = [
            format!("{class:?}"),
            row[1].clone(),
            yes(class.retries()).to_owned(),
            yes(class.leaves_unknown()).to_owned(),
            if class.tells_of_earlier() { "by type".to_owned() } else { "no".to_owned() },
            kind.name().to_owned(),
            format!("{delivery:?}"),
        ];
        assert_eq!(*row, code, "the row of {class:?}");
    }
}

#[test]
fn refusals_tell_of_earlier_attempts_what_the_code_says() {
    let code = REFUSALS.map(|(tells, operations, names)| {
        let tells = match tells {
            Tells::NoneEver => "none ever",
            Tells::NoneYet => "none yet",
            Tells::OneMay => "one may",
            Tells::Nothing => "nothing",
        };
        let operations: Vec<_> = operations.iter().map(|operation| operation.name()).collect();
        vec![tells.to_owned(), operations.join(", "), names.join(", ")]
    });
    assert_eq!(table("| tells |"), code);
}

/// A sale that was asked for, and sent, so many minutes ago.
fn row(state: State, minutes: i64, now: Timestamp) -> Transaction {
    let sale = Activate::new(CardNumber::new("1400000005567585").unwrap(), Amount::new("25", Currency::Usd).unwrap());
    let sent = now.checked_sub(SignedDuration::from_mins(minutes)).unwrap();
    let mut row = Transaction::begin(&RequestId::recorded("Awssb1").unwrap(), &sale, sent, sent);
    row.state = state;
    row.lease_until = None;
    row
}

#[test]
fn recovery_plan_is_what_the_code_does() {
    let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let soon = now.checked_add(SignedDuration::from_secs(9)).unwrap();
    let written = table("| state | when | plan |");
    let states = |at: usize| -> Vec<State> {
        let decided = [State::Activated, State::Rejected, State::Deactivated, State::Attention];
        match written[at][0].as_str() {
            "any other" => State::ALL.into_iter().filter(|state| !decided.contains(state)).collect(),
            names => {
                State::ALL.into_iter().filter(|state| names.split(", ").any(|name| name == state.name())).collect()
            }
        }
    };
    let plans: Vec<&str> = written.iter().map(|row| row[2].as_str()).collect();
    assert_eq!(plans, ["nothing", "wait", "reverse", "activate again", "look first"]);
    assert_eq!((states(0).len(), states(1).len(), states(2).len(), states(3).len()), (4, 3, 1, 2));
    let plan = |row: &Transaction| Policy::default().plan(row, now, false);
    for state in states(0) {
        assert_eq!(plan(&Transaction { lease_until: Some(soon), ..row(state, 1, now) }), Plan::Nothing);
    }
    for state in states(1) {
        assert_eq!(plan(&Transaction { lease_until: Some(soon), ..row(state, 99, now) }), Plan::Wait(soon));
        assert_eq!(plan(&Transaction { retry_at: Some(soon), ..row(state, 99, now) }), Plan::Wait(soon));
    }
    for state in states(2) {
        assert_eq!(plan(&row(state, 1, now)), Plan::Reverse);
        assert_eq!(plan(&row(state, 99, now)), Plan::Reverse);
    }
    for state in states(3) {
        assert_eq!(Policy::default().plan(&row(state, 31, now), now, true), Plan::ActivateAgain);
        assert_eq!(plan(&row(state, 31, now)), Plan::LookFirst);
    }
}

#[test]
fn recovery_of_what_was_looked_at_is_what_the_code_does() {
    let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let ago = |minutes| now.checked_sub(SignedDuration::from_mins(minutes)).unwrap();
    let look = |card: CardStatus, asked: i64, signed: i64, date: Option<Timestamp>| {
        let row = Transaction { asked_at: ago(asked), sent_at: ago(signed), ..row(State::Unknown, 0, now) };
        Policy::default().after_look(&row, &card, date)
    };
    let inactive = |asked, signed| look(CardStatus::AwaitingActivation, asked, signed, Some(now));
    let written: Vec<_> = table("| the card |").into_iter().map(|row| row[2].clone()).collect();
    assert_eq!(written, ["activate again", "activate again", "rejected", "wait", "undecided", "undecided"]);
    assert_eq!(look(CardStatus::Activated, 99, 99, None), Look::ActivateAgain);
    assert_eq!(inactive(31, 31), Look::ActivateAgain);
    assert_eq!((inactive(32, 32), inactive(-99, 32)), (Look::Close, Look::Close));
    assert_eq!(inactive(32, 31), Look::Wait(SignedDuration::from_mins(1)));
    assert_eq!(inactive(99, -120), Look::Wait(SignedDuration::from_mins(152)));
    assert_eq!(inactive(99, -121), Look::Undecided);
    assert_eq!(look(CardStatus::AwaitingActivation, 99, 99, None), Look::Undecided);
}
