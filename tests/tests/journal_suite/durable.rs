use crate::given::*;
use crate::place::{Place, durable_promises};
use posa_core::journal::{Asker, Filter, Purpose, Settlement, State};
use posa_core::model::Region;
use posa_core::{Endpoint, PartnerId};

durable_promises![
    what_was_answered_is_there_after_reopening,
    a_claim_outlives_the_journal_it_was_made_on,
    the_binding_is_there_after_reopening,
    history_tells_every_step_in_order,
    history_is_append_only,
    what_was_sold_never_changes,
    what_is_sent_changes_only_where_a_rejected_sale_begins_anew,
    history_keeps_what_a_sale_was_before_it_changed,
    a_sale_without_outcome_is_never_deleted,
];

async fn what_was_answered_is_there_after_reopening(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    sold(&*journal, "Awssb2", OTHER_CARD, State::Unknown).await;
    drop(journal);
    let journal = place.open().await;
    assert_eq!(row(&*journal, "Awssb1").await.state, State::Activated);
    refused(journal.begin_activation(&id("Awssb3"), &sale(OTHER_CARD), Asker::Caller, NOW, long()).await, "Awssb2");
    assert_eq!(journal.transactions(&Filter::default()).await.unwrap().len(), 2);
}

async fn a_claim_outlives_the_journal_it_was_made_on(place: Place) {
    let journal = place.open().await;
    let claim = begin(&*journal, "Awssb1", CARD).await;
    drop(journal);
    let journal = place.open().await;
    journal.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await.unwrap();
    assert_eq!(row(&*journal, "Awssb1").await.state, State::Activated);
}

async fn the_binding_is_there_after_reopening(place: Place) {
    let endpoint = Endpoint::custom("http://127.0.0.1:1", Region::NorthAmerica).unwrap();
    place.open().await.bind(&partner(), &endpoint).await.unwrap();
    let journal = place.open().await;
    refused(journal.bind(&PartnerId::new("Other").unwrap(), &endpoint).await, "belongs to partner Awssb");
}

async fn history_tells_every_step_in_order(place: Place) {
    let journal = place.open().await;
    let claim = begin(&*journal, "Awssb1", CARD).await;
    journal.attempt(&claim, 2, NOW, long(), long()).await.unwrap();
    journal.settle(&claim, Settlement::done(State::Unknown, 2, None), NOW).await.unwrap();
    let claim = begin(&*journal, "Awssb1", CARD).await;
    journal.settle(&claim, Settlement::done(State::Activated, 1, None), NOW).await.unwrap();
    let claim = claimed(reverse(&*journal, "Awssb1", Purpose::Return).await);
    journal.settle(&claim, Settlement::done(State::Deactivated, 1, None), NOW).await.unwrap();
    let told =
        place.sql("SELECT request_id || ' ' || fence || ' ' || event || ' ' || attempts FROM history ORDER BY seq");
    let expected = [
        "Awssb1 1 activate 0",
        "Awssb1 1 attempt 2",
        "Awssb1 1 unknown 2",
        "Awssb1 2 activate 2",
        "Awssb1 2 activated 3",
        "Awssb1 3 return 3",
        "Awssb1 3 deactivated 4",
    ];
    assert_eq!(told.unwrap(), expected);
}

async fn history_is_append_only(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    let mut attempts = vec!["DELETE FROM history", "UPDATE history SET event = 'rejected'"];
    if let Place::Postgres(_) = place {
        attempts.extend(["TRUNCATE history", "TRUNCATE history CASCADE"]);
    }
    for attempt in attempts {
        let error = place.sql(attempt).unwrap_err();
        assert!(error.contains("history is append-only"), "{attempt}: {error}");
    }
    assert_eq!(place.sql("SELECT event FROM history ORDER BY seq").unwrap(), ["activate", "activated"]);
}

async fn what_was_sold_never_changes(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Activated).await;
    for change in ["card = '1400000005567586'", "minor_units = 1", "request_id = 'Awssb2'", "currency = 'EUR'"] {
        let error = place.sql(&format!("UPDATE sale SET {change}")).unwrap_err();
        assert!(error.contains("what was sold never changes"), "{change}: {error}");
    }
}

async fn what_is_sent_changes_only_where_a_rejected_sale_begins_anew(place: Place) {
    let journal = place.open().await;
    let states = [State::Activated, State::Unknown, State::Deactivated, State::Attention, State::Rejected];
    for (n, state) in states.into_iter().enumerate() {
        sold(&*journal, &format!("Awssb{n}"), &format!("{:016}", 1_400_000_005_567_585 + n), state).await;
    }
    let begins = ", state = 'sending', fence = fence + 1";
    let refuse = |which: &str, begins: &str| {
        for change in ["checksum = '359'", "details = '{}'"] {
            let error = place.sql(&format!("UPDATE sale SET {change}{begins} WHERE {which}")).unwrap_err();
            assert!(error.contains("only when a rejected sale begins anew"), "{which}, {change}: {error}");
        }
    };
    for n in 0..4 {
        refuse(&format!("request_id = 'Awssb{n}'"), begins);
    }
    refuse("state = 'rejected'", "");
    refuse("state = 'rejected'", ", state = 'activated', fence = fence + 1");
    refuse("state = 'rejected'", ", state = 'sending'");
    assert!(place.sql("UPDATE sale SET voided = (1 = 1) WHERE state = 'rejected'").is_ok());
    refuse("state = 'rejected'", begins);
}

async fn history_keeps_what_a_sale_was_before_it_changed(place: Place) {
    let journal = place.open().await;
    let first = sale(&format!("{}359", &CARD[..16])).external_reference("order 6").unwrap();
    let claim = claimed(journal.begin_activation(&id("Awssb1"), &first, Asker::Caller, NOW, long()).await);
    journal.settle(&claim, Settlement::done(State::Rejected, 1, None), NOW).await.unwrap();
    begin(&*journal, "Awssb1", CARD).await;
    let told = place.sql("SELECT event || ' ' || coalesce(note, '') FROM history ORDER BY seq").unwrap();
    let expected = [
        "activate ",
        "rejected ",
        "activate changed: checksum, external_reference; it was refused with checksum 359 and \
         {\"external_reference\":\"order 6\"}",
    ];
    assert_eq!(told, expected);
    assert!(journal.check().await.unwrap().is_empty());
}

async fn a_sale_without_outcome_is_never_deleted(place: Place) {
    let journal = place.open().await;
    sold(&*journal, "Awssb1", CARD, State::Unknown).await;
    let mut attempts = vec!["DELETE FROM sale"];
    if let Place::Postgres(_) = place {
        attempts.push("TRUNCATE sale");
    }
    for attempt in attempts {
        let error = place.sql(attempt).unwrap_err();
        assert!(error.contains("never deleted"), "{attempt}: {error}");
    }
    assert_eq!(row(&*journal, "Awssb1").await.state, State::Unknown);
}
