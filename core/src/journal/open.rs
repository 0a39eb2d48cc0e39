use super::{Inspection, Journal, MemoryJournal, Name, NoJournal};
use crate::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

/// The journal of that name, which is how every language and the command line ask for one:
///
/// | name | journal |
/// |---|---|
/// | `none` | no record: the caller keeps each request id ([`NoJournal`]) |
/// | `memory` | as long as the process lives ([`MemoryJournal`]) |
/// | `postgres://...`, `postgresql://...` | a PostgreSQL database, shared by many machines |
/// | anything else | the path of a SQLite file, shared by the processes of this machine |
///
/// A name that may mean something else is refused ([`Name`]). Nothing is opened yet, and nobody waits: the first step
/// opens a file or connects, and the first sale creates a file that is missing.
///
/// # Errors
/// Kind [`Configuration`](crate::ErrorKind::Configuration), field `journal`: a name that cannot be used, or this build
/// has no such journal.
pub fn open(name: &str) -> Result<Arc<dyn Journal>, Error> {
    match Name::new(name)? {
        Name::None => Ok(Arc::new(NoJournal)),
        Name::Memory => Ok(Arc::new(MemoryJournal::new())),
        Name::Postgres(url) => postgres(&url),
        Name::File(path) => sqlite(path),
    }
}

/// What the journal of that name holds; nothing is created or changed. The names are those of [`open`].
///
/// # Errors
/// As for [`open`], and kind [`Journal`](crate::ErrorKind::Journal): it cannot be read. A file that is missing is no
/// error, but its folder is.
pub async fn inspect(name: &str) -> Result<Inspection, Error> {
    match Name::new(name)? {
        Name::None | Name::Memory => Ok(Inspection::default()),
        Name::Postgres(url) => look_at_postgres(&url).await,
        Name::File(path) => look_at_sqlite(path).await,
    }
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Arc<dyn Journal>, Error> {
    Ok(Arc::new(super::PostgresJournal::new(url)?))
}

#[cfg(feature = "postgres")]
async fn look_at_postgres(url: &str) -> Result<Inspection, Error> {
    super::PostgresJournal::inspect(url).await
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<Arc<dyn Journal>, Error> {
    Err(without_postgres())
}

#[cfg(not(feature = "postgres"))]
async fn look_at_postgres(_: &str) -> Result<Inspection, Error> {
    Err(without_postgres())
}

#[cfg(not(feature = "postgres"))]
fn without_postgres() -> Error {
    Error::configuration("journal", "this build has no PostgreSQL journal; enable the feature postgres")
}

#[cfg(feature = "sqlite")]
fn sqlite(path: PathBuf) -> Result<Arc<dyn Journal>, Error> {
    Ok(Arc::new(super::SqliteJournal::new(path)))
}

#[cfg(feature = "sqlite")]
async fn look_at_sqlite(path: PathBuf) -> Result<Inspection, Error> {
    let done = tokio::task::spawn_blocking(move || super::SqliteJournal::inspect(path)).await;
    done.map_err(|_| Error::configuration("journal", "the runtime was shut down"))?
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: PathBuf) -> Result<Arc<dyn Journal>, Error> {
    Err(without_sqlite())
}

#[cfg(not(feature = "sqlite"))]
async fn look_at_sqlite(_: PathBuf) -> Result<Inspection, Error> {
    Err(without_sqlite())
}

#[cfg(not(feature = "sqlite"))]
fn without_sqlite() -> Error {
    Error::configuration("journal", "this build has no SQLite journal; enable the feature sqlite")
}
