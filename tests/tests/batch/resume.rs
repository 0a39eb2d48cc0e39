use crate::gateway::{Fault, Gateway};
use crate::till::{Going, digits, sale, till};
use crate::{all, outcome, places};
use jiff::{SignedDuration, Timestamp};
use posa_core::batch::BatchOptions;
use posa_core::engine::Clock;
use posa_core::journal::{Asker, Filter, Journal, MemoryJournal, NoJournal, SqliteJournal, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Of ten sales three are answered, two are applied and not answered, two are on their way, and the program dies.
fn die_in_the_middle(program: Runtime, gateway: &Gateway, journal: Arc<dyn Journal>) {
    program.block_on(async {
        let client = till(gateway, journal, Going::from_noon());
        gateway.let_through(3);
        for n in 3..5 {
            gateway.fault(&digits(n), Fault::NeverAnswered);
        }
        let mut rows = client.activate_many("november", (0..10).map(sale), places(4));
        for _ in 0..3 {
            rows.next().await.unwrap().outcome.unwrap();
        }
        while gateway.requests() < 7 {
            let _ = timeout(Duration::from_millis(1), rows.next()).await;
        }
    });
    drop(program);
    assert_eq!(gateway.charged().len(), 5);
    for n in 3..5 {
        gateway.fault(&digits(n), None);
    }
    gateway.open();
}

fn charged_once(gateway: &Gateway) {
    let mut charged = gateway.charged();
    charged.sort();
    assert_eq!(charged, (0..10).map(digits).collect::<Vec<_>>());
}

fn resume(journal: impl Fn() -> Arc<dyn Journal>, time: impl Fn() -> Runtime, later: SignedDuration) {
    let gateway = Gateway::default();
    die_in_the_middle(time(), &gateway, journal());
    time().block_on(async {
        let client = till(&gateway, journal(), Going::after(later));
        let rows = all(client.activate_many("november", (0..10).map(sale), places(4))).await;
        assert!(rows.iter().all(|row| outcome(row) == "done"), "{rows:?}");
        let known = rows.iter().filter(|row| row.outcome.as_ref().is_ok_and(|receipt| receipt.attempts == 0));
        assert_eq!(known.count(), 3, "what was answered before is answered from the journal");
        assert!(client.transactions(&Filter { open: true, ..Filter::default() }).await.unwrap().is_empty());
    });
    charged_once(&gateway);
}

fn kept_in_memory() -> impl Fn() -> Arc<dyn Journal> {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    move || Arc::clone(&journal)
}

#[test]
fn i8_a_batch_goes_on_after_a_crash_and_charges_each_card_once() {
    resume(kept_in_memory(), paused, SignedDuration::from_mins(1));
}

#[test]
fn i9_a_batch_resumed_at_once_waits_for_the_leases_of_the_program_that_died() {
    resume(kept_in_memory(), paused, SignedDuration::from_secs(2));
}

#[test]
fn i8_a_batch_goes_on_from_a_journal_that_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let open = || -> Arc<dyn Journal> { Arc::new(SqliteJournal::open(&path).unwrap()) };
    let real = || Builder::new_current_thread().enable_time().build().unwrap();
    resume(open, real, SignedDuration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn the_same_batch_again_sends_nothing() {
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::new(MemoryJournal::new()), Going::from_noon());
    let first = all(client.activate_many("november", (0..20).map(sale), BatchOptions::default())).await;
    let again = all(client.activate_many("november", (0..20).map(sale), BatchOptions::default())).await;
    assert_eq!(gateway.requests(), 20);
    assert!(again.iter().all(|row| row.outcome.as_ref().unwrap().attempts == 0));
    let ids = |rows: &[posa_core::batch::Row]| rows.iter().map(|row| row.request_id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&again));
}

