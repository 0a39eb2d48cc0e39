//! Another attempt ends between the refusal that it caused and the look at why.

use crate::gateway::Gateway;
use crate::till::{Going, NOON, sale, till};
use crate::{all, outcome, places};
use jiff::Timestamp;
use posa_core::journal::{Asker, Begun, Journal, State};
use posa_tests::{Latecomer, Meddled, Step};

#[tokio::test(start_paused = true)]
async fn its_outcome_is_the_rows() {
    let other = Latecomer::before(&[Step::Read]);
    let journal = Meddled::by(other.clone());
    let gateway = Gateway::default();
    let client = till(&gateway, journal.clone(), Going::from_noon());
    let id = client.batch_id("november", &sale(0)).await.unwrap();
    let begun = journal.begin_activation(&id, &sale(0), Asker::Caller, NOON, Timestamp::MAX).await.unwrap();
    let Begun::Claimed(claim) = begun else { panic!("{begun:?}") };
    other.holds(claim, State::Activated, NOON);
    let rows = all(client.activate_many("november", [sale(0)], places(1))).await;
    assert_eq!((outcome(&rows[0]), gateway.requests()), ("done", 0));
}
