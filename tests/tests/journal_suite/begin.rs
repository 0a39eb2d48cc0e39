use crate::given::*;
use crate::place::{Place, promises};
use posa_core::journal::{Asker, Purpose, Settlement, State};
use posa_core::model::{SourceDetails, TransactionSource};
use posa_core::wire::{Format, Request, encode};
use posa_core::{Activate, Amount, Currency};

promises![
    a_new_sale_is_recorded_as_sending,
    a_claimed_id_is_refused_to_others,
    a_claimed_card_is_refused_to_other_ids,
    a_card_is_one_with_and_without_its_checksum,
    an_undecided_sale_keeps_its_card,
    a_sale_never_changes_its_card_or_amount,
    an_open_sale_never_changes_what_is_sent,
    a_rejected_sale_begins_anew_with_what_is_sent,
    a_sale_that_was_given_up_never_begins_anew,
    an_activated_sale_answers_a_repeat_with_what_was_sent,
    an_activated_sale_is_settled_for_whoever_asks_again,
    a_rejected_sale_may_be_tried_again_with_its_id,
    a_rejected_sale_frees_its_card,
    a_rejected_sale_cannot_return_to_a_card_that_another_took,
];

async fn a_new_sale_is_recorded_as_sending(place: Place) {
    let journal = place.open().await;
    assert!(journal.transaction(&id("Awssb1")).await.unwrap().is_none());
    let claim = begin(&*journal, "Awssb1", CARD).await;
    assert_eq!((claim.fence, claim.lease_until), (1, long()));
    assert!(claim.before.is_none() && !claim.in_doubt());
    let row = row(&*journal, "Awssb1").await;
    assert_eq!((&row.request_id, row.state, row.attempts, row.fence), (&id("Awssb1"), State::Sending, 0, 1));
    assert_eq!((row.started_at, row.updated_at), (NOW, NOW));
    assert_eq!((row.asked_at, row.sent_at), (NOW, long()));
    assert_about(row.lease_until.unwrap(), long());
    assert_eq!((row.card().digits(), row.amount().decimal()), (CARD, "25.00".to_owned()));
    assert!(!row.confirmed && !row.voided && row.retry_at.is_none() && row.expiration.is_none() && row.note.is_none());
}

async fn a_claimed_id_is_refused_to_others(place: Place) {
    let (till, other) = (place.open().await, place.open().await);
    begin(&*till, "Awssb1", CARD).await;
    let again = other.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, later(1), long()).await;
    refused(again, "under way");
    assert_eq!(row(&*till, "Awssb1").await.fence, 1);
}

async fn a_claimed_card_is_refused_to_other_ids(place: Place) {
    let (till, other) = (place.open().await, place.open().await);
    begin(&*till, "Awssb1", CARD).await;
    refused(other.begin_activation(&id("Awssb2"), &sale(CARD), Asker::Caller, later(1), long()).await, "Awssb1");
    assert!(other.transaction(&id("Awssb2")).await.unwrap().is_none());
    begin(&*other, "Awssb3", OTHER_CARD).await;
}

async fn a_card_is_one_with_and_without_its_checksum(place: Place) {
    let journal = place.open().await;
    begin(&*journal, "Awssb1", CARD).await;
    refused(journal.begin_activation(&id("Awssb2"), &sale(&CARD[..16]), Asker::Caller, NOW, long()).await, "Awssb1");
}

async fn an_undecided_sale_keeps_its_card(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Unknown).await;
    refused(
        journal.begin_activation(&id("Awssb2"), &sale(CARD), Asker::Caller, NOW, long()).await,
        "settle that sale first",
    );
}

async fn a_sale_never_changes_its_card_or_amount(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Unknown).await;
    refused(
        journal.begin_activation(&id("Awssb1"), &sale(OTHER_CARD), Asker::Caller, NOW, long()).await,
        "another card",
    );
    let dearer = Activate::new(card(CARD), Amount::new("26.00", Currency::Usd).unwrap());
    refused(journal.begin_activation(&id("Awssb1"), &dearer, Asker::Caller, NOW, long()).await, "25.00 USD");
    sold(&*journal, "Awssb2", OTHER_CARD, State::Rejected).await;
    for (changed, field) in [(sale(CARD), "card_number"), (sale_of(OTHER_CARD, "26.00"), "amount")] {
        let again = journal.begin_activation(&id("Awssb2"), &changed, Asker::Caller, NOW, long()).await;
        assert_eq!(again.unwrap_err().field(), Some(field), "not even after it was rejected");
    }
    assert_eq!(row(&*journal, "Awssb2").await.card().digits(), OTHER_CARD);
}

fn sale_of(digits: &str, decimal: &str) -> Activate {
    Activate::new(card(digits), Amount::new(decimal, Currency::Usd).unwrap())
}

