//! The account's limit, kept together by all who share a database.

use posa_core::journal::{Journal, PostgresJournal, Turn};
use posa_tests::postgres::{self, Database};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

const LIMIT: u32 = 10;
const SPAN: f64 = 1.05;
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_machines_keep_to_the_limit_together_use_it_and_share_it() {
    const LONG: Duration = Duration::from_secs(4);
    let Some(database) = postgres::database() else { return };
    let machines = [connect(&database).await, connect(&database).await];
    note_turns(&database);
    let (started, mut running) = (Instant::now(), JoinSet::new());
    for task in 0..16 {
        let (machine, journal) = (task % 2, Arc::clone(&machines[task % 2]));
        running.spawn(async move {
            let mut gone = [0; 2];
            while started.elapsed() < LONG {
                let Turn::After(wait) = journal.turn(limit(), PATIENCE).await.unwrap() else { panic!("it has time") };
                tokio::time::sleep(wait).await;
                gone[machine] += 1;
            }
            gone
        });
    }
    let gone = running.join_all().await.into_iter().fold([0, 0], |sum, one| [sum[0] + one[0], sum[1] + one[1]]);
    let turns = turns(&database);
    assert_eq!(turns.len(), gone[0] + gone[1], "each turn is one caller's");
    for window in turns.windows(LIMIT as usize + 1) {
        assert!(window[LIMIT as usize] - window[0] >= SPAN - 1e-4, "11 in one second: {window:?}");
    }
    let periods = (turns.len() - 1) / LIMIT as usize;
    let usable = (turns[periods * LIMIT as usize] - turns[0]) / SPAN;
    assert!(periods >= 3 && periods as f64 >= 0.95 * usable, "of {usable} times the limit, {periods} were used");
    let share = gone[0] as f64 / (gone[0] + gone[1]) as f64;
    assert!((0.4..=0.6).contains(&share), "each machine gets its half: {gone:?}");
}

#[tokio::test]
async fn a_turn_that_would_come_too_late_is_not_taken() {
    let Some(database) = postgres::database() else { return };
    let journal = connect(&database).await;
    for _ in 0..LIMIT {
        let Turn::After(wait) = journal.turn(limit(), Duration::ZERO).await.unwrap() else { panic!("a burst may go") };
        assert_eq!(wait, Duration::ZERO);
    }
    for _ in 0..3 {
        assert_eq!(journal.turn(limit(), Duration::from_millis(1)).await.unwrap(), Turn::TooLate);
    }
    let Turn::After(wait) = journal.turn(limit(), PATIENCE).await.unwrap() else { panic!("it has time") };
    assert!(wait <= Duration::from_millis(1050), "none of those was taken: {wait:?}");
}

#[tokio::test]
async fn nobody_waits_for_a_clock_that_was_set_back() {
    let Some(database) = postgres::database() else { return };
    let journal = connect(&database).await;
    for _ in 0..=LIMIT {
        journal.turn(limit(), PATIENCE).await.unwrap();
    }
    let a_day = "UPDATE posa.pace SET given_at = given_at + interval '1 day',
        turns = (SELECT array_agg(turn + interval '1 day') FROM unnest(turns) AS turn)";
    database.sql(a_day).unwrap();
    let Turn::After(wait) = journal.turn(limit(), PATIENCE).await.unwrap() else { panic!("a day is not waited for") };
    assert!(wait > Duration::ZERO && wait <= Duration::from_millis(2100), "what was given lately counts: {wait:?}");
}

#[tokio::test]
async fn a_till_with_a_lower_limit_goes_after_those_before_it() {
    let Some(database) = postgres::database() else { return };
    let journal = connect(&database).await;
    note_turns(&database);
    for per_second in [10, 10, 10, 1, 10, 2] {
        journal.turn(NonZeroU32::new(per_second).unwrap(), PATIENCE).await.unwrap();
    }
    let at = turns(&database);
    assert!(at.is_sorted(), "first come, first served: {at:?}");
    assert!(at[3] - at[2] >= SPAN - 1e-4, "one a second: {at:?}");
    assert!(at[5] - at[3] >= SPAN - 1e-4, "two a second: {at:?}");
}

#[tokio::test]
async fn those_who_could_sell_before_the_tables_grew_take_turns_afterwards() {
    let Some(database) = postgres::database() else { return };
    connect(&database).await;
    let older = [
        "DROP SCHEMA posa CASCADE; CREATE SCHEMA posa;
        CREATE TABLE posa.migration (number bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp());
        INSERT INTO posa.migration (number) VALUES (1), (2);",
        include_str!("../../../core/src/journal/postgres/001.sql"),
        include_str!("../../../core/src/journal/postgres/002.sql"),
        "CREATE ROLE \"a till\" LOGIN PASSWORD 'only-for-tests-till';
        GRANT USAGE ON SCHEMA posa TO \"a till\"; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA posa TO \"a till\"",
    ];
    database.sql(&older.concat()).unwrap();
    connect(&database).await;
    let url = database.url().replace("posa:only-for-tests-4711", "a%20till:only-for-tests-till");
    let till = PostgresJournal::connect(&url).await.unwrap();
    assert_eq!(till.turn(limit(), PATIENCE).await.unwrap(), Turn::After(Duration::ZERO));
}

async fn connect(database: &Database) -> Arc<PostgresJournal> {
    Arc::new(PostgresJournal::connect(&database.url()).await.unwrap())
}

fn limit() -> NonZeroU32 {
    NonZeroU32::new(LIMIT).unwrap()
}

/// Has the database itself note each turn that it gives.
fn note_turns(database: &Database) {
    let note = "CREATE TABLE given (turn timestamptz);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO given VALUES (new.turns[cardinality(new.turns)]); RETURN new; END $$;
        CREATE TRIGGER note BEFORE UPDATE ON posa.pace FOR EACH ROW EXECUTE FUNCTION note()";
    database.sql(note).unwrap();
}

/// In seconds, in the order in which they were given.
fn turns(database: &Database) -> Vec<f64> {
    let given = "SELECT extract(epoch FROM turn - (SELECT min(turn) FROM given)) FROM given";
    database.sql(given).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}
