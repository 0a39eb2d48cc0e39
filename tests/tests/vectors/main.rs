//! Runs `vectors/*.json` against the core.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod answers;
mod models;
mod requests;
mod signatures;

use posa_core::journal::{Journal, MemoryJournal, NoJournal};
use posa_core::sign::Credentials;
use posa_core::transport::Scripted;
use posa_core::{Client, ClientBuilder, Endpoint, Marketplace};
use posa_tests::Given;
use std::sync::Arc;

/// A client for a vector's partner, marketplace and environment, whose requests go to `transport`.
fn client(given: &Given, transport: &Scripted) -> ClientBuilder {
    let marketplace = given.marketplace().unwrap();
    let endpoint = Endpoint::of(marketplace.unwrap_or(Marketplace::UnitedStates), given.environment().unwrap());
    // Without a journal, an id that is given may have been sent before, and a refusal settles less.
    let journal: Arc<dyn Journal> = match given.operation.as_str() {
        "ActivateGiftCard" => Arc::new(MemoryJournal::new()),
        _ => Arc::new(NoJournal),
    };
    let builder = Client::builder(given.partner().unwrap(), endpoint)
        .credentials(Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap())
        .transport(Arc::new(transport.clone()))
        .journal(journal)
        .rate_limit(None);
    match marketplace {
        Some(marketplace) => builder.marketplace(marketplace),
        None => builder,
    }
}