/// The first sale but for one member each, by the member's name.
fn changed() -> Vec<(&'static str, Activate)> {
    let details = SourceDetails::builder("Store").build().unwrap();
    vec![
        ("checksum", sale(&format!("{}359", &CARD[..16]))),
        ("checksum", sale(&CARD[..16])),
        ("source", sale(CARD).source(TransactionSource::long("S1", "I1", details).unwrap())),
        ("program_id", sale(CARD).program_id("Program1").unwrap()),
        ("product_type", sale(CARD).product_type("bookPV").unwrap()),
        ("external_reference", sale(CARD).external_reference("order 7").unwrap()),
    ]
}

async fn an_open_sale_never_changes_what_is_sent(place: Place) {
    let journal = place.open().await;
    let claim = begin(&*journal, "Awssb1", CARD).await;
    let refuse = async |why| {
        for (field, changed) in changed() {
            let again = journal.begin_activation(&id("Awssb1"), &changed, Asker::Caller, NOW, long()).await;
            let error = again.unwrap_err();
            assert!(error.message().contains(field) && error.field() == Some(field), "{why}: {error:?}");
            assert!(!error.message().contains(CARD), "{error}");
        }
    };
    refuse("sending").await;
    journal.settle(&claim, Settlement::done(State::Unknown, 1, None), NOW).await.unwrap();
    refuse("unknown").await;
    let row = row(&*journal, "Awssb1").await;
    assert_eq!((row.card().digits(), row.external_reference(), row.fence), (CARD, None, 1));
}

async fn a_rejected_sale_begins_anew_with_what_is_sent(place: Place) {
    for (n, (field, changed)) in changed().into_iter().enumerate() {
        let name = format!("Awssb{n}");
        let journal = place.open().await;
        sold(&*journal, &name, CARD, State::Rejected).await;
        let recovery = journal.begin_activation(&id(&name), &changed, Asker::Recovery, NOW, long()).await;
        assert_eq!(settled(recovery).card().digits(), CARD, "recovery changes nothing");
        let again = journal.begin_activation(&id(&name), &changed, Asker::Caller, later(1), long()).await;
        let claim = claimed(again);
        assert_eq!((claim.fence, claim.in_doubt()), (2, false), "{field}");
        // Read by another till, from the disk.
        let row = row(&*place.open().await, &name).await;
        assert_eq!((row.state, row.started_at), (State::Sending, NOW), "{field}");
        assert_same(&row.sale, &changed);
        assert!(journal.check().await.unwrap().is_empty(), "{field}");
        journal.settle(&claim, Settlement::done(State::Rejected, 1, None), NOW).await.unwrap();
    }
}

/// They send the same bytes.
#[track_caller]
fn assert_same(sale: &Activate, other: &Activate) {
    let name = id("Awssb1");
    let body = |sale| String::from_utf8(encode(Request::Activate(sale, &name), &partner(), Format::Json)).unwrap();
    assert_eq!(body(sale), body(other));
}

async fn a_sale_that_was_given_up_never_begins_anew(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Unknown).await;
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Void).await);
    journal.settle(&claim, Settlement::done(State::Rejected, 1, None), NOW).await.unwrap();
    for (_, changed) in changed() {
        let again = journal.begin_activation(&id("Awssb1"), &changed, Asker::Caller, NOW, long()).await;
        refused(again, "given up");
    }
}

async fn an_activated_sale_answers_a_repeat_with_what_was_sent(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    for (field, changed) in changed() {
        let again = journal.begin_activation(&id("Awssb1"), &changed, Asker::Caller, NOW, long()).await;
        let known = settled(again);
        assert_eq!((known.card().digits(), known.fence), (CARD, 1), "{field}");
        assert_same(&row(&*journal, "Awssb1").await.sale, &sale(CARD));
    }
}

async fn an_activated_sale_is_settled_for_whoever_asks_again(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let known = settled(journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, later(1), long()).await);
    assert_eq!((known.state, known.fence, known.updated_at), (State::Activated, 1, NOW));
}

async fn a_rejected_sale_may_be_tried_again_with_its_id(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Rejected).await;
    let claim = begin(&*journal, "Awssb1", CARD).await;
    assert_eq!((claim.fence, claim.before.as_ref().unwrap().state), (2, State::Rejected));
    assert!(!claim.in_doubt());
    assert_eq!(row(&*journal, "Awssb1").await.state, State::Sending);
}

async fn a_rejected_sale_frees_its_card(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Rejected).await;
    begin(&*journal, "Awssb2", CARD).await;
}

async fn a_rejected_sale_cannot_return_to_a_card_that_another_took(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Rejected).await;
    begin(&*journal, "Awssb2", CARD).await;
    refused(journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, long()).await, "Awssb2");
}
