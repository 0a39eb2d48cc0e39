//! Another attempt ends between the refusal that it caused and the look at why.

use crate::gateway::Gateway;
use crate::till::{Going, NOON, sale, till};
use crate::{all, outcome, places};
use jiff::Timestamp;
use posa_core::journal::{Asker, Begun, Claim, Journal, MemoryJournal, Settlement, State};
use posa_core::{BoxFuture, Error};
use posa_tests::{Meddled, Meddler, Step};
use std::sync::{Arc, Mutex};

/// Settles a claim that somebody else holds as soon as its row is looked at.
#[derive(Clone, Default)]
struct Settling(Arc<Mutex<Option<Claim>>>);

impl Meddler for Settling {
    fn before<'a>(&'a self, step: Step, rows: &'a MemoryJournal) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let held = if step == Step::Read { self.0.lock().unwrap().take() } else { None };
            match held {
                Some(claim) => rows.settle(&claim, Settlement::done(State::Activated, 1, None), NOON).await,
                None => Ok(()),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn its_outcome_is_the_rows() {
    let settling = Settling::default();
    let journal = Meddled::by(settling.clone());
    let gateway = Gateway::default();
    let client = till(&gateway, journal.clone(), Going::from_noon());
    let id = client.batch_id("november", &sale(0));
    let begun = journal.begin_activation(&id, &sale(0), Asker::Caller, NOON, Timestamp::MAX).await.unwrap();
    let Begun::Claimed(claim) = begun else { panic!("{begun:?}") };
    *settling.0.lock().unwrap() = Some(claim);
    let rows = all(client.activate_many("november", [sale(0)], places(1))).await;
    assert_eq!((outcome(&rows[0]), gateway.requests()), ("done", 0));
}
