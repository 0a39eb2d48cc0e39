use super::connection::Connection;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a connection is kept without being used; at most twice as long passes until it is closed.
pub(super) const KEPT: Duration = Duration::from_secs(60);

/// The connections that wait for a step; `None` once there will be no more steps.
pub(super) struct Idle(Mutex<Option<Vec<(Instant, Connection)>>>);

impl Idle {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }

    /// The one that was used last, so that those which are not needed grow old.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut idle = self.lock();
        let idle = idle.as_mut()?;
        idle.retain(|(_, db)| db.is_good());
        idle.pop().map(|(_, db)| db)
    }

    pub(super) fn keep(&self, db: Connection) {
        if let (Some(idle), true) = (self.lock().as_mut(), db.is_good()) {
            idle.push((Instant::now(), db));
        }
    }

    pub(super) fn drop_old(&self) {
        if let Some(idle) = self.lock().as_mut() {
            idle.retain(|(since, _)| since.elapsed() < KEPT);
        }
    }

    pub(super) fn close(&self) -> Vec<Connection> {
        self.lock().take().unwrap_or_default().into_iter().map(|(_, db)| db).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<(Instant, Connection)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
