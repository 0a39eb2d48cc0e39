use super::{Inspection, Journal, MemoryJournal, NoJournal};
use crate::error::Error;
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
/// # Errors
/// Kind [`Configuration`](crate::ErrorKind::Configuration), field `journal`: no name, or this build has no such
/// journal. Kind [`Journal`](crate::ErrorKind::Journal): it cannot be opened.
pub async fn open(name: &str) -> Result<Arc<dyn Journal>, Error> {
    match name {
        "" => Err(nameless()),
        "none" => Ok(Arc::new(NoJournal)),
        "memory" => Ok(Arc::new(MemoryJournal::new())),
        url if is_postgres(url) => postgres(url).await,
        url if url.contains("://") => Err(foreign()),
        path => sqlite(path.to_owned()).await,
    }
}

/// What the journal of that name holds; nothing is created or changed. The names are those of [`open`].
///
/// # Errors
/// As for [`open`]. A file that is missing is no error, but its folder is.
pub async fn inspect(name: &str) -> Result<Inspection, Error> {
    match name {
        "" => Err(nameless()),
        "none" | "memory" => Ok(Inspection::default()),
        url if is_postgres(url) => look_at_postgres(url).await,
        url if url.contains("://") => Err(foreign()),
        path => look_at_sqlite(path.to_owned()).await,
    }
}

fn is_postgres(name: &str) -> bool {
    name.starts_with("postgres://") || name.starts_with("postgresql://")
}

fn nameless() -> Error {
    Error::configuration("journal", "journal is empty; name a file, a postgres:// URL, \"memory\" or \"none\"")
}

fn foreign() -> Error {
    let message = "journal is a URL of another kind than postgres://; name a file, or a PostgreSQL database";
    Error::configuration("journal", message)
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<Arc<dyn Journal>, Error> {
    Ok(Arc::new(super::PostgresJournal::connect(url).await?))
}

#[cfg(feature = "postgres")]
async fn look_at_postgres(url: &str) -> Result<Inspection, Error> {
    super::PostgresJournal::inspect(url).await
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_: &str) -> Result<Arc<dyn Journal>, Error> {
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
async fn sqlite(path: String) -> Result<Arc<dyn Journal>, Error> {
    Ok(Arc::new(blocking(move || super::SqliteJournal::open(path)).await?))
}

#[cfg(feature = "sqlite")]
async fn look_at_sqlite(path: String) -> Result<Inspection, Error> {
    blocking(move || super::SqliteJournal::inspect(path)).await
}

#[cfg(feature = "sqlite")]
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Error::configuration("journal", "the runtime was shut down"))?
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(_: String) -> Result<Arc<dyn Journal>, Error> {
    Err(without_sqlite())
}

#[cfg(not(feature = "sqlite"))]
async fn look_at_sqlite(_: String) -> Result<Inspection, Error> {
    Err(without_sqlite())
}

#[cfg(not(feature = "sqlite"))]
fn without_sqlite() -> Error {
    Error::configuration("journal", "this build has no SQLite journal; enable the feature sqlite")
}