#[tokio::test(start_paused = true)]
async fn i13_what_has_no_outcome_is_repeated_with_its_id() {
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::new(MemoryJournal::new()), Going::from_noon());
    gateway.fault(&digits(1), Fault::AnswerLost);
    let first = all(client.activate_many("november", (0..3).map(sale), BatchOptions::default())).await;
    assert_eq!(first.iter().map(outcome).collect::<Vec<_>>(), ["done", "OUTCOME_UNKNOWN", "done"]);
    gateway.fault(&digits(1), None);
    let again = all(client.activate_many("november", (0..3).map(sale), BatchOptions::default())).await;
    assert!(again.iter().all(|row| outcome(row) == "done"));
    assert_eq!(again[1].request_id, first[1].request_id);
    assert_eq!((gateway.charged().len(), gateway.requests()), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_asked_for_again() {
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::new(MemoryJournal::new()), Going::from_noon());
    gateway.fault(&digits(0), Fault::Refused("CardNumberNotFound"));
    let first = all(client.activate_many("november", [sale(0)], BatchOptions::default())).await;
    assert_eq!(outcome(&first[0]), "REJECTED");
    gateway.fault(&digits(0), None);
    let again = all(client.activate_many("november", [sale(0)], BatchOptions::default())).await;
    assert_eq!((outcome(&again[0]), &again[0].request_id), ("done", &first[0].request_id));
}

#[tokio::test(start_paused = true)]
async fn i33_a_line_that_was_corrected_is_what_recovery_sends() {
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::new(MemoryJournal::new()), Going::from_noon());
    let line = |checksum: &str| {
        let card = posa_core::CardNumber::new(&format!("{}{checksum}", digits(0))).unwrap();
        posa_core::Activate::new(card, posa_core::Amount::new("25.00", posa_core::Currency::Usd).unwrap())
    };
    gateway.fault(&digits(0), Fault::Refused("CardNumberCheckSumError"));
    let first = all(client.activate_many("november", [line("359")], BatchOptions::default())).await;
    assert_eq!(outcome(&first[0]), "REJECTED");
    gateway.fault(&digits(0), Fault::AnswerLost);
    let again = all(client.activate_many("november", [line("358")], BatchOptions::default())).await;
    assert_eq!((outcome(&again[0]), &again[0].request_id), ("OUTCOME_UNKNOWN", &first[0].request_id));
    gateway.fault(&digits(0), None);
    let recovered = client.recover(Default::default()).await.unwrap();
    assert_eq!(recovered.settled[0].state, State::Activated);
    assert_eq!(recovered.settled[0].card().checksum(), Some("358"));
    assert_eq!(gateway.cards().last(), Some(&format!("{}358", digits(0))), "and not the checksum that was refused");
}

#[tokio::test(start_paused = true)]
async fn i16_another_batch_is_another_sale_and_charges_no_card_again() {
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::new(MemoryJournal::new()), Going::from_noon());
    all(client.activate_many("november", (0..3).map(sale), BatchOptions::default())).await;
    let other = all(client.activate_many("december", (0..3).map(sale), BatchOptions::default())).await;
    assert!(other.iter().all(|row| outcome(row) == "ALREADY_ACTIVATED"), "{other:?}");
    assert_eq!(gateway.charged().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn without_a_journal_the_gateway_answers_the_same_ids() {
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::new(NoJournal), Going::from_noon());
    for _ in 0..2 {
        let rows = all(client.activate_many("november", (0..3).map(sale), BatchOptions::default())).await;
        assert!(rows.iter().all(|row| row.outcome.as_ref().unwrap().attempts == 1));
    }
    assert_eq!((gateway.charged().len(), gateway.requests()), (3, 6));
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        crate::till::NOON
    }
}

#[tokio::test(start_paused = true)]
async fn i11_an_attempt_elsewhere_that_does_not_end_is_no_refusal() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::clone(&journal), Still);
    let endless = client.batch_id("november", &sale(0));
    journal.begin_activation(&endless, &sale(0), Asker::Caller, crate::till::NOON, Timestamp::MAX).await.unwrap();
    let rows = all(client.activate_many("november", (0..2).map(sale), BatchOptions::default())).await;
    assert_eq!(rows.iter().map(outcome).collect::<Vec<_>>(), ["OUTCOME_UNKNOWN", "done"]);
    assert_eq!(rows[0].outcome.as_ref().unwrap_err().request_id(), Some(endless.as_str()));
    assert_eq!(client.transaction(&endless).await.unwrap().unwrap().state, State::Sending);
}
