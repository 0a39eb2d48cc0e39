use super::{NOW, card, id, later};
use posa_core::journal::{Asker, Inspection, Journal, PostgresJournal, inspect};
use posa_core::model::Region;
use posa_core::{Activate, Amount, Currency, Endpoint, PartnerId};
use posa_tests::postgres;

#[tokio::test]
async fn looking_creates_nothing_and_tells_owner_and_open_sales() {
    let Some(database) = postgres::database() else { return };
    let url = database.url();
    assert_eq!(inspect(&url).await.unwrap(), Inspection::default());
    assert_eq!(inspect(&url).await.unwrap(), Inspection::default(), "the first look made no tables");

    let journal = PostgresJournal::connect(&url).await.unwrap();
    assert_eq!(inspect(&url).await.unwrap(), Inspection { exists: true, ..Inspection::default() });
    let partner = PartnerId::new("Awssb").unwrap();
    let endpoint = Endpoint::custom("http://127.0.0.1:8989", Region::NorthAmerica).unwrap();
    journal.bind(&partner, &endpoint).await.unwrap();
    let sale = Activate::new(card(), Amount::new("25", Currency::Usd).unwrap());
    journal.begin_activation(&id("AwssbOpen"), &sale, Asker::Caller, NOW, later(60)).await.unwrap();
    let found = inspect(&url).await.unwrap();
    assert_eq!((found.open, found.bound.as_ref().unwrap().1.as_str()), (1, "http://127.0.0.1:8989"));
    found.check(&partner, &endpoint).unwrap();
    let elsewhere = Endpoint::custom("http://127.0.0.1:8990", Region::NorthAmerica).unwrap();
    assert!(found.check(&partner, &elsewhere).is_err());
}
