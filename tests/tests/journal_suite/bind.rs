use crate::given::*;
use crate::place::{Place, promises};
use posa_core::journal::BatchKey;
use posa_core::model::Region;
use posa_core::{Endpoint, PartnerId};

promises![
    a_journal_serves_one_partner_and_one_endpoint,
    two_that_bind_at_once_agree,
    the_first_key_of_batches_is_kept_for_good,
];

fn at(port: u16) -> Endpoint {
    Endpoint::custom(&format!("http://127.0.0.1:{port}"), Region::NorthAmerica).unwrap()
}

async fn a_journal_serves_one_partner_and_one_endpoint(place: Place) {
    let (till, other) = (place.open().await, place.open().await);
    till.bind(&partner(), &at(1)).await.unwrap();
    other.bind(&partner(), &at(1)).await.unwrap();
    refused(other.bind(&partner(), &at(2)).await, "http://127.0.0.1:2");
    refused(till.bind(&PartnerId::new("Other").unwrap(), &at(1)).await, "Other");
    till.bind(&partner(), &at(1)).await.unwrap();
}

async fn two_that_bind_at_once_agree(place: Place) {
    let (till, other) = (place.open().await, place.open().await);
    let (here, there) = (at(1), at(2));
    let who = partner();
    let (first, second) = tokio::join!(till.bind(&who, &here), other.bind(&who, &there));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    refused(first.and(second), "belongs to partner Awssb");
}

async fn the_first_key_of_batches_is_kept_for_good(place: Place) {
    let (till, other) = (place.open().await, place.open().await);
    till.bind(&partner(), &at(1)).await.unwrap();
    other.bind(&partner(), &at(1)).await.unwrap();
    let (first, second) = (BatchKey::new([1; 32]), BatchKey::new([2; 32]));
    assert!(till.batch_key(&first).await.unwrap() == first);
    assert!(other.batch_key(&second).await.unwrap() == first);
    till.close().await;
    other.close().await;
    let again = place.open().await;
    again.bind(&partner(), &at(1)).await.unwrap();
    assert!(again.batch_key(&second).await.unwrap() == first);
}
