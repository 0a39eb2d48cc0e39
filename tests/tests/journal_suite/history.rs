use crate::given::*;
use crate::place::{Place, promises};
use posa_core::journal::{Asker, HistoryEntry, Purpose, Settlement, State};
use posa_core::{Delivery, Error, ErrorKind};

promises![the_history_of_a_sale_tells_each_step_in_order, a_sale_that_is_not_known_has_no_history];

async fn the_history_of_a_sale_tells_each_step_in_order(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb2", OTHER_CARD, State::Activated).await;
    let claim = begin(&*journal, "Awssb1", CARD).await;
    journal.attempt(&claim, 2, later(6), long(), later(6)).await.unwrap();
    let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, "no answer in time");
    let error = error.with_transaction("Awssb1", "", 2);
    journal.settle(&claim, Settlement::failed(State::Unknown, &error), later(30)).await.unwrap();
    let again = journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, later(40), long()).await;
    journal.settle(&claimed(again), Settlement::done(State::Activated, 1, None), later(41)).await.unwrap();
    claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);

    let history = journal.history(&id("Awssb1")).await.unwrap();
    let told: Vec<_> = history.iter().map(|entry| (entry.event.as_str(), entry.attempts)).collect();
    let expected = [("activate", 0), ("attempt", 2), ("unknown", 2), ("activate", 2), ("activated", 3), ("return", 3)];
    assert_eq!(told, expected);
    let HistoryEntry { at, note, .. } = &history[2];
    assert_eq!((*at, note.as_deref()), (later(30), Some("no answer in time")));
    assert!(history.iter().enumerate().all(|(place, entry)| place == 2 || entry.note.is_none()), "{history:?}");
}

async fn a_sale_that_is_not_known_has_no_history(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb2", OTHER_CARD, State::Activated).await;
    assert!(journal.history(&id("Awssb1")).await.unwrap().is_empty());
}
