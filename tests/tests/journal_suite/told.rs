use crate::given::{CARD, OTHER_CARD, begin, id, later, row};
use crate::place::{Place, promises};
use posa_core::ErrorKind;
use posa_core::journal::{Filter, Journal, Settlement, State, Transaction};

promises![
    an_outcome_that_nobody_waits_for_is_listed,
    an_outcome_that_somebody_heard_is_listed_no_more,
    an_outcome_that_was_heard_is_listed_again_if_nobody_had_heard_it,
    only_the_outcome_of_that_fence_is_heard,
    a_sale_without_an_outcome_is_not_listed,
    untold_sales_are_read_page_by_page,
    a_claim_on_a_settled_sale_is_lost,
];

async fn sold(journal: &dyn Journal, id: &str, card: &str, state: State, told: bool) -> Transaction {
    let claim = begin(journal, id, card).await;
    journal.settle(&claim, Settlement { told, ..Settlement::done(state, 1, None) }, later(1)).await.unwrap();
    row(journal, id).await
}

async fn untold(journal: &dyn Journal) -> Vec<String> {
    let listed = journal.transactions(&Filter { untold: true, ..Filter::default() }).await.unwrap();
    assert!(listed.iter().all(Transaction::is_untold));
    listed.iter().map(|row| row.request_id.to_string()).collect()
}

async fn an_outcome_that_nobody_waits_for_is_listed(place: Place) {
    let journal = place.open().await;
    let told = sold(&*journal, "Awssb1", CARD, State::Activated, true).await;
    let rejected = sold(&*journal, "Awssb2", OTHER_CARD, State::Rejected, false).await;
    assert_eq!((told.told, rejected.told), (true, false));
    assert_eq!(untold(&*journal).await, ["Awssb2"]);
    drop(journal);
    assert_eq!(untold(&*place.open().await).await, ["Awssb2"], "another till sees it too");
}

async fn an_outcome_that_somebody_heard_is_listed_no_more(place: Place) {
    let journal = place.open().await;
    let before = sold(&*journal, "Awssb1", CARD, State::Activated, false).await;
    for _ in 0..2 {
        journal.note_told(&id("Awssb1"), before.fence, true, later(9)).await.unwrap();
    }
    assert!(untold(&*journal).await.is_empty());
    let after = row(&*journal, "Awssb1").await;
    assert!(after.told);
    assert_eq!(format!("{:?}", Transaction { told: false, ..after }), format!("{before:?}"), "nothing else changed");
    let history = journal.history(&id("Awssb1")).await.unwrap();
    let events: Vec<_> = history.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events, ["activate", "activated", "told"], "noted once");
    assert_eq!((history[2].at, history[2].attempts), (later(9), 1));
}

async fn an_outcome_that_was_heard_is_listed_again_if_nobody_had_heard_it(place: Place) {
    let journal = place.open().await;
    let row = sold(&*journal, "Awssb1", CARD, State::Activated, true).await;
    journal.note_told(&id("Awssb1"), row.fence, false, later(9)).await.unwrap();
    assert_eq!(untold(&*journal).await, ["Awssb1"]);
    assert!(journal.check().await.unwrap().is_empty());
}

async fn only_the_outcome_of_that_fence_is_heard(place: Place) {
    let journal = place.open().await;
    let first = sold(&*journal, "Awssb1", CARD, State::Rejected, false).await;
    let second = sold(&*journal, "Awssb1", CARD, State::Activated, false).await;
    assert!(first.fence < second.fence);
    journal.note_told(&id("Awssb1"), first.fence, true, later(9)).await.unwrap();
    journal.note_told(&id("AwssbOther"), first.fence, true, later(9)).await.unwrap();
    assert_eq!(untold(&*journal).await, ["Awssb1"]);
}

async fn a_sale_without_an_outcome_is_not_listed(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Rejected, false).await;
    let again = begin(&*journal, "Awssb1", CARD).await;
    assert!(untold(&*journal).await.is_empty(), "it has none yet");
    journal.note_told(&id("Awssb1"), again.fence, true, later(9)).await.unwrap();
    sold(&*journal, "Awssb2", OTHER_CARD, State::Unknown, false).await;
    assert!(untold(&*journal).await.is_empty());
    let both = Filter { open: true, untold: true, ..Filter::default() };
    assert!(journal.transactions(&both).await.unwrap().is_empty());
}

async fn untold_sales_are_read_page_by_page(place: Place) {
    let journal = place.open().await;
    for n in 0..5 {
        let digits = format!("{:016}", 1_400_000_005_567_585_u64 + n);
        sold(&*journal, &format!("Awssb{n}"), &digits, State::Activated, n == 2).await;
    }
    let mut filter = Filter { untold: true, limit: Some(3), ..Filter::default() };
    let page = journal.transactions(&filter).await.unwrap();
    assert_eq!(page.len(), 3);
    filter.after = page.last().map(|row| (row.started_at, row.request_id.clone()));
    assert_eq!(journal.transactions(&filter).await.unwrap().len(), 1);
}

async fn a_claim_on_a_settled_sale_is_lost(place: Place) {
    let journal = place.open().await;
    let claim = begin(&*journal, "Awssb1", CARD).await;
    let outcome = |state| Settlement::done(state, 1, None);
    journal.settle(&claim, outcome(State::Rejected), later(1)).await.unwrap();
    let twice = journal.settle(&claim, outcome(State::Activated), later(2)).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Conflict);
    let late = journal.attempt(&claim, 2, later(2), later(60), later(60)).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict);
    assert_eq!(row(&*journal, "Awssb1").await.state, State::Rejected);
}
