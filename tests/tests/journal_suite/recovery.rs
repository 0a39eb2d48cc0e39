use crate::given::*;
use crate::place::{Place, promises};
use posa_core::Error;
use posa_core::journal::{Asker, Begun, Journal, Purpose, Settlement, State};

promises![
    recovery_takes_up_a_sale_that_is_open,
    recovery_takes_up_a_reversal_that_is_open,
    recovery_leaves_a_sale_that_has_its_outcome,
    recovery_leaves_a_reversal_that_was_refused,
    recovery_begins_no_sale,
];

const PURPOSES: [Purpose; 2] = [Purpose::Return, Purpose::Void];

async fn activate(journal: &dyn Journal) -> Result<Begun, Error> {
    journal.begin_activation(&id("Awssb1"), &sale(CARD), Asker::Recovery, NOW, long()).await
}

async fn deactivate(journal: &dyn Journal, purpose: Purpose) -> Result<Begun, Error> {
    journal.begin_reversal(&id("Awssb1"), &card(CARD), purpose, Asker::Recovery, NOW, long()).await
}

async fn recovery_takes_up_a_sale_that_is_open(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Unknown).await;
    let claim = claimed(activate(&*journal).await);
    assert_eq!((claim.fence, claim.in_doubt()), (2, true));
    refused(activate(&*journal).await, "under way");
    refused(deactivate(&*journal, Purpose::Void).await, "under way");
    journal.settle(&claim, Settlement::done(State::Unknown, 1, None), NOW).await.unwrap();
    claimed(deactivate(&*journal, Purpose::Void).await);
    assert!(row(&*journal, "Awssb1").await.voided);
}

async fn recovery_takes_up_a_reversal_that_is_open(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    journal.settle(&claim, Settlement::done(State::Reversing, 1, None), NOW).await.unwrap();
    assert_eq!(claimed(deactivate(&*journal, Purpose::Return).await).fence, 3);
}

async fn recovery_leaves_a_sale_that_has_its_outcome(place: Place) {
    let journal = place.open().await;
    for outcome in [State::Rejected, State::Activated, State::Attention, State::Deactivated] {
        let claim = match outcome {
            State::Rejected | State::Activated => begin(&*journal, "Awssb1", CARD).await,
            _ => claimed(reverse(&*journal, "Awssb1", Purpose::Return).await),
        };
        journal.settle(&claim, Settlement::done(outcome, 1, None), NOW).await.unwrap();
        assert_eq!(settled(activate(&*journal).await).state, outcome);
        for purpose in PURPOSES {
            assert_eq!(settled(deactivate(&*journal, purpose).await).state, outcome);
        }
        let after = row(&*journal, "Awssb1").await;
        assert_eq!((after.state, after.fence), (outcome, claim.fence));
        assert!(!after.voided && after.lease_until.is_none());
    }
}

async fn recovery_leaves_a_reversal_that_was_refused(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    journal.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await.unwrap();
    for purpose in PURPOSES {
        assert_eq!(settled(deactivate(&*journal, purpose).await).state, State::Activated);
    }
}

async fn recovery_begins_no_sale(place: Place) {
    let journal = place.open().await;
    refused(activate(&*journal).await, "no sale with request id");
    for purpose in PURPOSES {
        refused(deactivate(&*journal, purpose).await, "no activation with request id");
    }
    assert!(journal.transaction(&id("Awssb1")).await.unwrap().is_none());
}
