//! Another attempt ends between the refusal that it caused and the look at why.

use crate::gateway::Gateway;
use crate::till::{Going, NOON, sale, till};
use crate::{all, outcome, places};
use jiff::Timestamp;
use posa_core::journal::{Begun, Claim, Filter, Journal, MemoryJournal, Purpose, Settlement, State, Transaction};
use posa_core::{Activate, BoxFuture, CardNumber, Endpoint, Error, PartnerId, RequestId};
use std::sync::{Arc, Mutex};

/// Settles a claim that somebody else holds as soon as its row is looked at.
#[derive(Debug, Default)]
struct Settling {
    rows: MemoryJournal,
    held: Mutex<Option<Claim>>,
}

impl Journal for Settling {
    fn bind<'a>(&'a self, partner: &'a PartnerId, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<(), Error>> {
        self.rows.bind(partner, endpoint)
    }

    fn begin_activation<'a>(
        &'a self,
        id: &'a RequestId,
        sale: &'a Activate,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        self.rows.begin_activation(id, sale, now, until)
    }

    fn begin_reversal<'a>(
        &'a self,
        id: &'a RequestId,
        card: &'a CardNumber,
        purpose: Purpose,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        self.rows.begin_reversal(id, card, purpose, now, until)
    }

    fn attempt<'a>(
        &'a self,
        claim: &'a Claim,
        attempt: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.rows.attempt(claim, attempt, now, until)
    }

    fn settle<'a>(
        &'a self,
        claim: &'a Claim,
        settlement: Settlement,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.rows.settle(claim, settlement, now)
    }

    fn transaction<'a>(&'a self, id: &'a RequestId) -> BoxFuture<'a, Result<Option<Transaction>, Error>> {
        Box::pin(async move {
            let held = self.held.lock().unwrap().take();
            if let Some(claim) = held {
                self.rows.settle(&claim, Settlement::done(State::Activated, 1, None), NOON).await?;
            }
            self.rows.transaction(id).await
        })
    }

    fn transactions<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Transaction>, Error>> {
        self.rows.transactions(filter)
    }
}

#[tokio::test(start_paused = true)]
async fn its_outcome_is_the_rows() {
    let journal = Arc::new(Settling::default());
    let gateway = Gateway::default();
    let client = till(&gateway, Arc::clone(&journal) as Arc<dyn Journal>, Going::from_noon());
    let id = client.batch_id("november", &sale(0));
    let begun = journal.begin_activation(&id, &sale(0), NOON, Timestamp::MAX).await.unwrap();
    let Begun::Claimed(claim) = begun else { panic!("{begun:?}") };
    *journal.held.lock().unwrap() = Some(claim);
    let rows = all(client.activate_many("november", [sale(0)], places(1))).await;
    assert_eq!((outcome(&rows[0]), gateway.requests()), ("done", 0));
}
