//! A PostgreSQL server for tests: thrown away afterwards, and gone with the test's process however that ends.

mod cluster;
mod pooler;
mod programs;

pub use cluster::{Cluster, Database};
pub use pooler::{PoolMode, Pooler};

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
        static SAID: Once = Once::new();
        untested("the PostgreSQL journal: PostgreSQL is not installed (no initdb on PATH or under /usr/lib)", &SAID);
        return None;
    };
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    Some(Cluster::start(programs))
}

/// A PgBouncer with so many connections to that database's server; `None`, said aloud once, where it is not installed.
///
/// # Panics
/// As [`database`].
pub fn pooler(to: &Database, mode: PoolMode, connections: usize) -> Option<Pooler> {
    let programs = programs::find()?;
    let Some(program) = programs::pgbouncer() else {
        static SAID: Once = Once::new();
        untested("the PostgreSQL journal behind PgBouncer: pgbouncer is not installed", &SAID);
        return None;
    };
    Some(Pooler::start(&programs, &program, to, mode, connections))
}

fn untested(what: &str, said: &Once) {
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{what}; tests/postgres/ensure.sh installs it");
    // Past the harness, which keeps what a passing test prints to itself.
    said.call_once(|| {
        let _ = writeln!(std::io::stderr(), "!!! NOT TESTED: {what}");
    });
}
