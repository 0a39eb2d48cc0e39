use crate::given::*;
use crate::place::{Place, promises};
use posa_core::journal::{Asker, Claim, Purpose, Settlement, State};

promises![
    an_ended_lease_is_taken_over,
    a_resumed_sale_tells_what_was_before,
    a_claim_that_was_taken_over_can_neither_send_nor_settle,
    an_attempt_extends_the_lease,
    an_attempt_keeps_the_claim_and_counts_nothing,
    an_ended_lease_that_nobody_took_over_may_still_settle,
    a_reversal_is_taken_over_too,
    a_claim_on_an_unknown_sale_is_worth_nothing,
    no_callers_clock_ends_a_lease_or_prolongs_it,
    what_was_signed_last_is_kept,
];

/// A lease that has ended as it begins.
const ENDED: jiff::Timestamp = NOW;

async fn an_ended_lease_is_taken_over(place: Place) {
    let (dead, next) = (place.open().await, place.open().await);
    claimed(dead.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, ENDED).await);
    let claim = begin(&*next, "Awssb1", CARD).await;
    assert_eq!(claim.fence, 2);
    assert!(claim.in_doubt(), "the dead till may have sent it");
    refused(dead.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, long()).await, "under way");
}

async fn a_resumed_sale_tells_what_was_before(place: Place) {
    let journal = place.open().await;
    let first = begin(&*journal, "Awssb1", CARD).await;
    let settlement = Settlement { note: Some("no answer".into()), ..Settlement::done(State::Unknown, 3, None) };
    journal.settle(&first, settlement, later(5)).await.unwrap();
    let claim = begin(&*journal, "Awssb1", CARD).await;
    let before = claim.before.unwrap();
    assert_eq!((before.state, before.attempts, before.fence), (State::Unknown, 3, 1));
    assert_eq!((before.note.as_deref(), before.updated_at), (Some("no answer"), later(5)));
}

async fn a_claim_that_was_taken_over_can_neither_send_nor_settle(place: Place) {
    let (dead, next) = (place.open().await, place.open().await);
    let lost = claimed(dead.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, ENDED).await);
    let claim = begin(&*next, "Awssb1", CARD).await;
    refused(dead.attempt(&lost, 2, NOW, long(), long()).await, "taken over");
    refused(dead.settle(&lost, Settlement::done(State::Rejected, 1, None), NOW).await, "taken over");
    next.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await.unwrap();
    refused(dead.settle(&lost, Settlement::done(State::Rejected, 1, None), NOW).await, "taken over");
    let row = row(&*dead, "Awssb1").await;
    assert_eq!((row.state, row.attempts), (State::Activated, 1));
}

async fn an_attempt_extends_the_lease(place: Place) {
    let (till, other) = (place.open().await, place.open().await);
    let claim = claimed(till.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, ENDED).await);
    till.attempt(&claim, 2, NOW, long(), long()).await.unwrap();
    refused(other.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, long()).await, "under way");
    assert_about(row(&*other, "Awssb1").await.lease_until.unwrap(), long());
}

async fn an_attempt_keeps_the_claim_and_counts_nothing(place: Place) {
    let journal = place.open().await;
    let claim = begin(&*journal, "Awssb1", CARD).await;
    for attempt in 2..5 {
        journal.attempt(&claim, attempt, NOW, long(), long()).await.unwrap();
    }
    let row = row(&*journal, "Awssb1").await;
    assert_eq!((row.state, row.fence, row.attempts), (State::Sending, claim.fence, 0));
    journal.settle(&claim, Settlement::done(State::Activated, 4, None), NOW).await.unwrap();
}

async fn an_ended_lease_that_nobody_took_over_may_still_settle(place: Place) {
    let journal = place.open().await;
    let claim = claimed(journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, NOW, ENDED).await);
    journal.settle(&claim, Settlement::done(State::Activated, 1, None), later(90)).await.unwrap();
    assert_eq!(row(&*journal, "Awssb1").await.state, State::Activated);
}

async fn a_reversal_is_taken_over_too(place: Place) {
    let (dead, next) = (place.open().await, place.open().await);
    sold(&*dead, "Awssb1", CARD, State::Activated).await;
    let lost =
        claimed(dead.begin_reversal(&id("Awssb1"), &card(CARD), Purpose::Return, Asker::Caller, NOW, ENDED).await);
    let claim = claimed(reverse(&*next, "Awssb1", Purpose::Return).await);
    assert_eq!(claim.before.as_ref().unwrap().state, State::Reversing);
    refused(dead.settle(&lost, Settlement::done(State::Activated, 1, None), NOW).await, "taken over");
    next.settle(&claim, Settlement::done(State::Deactivated, 1, None), NOW).await.unwrap();
}

async fn a_claim_on_an_unknown_sale_is_worth_nothing(place: Place) {
    let journal = place.open().await;
    let claim = Claim::new(&id("Awssb1"), long());
    refused(journal.attempt(&claim, 2, NOW, long(), long()).await, "taken over");
    refused(journal.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await, "taken over");
}

const MONTH: i64 = 30 * 24 * 3600;

async fn no_callers_clock_ends_a_lease_or_prolongs_it(place: Place) {
    let (till, other) = (place.open().await, place.open().await);
    begin(&*till, "Awssb1", CARD).await;
    claimed(till.begin_activation(&id("Awssb2"), &sale(OTHER_CARD), Asker::Caller, later(MONTH), later(MONTH)).await);
    for set_by in [MONTH, -MONTH] {
        let (now, until) = (later(set_by), later(set_by + 3600));
        refused(other.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, now, until).await, "under way");
        claimed(other.begin_activation(&id("Awssb2"), &sale(OTHER_CARD), Asker::Caller, now, now).await);
    }
}

async fn what_was_signed_last_is_kept(place: Place) {
    let journal = place.open().await;
    let claim = begin(&*journal, "Awssb1", CARD).await;
    let first = row(&*journal, "Awssb1").await;
    assert_eq!((first.asked_at, first.sent_at), (NOW, long()), "no later than the lease ends");
    journal.attempt(&claim, 2, later(-5), long(), later(7)).await.unwrap();
    let second = row(&*journal, "Awssb1").await;
    assert_eq!((second.asked_at, second.sent_at), (later(-5), later(7)), "the clock was 5 s ahead");
    let settlement = Settlement { sent_at: Some(later(9)), ..Settlement::done(State::Unknown, 2, None) };
    journal.settle(&claim, settlement, later(9)).await.unwrap();
    assert_eq!(row(&*journal, "Awssb1").await.sent_at, later(9));
    // Until it is known what a new claim sends, both may be the last.
    let recovering =
        journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Recovery, later(-90), later(-50)).await;
    let claim = claimed(recovering);
    let third = row(&*journal, "Awssb1").await;
    assert_eq!((third.asked_at, third.sent_at), (later(-5), later(9)), "recovery is nobody who asks");
    journal.settle(&claim, Settlement::done(State::Rejected, 1, None), later(10)).await.unwrap();
    let again = journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Caller, later(1), later(2)).await;
    claimed(again);
    let fourth = row(&*journal, "Awssb1").await;
    assert_eq!((fourth.asked_at, fourth.sent_at), (later(1), later(2)), "what was refused arrives no more");
}
