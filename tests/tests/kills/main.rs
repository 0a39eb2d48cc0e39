//! I8 with real processes: tills that sell over HTTP are killed with SIGKILL at random, new ones recover, and in the
//! end the gateway's ledger, the journal and what every cashier was told agree. The same for tills that are stopped.
//!
//! `POSA_KILLS` sets how many kills a journal gets (200 by default), `POSA_SEED` the first of the random numbers.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod life;
mod moment;
mod power;
mod run;
mod slow;

use posa_tests::books::Book;
use posa_tests::postgres;
use run::Run;

#[test]
fn i8_no_kill_loses_or_doubles_a_charge_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    // Two tills share each journal.
    let journals = ["a.db", "b.db"].map(|name| Book::file(folder.path().join(name)));
    Run::new(journals.to_vec()).kill_and_compare();
}

#[test]
fn i8_no_kill_loses_or_doubles_a_charge_on_postgres() {
    let Some(database) = postgres::database() else { return };
    // Four tills share it.
    Run::new(vec![Book::database(database)]).kill_and_compare();
}
