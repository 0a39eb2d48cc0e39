use super::{Journal, MemoryJournal, NoJournal};
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
        "" => Err(Error::configuration(
            "journal",
            "journal is empty; name a file, a postgres:// URL, \"memory\" or \"none\"",
        )),
        "none" => Ok(Arc::new(NoJournal)),
        "memory" => Ok(Arc::new(MemoryJournal::new())),
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => postgres(url).await,
        url if url.contains("://") => {
            let message = "journal is a URL of another kind than postgres://; name a file, or a PostgreSQL database";
            Err(Error::configuration("journal", message))
        }
        path => sqlite(path.to_owned()).await,
    }
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<Arc<dyn Journal>, Error> {
    Ok(Arc::new(super::PostgresJournal::connect(url).await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_: &str) -> Result<Arc<dyn Journal>, Error> {
    Err(Error::configuration("journal", "this build has no PostgreSQL journal; enable the feature postgres"))
}

#[cfg(feature = "sqlite")]
async fn sqlite(path: String) -> Result<Arc<dyn Journal>, Error> {
    let open = move || super::SqliteJournal::open(path);
    let opened = tokio::task::spawn_blocking(open).await;
    let opened = opened.map_err(|_| Error::configuration("journal", "the runtime was shut down"))?;
    Ok(Arc::new(opened?))
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(_: String) -> Result<Arc<dyn Journal>, Error> {
    Err(Error::configuration("journal", "this build has no SQLite journal; enable the feature sqlite"))
}
