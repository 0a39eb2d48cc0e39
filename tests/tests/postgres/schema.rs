use crate::{NOW, begin, later};
use posa_core::ErrorKind;
use posa_core::journal::PostgresJournal;
use posa_tests::postgres;

#[tokio::test]
async fn tills_that_start_together_create_the_tables_once() {
    let Some(database) = postgres::database() else { return };
    let tills: Vec<_> = (0..8)
        .map(|_| {
            let url = database.url();
            tokio::spawn(async move { PostgresJournal::connect(&url).await })
        })
        .collect();
    for till in tills {
        till.await.unwrap().unwrap();
    }
    assert_eq!(database.sql("SELECT count(*) FROM posa.migration").unwrap(), "3");
}

#[tokio::test]
async fn tables_of_a_newer_version_are_left_alone() {
    let Some(database) = postgres::database() else { return };
    PostgresJournal::connect(&database.url()).await.unwrap();
    database.sql("INSERT INTO posa.migration (number) VALUES (999)").unwrap();
    let error = PostgresJournal::connect(&database.url()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Journal);
    assert!(error.message().contains("newer version of posa"), "{error:?}");
}

#[tokio::test]
async fn a_user_who_may_create_nothing_can_sell_once_the_tables_are_there() {
    let Some(database) = postgres::database() else { return };
    let role = "CREATE ROLE till LOGIN PASSWORD 'only-for-tests-till'";
    database.sql(role).unwrap();
    let url = database.url().replace("posa:only-for-tests-4711", "till:only-for-tests-till");
    let refused = PostgresJournal::connect(&url).await.unwrap_err();
    assert!(refused.message().contains("may not be used by this user"), "{refused:?}");
    PostgresJournal::connect(&database.url()).await.unwrap();
    let grant = "GRANT USAGE ON SCHEMA posa TO till; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA posa TO till";
    database.sql(grant).unwrap();
    let till = PostgresJournal::connect(&url).await.unwrap();
    begin(&till, "Awssb1", NOW, later(60)).await.unwrap();
}
