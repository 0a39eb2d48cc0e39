//! The story that `posa demo` plays.

mod book;
mod killed;
mod report;

use crate::exit;
use crate::output::Output;
use book::{Book, Expected};
use posa_core::journal::{CallersJournal, Journal, MemoryJournal};
use posa_core::model::Operation;
use posa_core::{Activate, Amount, CardNumber, Client, Currency, Deactivate, Error, PartnerId, RequestId, StatusCheck};
use posa_sandbox::{Fault, FaultKind, Sandbox};
use report::Report;
use std::ffi::OsString;
use std::sync::Arc;

/// Tills against a gateway of their own: real signed requests over HTTP, and a ledger that is asked after each step.
///
/// `launcher` starts this program again, for a till that can be killed.
pub(super) async fn run(launcher: &[OsString], output: &Output) -> Result<u8, Error> {
    let sandbox = Sandbox::start().await?;
    output.progress(format_args!("A sandbox gateway listens at {}; tills send it signed requests.", sandbox.url()));
    let report = play(&sandbox, launcher, output).await?;
    sandbox.stop().await;
    output.show(&report);
    Ok(if report.ok { exit::DONE } else { exit::REJECTED })
}

async fn play(sandbox: &Sandbox, launcher: &[OsString], output: &Output) -> Result<Report, Error> {
    let partner = PartnerId::new(&sandbox.ready()?.partner_id)?;
    let [first_card, second_card, third_card] = cards(sandbox)?;
    let [first_id, other_id, second_id] =
        [RequestId::generate(&partner)?, RequestId::generate(&partner)?, RequestId::generate(&partner)?];
    let first_sale = Activate::new(first_card.clone(), Amount::new("25.00", Currency::Usd)?);
    let second_sale = Activate::new(second_card.clone(), Amount::new("50.00", Currency::Usd)?);
    let till = client(sandbox, &partner, Arc::new(MemoryJournal::new()))?;
    // It has no journal, so that what the first till knows already travels once more.
    let other_till = client(sandbox, &partner, Arc::new(CallersJournal))?;
    let mut book = Book::open(sandbox, output)?;

    let result = till.activate(first_sale.clone().request_id(first_id.clone())).await;
    book.enter(
        "activation",
        &result,
        &first_id,
        Expected { till: "Activated 25.00 USD", gateway: &["SUCCESS Activated"], charges: 1, refunds: 0, spent: 25_00 },
    )?;

    let result = other_till.activate(first_sale.clone().request_id(first_id.clone())).await;
    book.enter(
        "idempotent replay",
        &result,
        &first_id,
        Expected { till: "Activated 25.00 USD", gateway: &["SUCCESS Activated"], charges: 1, refunds: 0, spent: 25_00 },
    )?;

    let result = other_till.activate(first_sale.request_id(other_id.clone())).await;
    book.enter(
        "another request id",
        &result,
        &other_id,
        Expected {
            till: "ALREADY_ACTIVATED",
            gateway: &["F200 CardAlreadyActivatedWithDifferentRequestId"],
            charges: 0,
            refunds: 0,
            spent: 25_00,
        },
    )?;

    sandbox.inject(Fault::new(FaultKind::DropAfterCommit).on(Operation::Activate))?;
    let result = till.activate(second_sale.request_id(second_id.clone())).await;
    book.enter(
        "lost answer, same id",
        &result,
        &second_id,
        Expected {
            till: "Activated 50.00 USD, 2 attempts",
            gateway: &["SUCCESS Activated (lost)", "SUCCESS Activated"],
            charges: 1,
            refunds: 0,
            spent: 75_00,
        },
    )?;

    let result = till.status(StatusCheck::new(second_id.clone(), second_card.clone())).await;
    book.enter(
        "status check",
        &result,
        &second_id,
        Expected { till: "Activated", gateway: &["SUCCESS Activated"], charges: 1, refunds: 0, spent: 75_00 },
    )?;

    let result = till.deactivate(Deactivate::new(second_id.clone(), second_card)).await;
    book.enter(
        "deactivation",
        &result,
        &second_id,
        Expected {
            till: "AwaitingActivation",
            gateway: &["SUCCESS AwaitingActivation"],
            charges: 1,
            refunds: 1,
            spent: 25_00,
        },
    )?;
    let played = killed::play(sandbox, &mut book, &third_card, launcher).await?;
    book.close(played.err())
}

/// The first three cards whose amount the activation sets.
fn cards(sandbox: &Sandbox) -> Result<[CardNumber; 3], Error> {
    let ready = sandbox.ready()?;
    let mut open =
        ready.cards.iter().filter(|card| card.denomination.is_none() && card.currency == Currency::Usd.code());
    let mut card = || match open.next() {
        Some(card) => CardNumber::new(&format!("{}{}", card.card_number, card.checksum)),
        None => Err(Error::configuration("cards", "the sandbox has no three cards in USD without a denomination")),
    };
    Ok([card()?, card()?, card()?])
}

fn client(sandbox: &Sandbox, partner: &PartnerId, journal: Arc<dyn Journal>) -> Result<Client, Error> {
    Client::builder(partner.clone(), sandbox.endpoint()).credentials(sandbox.credentials()).journal(journal).build()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    async fn report(sandbox: &Sandbox) -> Report {
        play(sandbox, &[], &Output::new(true)).await.unwrap()
    }

    #[tokio::test]
    async fn a_fault_that_is_not_in_the_story_is_told() {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.inject(Fault::new(FaultKind::Duplicate).on(Operation::StatusCheck)).unwrap();
        sandbox
            .inject(
                Fault::new(FaultKind::Error { error_type: "DeactivationNotAllowed".into() }).on(Operation::Deactivate),
            )
            .unwrap();
        let report = report(&sandbox).await;
        assert!(!report.ok && report.ledger.agrees);
        let wrong: Vec<_> = report.steps.iter().filter(|step| !step.ok).map(|step| step.step).collect();
        assert_eq!(wrong, ["deactivation"]);
        let differences = &report.steps[5].differences;
        assert!(differences.contains(&"refunds: expected 1, came 0".to_owned()), "{differences:?}");
        assert!(format!("{report}").contains('✘'));
    }

    #[tokio::test]
    async fn a_program_that_cannot_start_itself_says_so() {
        for launcher in [&[][..], &["/nonexistent/posa".into()], &["false".into()]] {
            let sandbox = Sandbox::start().await.unwrap();
            let report = play(&sandbox, launcher, &Output::new(true)).await.unwrap();
            assert!(report.ok && report.steps.len() == 6 && report.left_out.is_some(), "{launcher:?}");
            assert!(report.to_string().contains("left out"));
            assert!(sandbox.faults().is_empty());
        }
    }

    #[tokio::test]
    async fn an_account_that_cannot_pay_is_told() {
        let sandbox = Sandbox::start().await.unwrap();
        let partner = sandbox.ready().unwrap().partner_id;
        sandbox.set_funds(&partner, "USD", "10.00").unwrap();
        let report = report(&sandbox).await;
        assert!(!report.ok && report.ledger.agrees);
        assert_eq!((report.steps[0].ok, report.steps[0].till.as_str()), (false, "INSUFFICIENT_FUNDS"));
        assert_eq!(report.ledger.after, "10.00");
    }
}
