//! A connection that breaks before or after the commit, at each answer in turn: every step is taken exactly once.

use crate::proxy::Proxy;
use crate::{NOW, begin, card, id, later};
use posa_core::journal::{Asker, Begun, Claim, Journal, PostgresJournal, Purpose, Settlement, State};
use posa_core::{Delivery, ErrorKind};
use posa_tests::postgres::{self, Database};

#[tokio::test]
async fn a_sale_is_begun_once() {
    each_answer_lost(async |till, database| {
        let claim = begin(&till.through_proxy, "Awssb1", NOW, later(60)).await.unwrap();
        assert_eq!((claim.fence, claim.in_doubt()), (1, false), "nothing was sent before");
        assert_eq!(history(database), "activate");
        settle(&till.direct, &claim, State::Activated).await;
    })
    .await;
}

#[tokio::test]
async fn a_dead_tills_sale_is_taken_over_once() {
    each_answer_lost(async |till, database| {
        begin(&till.direct, "Awssb1", NOW, NOW).await.unwrap();
        let claim = begin(&till.through_proxy, "Awssb1", NOW, later(60)).await.unwrap();
        assert_eq!((claim.fence, claim.in_doubt()), (2, true));
        assert_eq!(history(database), "activate activate");
        settle(&till.direct, &claim, State::Activated).await;
    })
    .await;
}

#[tokio::test]
async fn a_reversal_is_begun_once() {
    each_answer_lost(async |till, database| {
        let sold = begin(&till.direct, "Awssb1", NOW, later(60)).await.unwrap();
        settle(&till.direct, &sold, State::Activated).await;
        let begun = till
            .through_proxy
            .begin_reversal(&id("Awssb1"), &card(), Purpose::Return, Asker::Caller, NOW, later(60))
            .await;
        let Ok(Begun::Claimed(claim)) = begun else { panic!("{begun:?}") };
        assert_eq!(history(database), "activate activated return");
        settle(&till.direct, &claim, State::Deactivated).await;
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_noted_once() {
    each_answer_lost(async |till, database| {
        let claim = begin(&till.direct, "Awssb1", NOW, later(60)).await.unwrap();
        till.through_proxy.attempt(&claim, 2, NOW, later(90), later(90)).await.unwrap();
        assert_eq!(history(database), "activate attempt");
    })
    .await;
}

#[tokio::test]
async fn an_outcome_is_recorded_once() {
    each_answer_lost(async |till, database| {
        let claim = begin(&till.direct, "Awssb1", NOW, later(60)).await.unwrap();
        settle(&till.through_proxy, &claim, State::Activated).await;
        assert_eq!(history(database), "activate activated");
        let row = till.direct.transaction(&id("Awssb1")).await.unwrap().unwrap();
        assert_eq!((row.state, row.attempts), (State::Activated, 1), "its requests are counted once");
    })
    .await;
}

#[tokio::test]
async fn i32_a_sale_whose_commit_got_no_answer_is_unknown_while_the_server_stays_away() {
    let Some((till, proxy, database)) = till().await else { return };
    proxy.lose_for_good(1);
    let error = begin(&till.through_proxy, "Awssb1", NOW, later(60)).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown), "{error:?}");
    assert!(error.message().contains("may be recorded: repeat it with the same request id"), "{error:?}");
    assert_eq!(history(&database), "activate", "it was recorded");
}

#[tokio::test]
async fn i32_a_return_is_unknown_from_its_commit_on_and_not_sent_before() {
    let Some((till, proxy, database)) = till().await else { return };
    let sold = begin(&till.direct, "Awssb1", NOW, later(60)).await.unwrap();
    settle(&till.direct, &sold, State::Activated).await;
    let (name, card) = (id("Awssb1"), card());
    let give_back = || till.through_proxy.begin_reversal(&name, &card, Purpose::Return, Asker::Caller, NOW, later(60));
    proxy.lose_for_good(1);
    let before = give_back().await.unwrap_err();
    assert_eq!((before.kind(), before.delivery()), (ErrorKind::Journal, Delivery::NotSent), "{before:?}");
    assert_eq!(history(&database), "activate activated");
    proxy.lose(0);
    till.through_proxy.transaction(&name).await.unwrap();
    // A transaction is begun, its rows are locked, and then the claim and the commit are sent together.
    proxy.lose_for_good(3);
    let after = give_back().await.unwrap_err();
    assert_eq!((after.kind(), after.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown), "{after:?}");
    assert_eq!(history(&database), "activate activated return", "it was recorded");
}

#[tokio::test]
async fn i32_what_the_server_undid_is_not_sent() {
    let Some((till, _, database)) = till().await else { return };
    let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$;
        CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON posa.sale DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION full_disk()";
    database.sql(full).unwrap();
    let error = begin(&till.direct, "Awssb1", NOW, later(60)).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Journal, Delivery::NotSent), "{error:?}");
    assert!(error.message().contains("the server's disk is full"), "raised by the commit itself: {error:?}");
    assert_eq!(database.sql("SELECT count(*) FROM posa.sale").unwrap(), "0");
}

