use crate::given::*;
use crate::place::{Place, promises};
use posa_core::model::Region;
use posa_core::{Endpoint, PartnerId};

promises![a_journal_serves_one_partner_and_one_endpoint, two_that_bind_at_once_agree];

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
