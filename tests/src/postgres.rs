//! A PostgreSQL server for tests: thrown away afterwards, and gone with the test's process however that ends.

mod cluster;
mod programs;

pub use cluster::{Cluster, Database};

use std::io::Write;
use std::sync::{Mutex, Once, OnceLock, PoisonError};

/// A fresh database on this process's own server; `None`, said aloud once, where PostgreSQL is not installed.
///
/// # Panics
/// With `CI=true` where PostgreSQL is not installed; elsewhere if it cannot be started.
pub fn database() -> Option<Database> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    SHARED.get_or_init(cluster).as_ref().map(Cluster::database)
}

/// A server of the caller's own, to stop and start in the middle of a test; `None` as for [`database`].
///
/// # Panics
/// As [`database`].
pub fn cluster() -> Option<Cluster> {
    // One at a time: each takes a processor to itself while it is made.
    static MAKING: Mutex<()> = Mutex::new(());
    let Some(programs) = programs::find() else {
        untested();
        return None;
    };
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    Some(Cluster::start(programs))
}

fn untested() {
    const WHAT: &str = "PostgreSQL is not installed (no initdb on PATH or under /usr/lib/postgresql)";
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{WHAT}; tests/postgres/ensure.sh installs it");
    static SAID: Once = Once::new();
    // Past the harness, which keeps what a passing test prints to itself.
    SAID.call_once(|| {
        let _ = writeln!(std::io::stderr(), "!!! NOT TESTED: the PostgreSQL journal: {WHAT}");
    });
}