#[tokio::test]
async fn i32_a_sale_that_another_took_over_before_its_answer_came_is_never_told_as_not_sent() {
    let Some((till, proxy, database)) = till().await else { return };
    let taken_over = "CREATE FUNCTION take_over() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN new.fence = 2; new.step = 0; RETURN new; END $$;
        CREATE TRIGGER take_over BEFORE INSERT ON posa.sale FOR EACH ROW EXECUTE FUNCTION take_over()";
    database.sql(taken_over).unwrap();
    proxy.lose(1);
    let error = begin(&till.through_proxy, "Awssb1", NOW, later(60)).await.unwrap_err();
    assert!(error.message().contains("under way"), "the second try finds it taken: {error:?}");
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::OutcomeUnknown, Delivery::Unknown), "{error:?}");
}

/// The same database, with the proxy between and without.
struct Till {
    through_proxy: PostgresJournal,
    direct: PostgresJournal,
}

/// Plays `scene` on a fresh table with the first answer lost, with the second, and so on until no answer is left to
/// lose. The last loss comes after the commit, the first before it.
async fn each_answer_lost(scene: impl AsyncFn(&Till, &Database)) {
    let Some((mut till, proxy, database)) = till().await else { return };
    let mut lost = 0;
    loop {
        proxy.lose(lost + 1);
        scene(&till, &database).await;
        if !proxy.has_lost() {
            break;
        }
        lost += 1;
        let fresh = "ALTER TABLE posa.history DISABLE TRIGGER ALL; ALTER TABLE posa.sale DISABLE TRIGGER ALL;
            DELETE FROM posa.history; DELETE FROM posa.sale;
            ALTER TABLE posa.history ENABLE ALWAYS TRIGGER history_stands";
        database.sql(fresh).unwrap();
        till.through_proxy = PostgresJournal::connect(&database.url_at(proxy.port)).await.unwrap();
    }
    assert!(lost >= 1, "the step's answer was lost");
}

async fn till() -> Option<(Till, Proxy, Database)> {
    let database = postgres::database()?;
    let direct = PostgresJournal::connect(&database.url()).await.unwrap();
    let proxy = Proxy::to(database.port()).await;
    let through_proxy = PostgresJournal::connect(&database.url_at(proxy.port)).await.unwrap();
    Some((Till { through_proxy, direct }, proxy, database))
}

async fn settle(journal: &PostgresJournal, claim: &Claim, state: State) {
    journal.settle(claim, Settlement::done(state, 1, None), NOW).await.unwrap();
}

fn history(database: &Database) -> String {
    database.sql("SELECT string_agg(event, ' ' ORDER BY seq) FROM posa.history").unwrap()
}
