use crate::given::*;
use crate::place::{Place, promises};
use posa_core::journal::{Purpose, Settlement, State};
use posa_core::model::Expiration;

promises![
    a_settled_sale_has_its_outcome,
    every_state_is_kept,
    an_unknown_outcome_is_open_without_a_holder,
    attempts_add_up,
    a_confirmation_is_never_forgotten,
    an_expiration_stays_until_another_is_told,
    a_note_goes_with_the_next_outcome,
    the_time_of_the_next_try_is_kept,
    reversal_tries_count_up_and_start_again,
    looks_in_vain_count_as_tries,
];

async fn a_settled_sale_has_its_outcome(place: Place) {
    let journal = place.open().await;
    let claim = begin(&*journal, "Awssb1", CARD).await;
    let expiration = Expiration::new("Thu Jun 10 14:59:59 UTC 2032");
    journal.settle(&claim, Settlement::done(State::Activated, 2, Some(expiration.clone())), later(3)).await.unwrap();
    let row = row(&*journal, "Awssb1").await;
    assert_eq!((row.state, row.attempts, row.fence), (State::Activated, 2, 1));
    assert_eq!((row.started_at, row.updated_at, row.lease_until), (NOW, later(3), None));
    assert_eq!((row.expiration, row.confirmed), (Some(expiration), true));
}

async fn every_state_is_kept(place: Place) {
    let journal = place.open().await;
    for (n, state) in State::ALL.into_iter().enumerate() {
        let (name, digits) = (format!("Awssb{n}"), format!("{:016}", 1_400_000_005_567_585 + n));
        sold(&*journal, &name, &digits, state).await;
        assert_eq!(row(&*journal, &name).await.state, state);
    }
}

async fn an_unknown_outcome_is_open_without_a_holder(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Unknown).await;
    let row = row(&*journal, "Awssb1").await;
    assert!(row.state.is_open() && row.lease_until.is_none() && !row.confirmed);
    begin(&*journal, "Awssb1", CARD).await;
}

async fn attempts_add_up(place: Place) {
    let journal = place.open().await;
    for (sent, in_all) in [(3, 3), (2, 5), (u32::MAX, u32::MAX)] {
        let claim = begin(&*journal, "Awssb1", CARD).await;
        journal.settle(&claim, Settlement::done(State::Unknown, sent, None), NOW).await.unwrap();
        assert_eq!(row(&*journal, "Awssb1").await.attempts, in_all);
    }
}

async fn a_confirmation_is_never_forgotten(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    for state in [State::Reversing, State::Attention, State::Deactivated] {
        let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
        assert!(row(&*journal, "Awssb1").await.confirmed);
        journal.settle(&claim, Settlement::done(state, 1, None), NOW).await.unwrap();
        assert!(row(&*journal, "Awssb1").await.confirmed, "{state}");
    }
}

async fn an_expiration_stays_until_another_is_told(place: Place) {
    let journal = place.open().await;
    let told = |text| Some(Expiration::new(text));
    for (told, kept) in [(told("one"), "one"), (None, "one"), (told("two"), "two")] {
        let claim = begin(&*journal, "Awssb1", CARD).await;
        journal.settle(&claim, Settlement::done(State::Unknown, 1, told), NOW).await.unwrap();
        assert_eq!(row(&*journal, "Awssb1").await.expiration.unwrap().raw(), kept);
    }
}

async fn a_note_goes_with_the_next_outcome(place: Place) {
    let journal = place.open().await;
    for note in [Some("no answer: \u{1F4B3} \"quoted\" \\"), None] {
        let claim = begin(&*journal, "Awssb1", CARD).await;
        let settlement = Settlement { note: note.map(str::to_owned), ..Settlement::done(State::Unknown, 1, None) };
        journal.settle(&claim, settlement, NOW).await.unwrap();
        assert_eq!(row(&*journal, "Awssb1").await.note.as_deref(), note);
    }
}

async fn the_time_of_the_next_try_is_kept(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    let settlement = Settlement { retry_at: Some(later(900)), ..Settlement::done(State::Reversing, 1, None) };
    journal.settle(&claim, settlement, NOW).await.unwrap();
    assert_about(row(&*journal, "Awssb1").await.retry_at.unwrap(), later(900));
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    journal.settle(&claim, Settlement::done(State::Deactivated, 1, None), NOW).await.unwrap();
    assert_eq!(row(&*journal, "Awssb1").await.retry_at, None);
}

async fn reversal_tries_count_up_and_start_again(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let outcomes = [(State::Reversing, 1), (State::Reversing, 2), (State::Attention, 3), (State::Deactivated, 0)];
    for (state, tries) in outcomes {
        let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
        journal.settle(&claim, Settlement::done(state, 1, None), NOW).await.unwrap();
        assert_eq!(row(&*journal, "Awssb1").await.reversal_tries, tries, "{state}");
    }
}

async fn looks_in_vain_count_as_tries(place: Place) {
    let journal = place.open().await;
    for (retry_at, tries) in [(Some(later(30)), 1), (Some(later(60)), 2), (None, 0)] {
        let claim = begin(&*journal, "Awssb1", CARD).await;
        let settlement = Settlement { retry_at, ..Settlement::done(State::Unknown, 0, None) };
        journal.settle(&claim, settlement, NOW).await.unwrap();
        assert_eq!(row(&*journal, "Awssb1").await.reversal_tries, tries);
    }
}
