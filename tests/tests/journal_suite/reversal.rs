use crate::given::*;
use crate::place::{Place, promises};
use posa_core::journal::{Asker, Purpose, Settlement, State};

promises![
    a_return_claims_an_activated_sale,
    only_what_was_activated_is_returned,
    a_return_of_another_card_is_refused,
    a_void_claims_an_undecided_sale_for_good,
    a_void_of_a_rejected_sale_is_settled,
    a_deactivated_sale_is_settled_for_whoever_asks_again,
    no_reversal_while_an_activation_may_run,
    no_activation_after_a_reversal_was_begun,
    a_sale_that_needs_attention_may_be_reversed_again,
    a_reversal_waits_while_its_card_is_in_another_sale,
    a_reversal_keeps_its_card,
];

async fn a_return_claims_an_activated_sale(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    assert_eq!((claim.fence, claim.before.as_ref().unwrap().state), (2, State::Activated));
    let reversing = row(&*journal, "Awssb1").await;
    assert_eq!((reversing.state, reversing.voided, reversing.attempts), (State::Reversing, false, 1));
    journal.settle(&claim, Settlement::done(State::Deactivated, 1, None), later(1)).await.unwrap();
    let row = row(&*journal, "Awssb1").await;
    assert_eq!((row.state, row.attempts, row.confirmed), (State::Deactivated, 2, true));
}

async fn only_what_was_activated_is_returned(place: Place) {
    let journal = place.open().await;
    refused(reverse(&*journal, "Awssb1", Purpose::Return).await, "no activation with request id");
    sold(&*journal, "Awssb1", CARD, State::Rejected).await;
    refused(reverse(&*journal, "Awssb1", Purpose::Return).await, "activated nothing");
    sold(&*journal, "Awssb1", CARD, State::Unknown).await;
    refused(reverse(&*journal, "Awssb1", Purpose::Return).await, "void it");
    assert_eq!(row(&*journal, "Awssb1").await.state, State::Unknown);
}

async fn a_return_of_another_card_is_refused(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let other =
        journal.begin_reversal(&id("Awssb1"), &card(OTHER_CARD), Purpose::Return, Asker::Caller, NOW, long()).await;
    refused(other, "...7585, not ...7586");
}

async fn a_void_claims_an_undecided_sale_for_good(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Unknown).await;
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Void).await);
    assert!(claim.in_doubt());
    let voided = row(&*journal, "Awssb1").await;
    assert_eq!((voided.state, voided.voided), (State::Reversing, true));
    journal.settle(&claim, Settlement::done(State::Rejected, 1, None), NOW).await.unwrap();
    assert!(row(&*journal, "Awssb1").await.voided);
    refused(journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, long()).await, "given up");
}

async fn a_void_of_a_rejected_sale_is_settled(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Rejected).await;
    assert_eq!(settled(reverse(&*journal, "Awssb1", Purpose::Void).await).state, State::Rejected);
}

async fn a_deactivated_sale_is_settled_for_whoever_asks_again(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    journal.settle(&claim, Settlement::done(State::Deactivated, 1, None), NOW).await.unwrap();
    for purpose in [Purpose::Return, Purpose::Void] {
        assert_eq!(settled(reverse(&*journal, "Awssb1", purpose).await).fence, 2);
    }
}

async fn no_reversal_while_an_activation_may_run(place: Place) {
    let (till, other) = (place.open().await, place.open().await);
    begin(&*till, "Awssb1", CARD).await;
    for purpose in [Purpose::Return, Purpose::Void] {
        refused(reverse(&*other, "Awssb1", purpose).await, "under way");
    }
}

async fn no_activation_after_a_reversal_was_begun(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    for state in [State::Reversing, State::Attention, State::Deactivated] {
        let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
        refused(journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, long()).await, "reversed");
        journal.settle(&claim, Settlement::done(state, 1, None), NOW).await.unwrap();
        refused(journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, long()).await, "reversed");
    }
}

async fn a_sale_that_needs_attention_may_be_reversed_again(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    journal.settle(&claim, Settlement::done(State::Attention, 1, None), NOW).await.unwrap();
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    assert_eq!((claim.fence, claim.before.as_ref().unwrap().state), (3, State::Attention));
}

async fn a_reversal_waits_while_its_card_is_in_another_sale(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    begin(&*journal, "Awssb2", CARD).await;
    refused(reverse(&*journal, "Awssb1", Purpose::Return).await, "Awssb2");
}

async fn a_reversal_keeps_its_card(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    refused(journal.begin_activation(&id("Awssb2"), &sale(CARD), Asker::Caller, NOW, long()).await, "Awssb1");
    journal.settle(&claim, Settlement::done(State::Deactivated, 1, None), NOW).await.unwrap();
    begin(&*journal, "Awssb2", CARD).await;
}
