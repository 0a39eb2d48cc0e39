//! A connection that breaks before or after the commit, at each answer in turn: every step is taken exactly once.

use crate::proxy::Proxy;
use crate::{NOW, begin, card, id, later};
use posa_core::journal::{Asker, Begun, Claim, Journal, PostgresJournal, Purpose, Settlement, State};
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
        till.through_proxy.attempt(&claim, 2, NOW, later(90)).await.unwrap();
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

/// The same database, with the proxy between and without.
struct Till {
    through_proxy: PostgresJournal,
    direct: PostgresJournal,
}

/// Plays `scene` on a fresh table with the first answer lost, with the second, and so on until no answer is left to
/// lose. The last loss comes after the commit, the first before it.
async fn each_answer_lost(scene: impl AsyncFn(&Till, &Database)) {
    let Some(database) = postgres::database() else { return };
    let direct = PostgresJournal::connect(&database.url()).await.unwrap();
    let proxy = Proxy::to(database.port()).await;
    let mut till =
        Till { through_proxy: PostgresJournal::connect(&database.url_at(proxy.port)).await.unwrap(), direct };
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
    assert!(lost >= 2, "the statement is prepared and executed: {lost} answers were lost");
}

async fn settle(journal: &PostgresJournal, claim: &Claim, state: State) {
    journal.settle(claim, Settlement::done(state, 1, None), NOW).await.unwrap();
}

fn history(database: &Database) -> String {
    database.sql("SELECT string_agg(event, ' ' ORDER BY seq) FROM posa.history").unwrap()
}
