//! Who hears what comes of an operation. The journal notes with the outcome whether somebody waits for it; if then nobody
//! heard it after all, it notes that too.

use super::inner::Inner;
use super::running::Running;
use crate::model::RequestId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// All who wait for the outcome of one operation.
#[derive(Default)]
pub(crate) struct Hearers(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: u32,
    heard: bool,
    /// The fence of the outcome that the journal has as told.
    told: Option<u64>,
}

impl Hearers {
    /// Whether somebody waits.
    pub(crate) fn any(&self) -> bool {
        let state = self.state();
        state.waiting > 0 || state.heard
    }

    /// The journal has the outcome of that fence as told.
    pub(crate) fn noted(&self, fence: u64) {
        self.state().told = Some(fence);
    }

    /// The fence of an outcome that stands as told, and that nobody can hear any more; once.
    pub(super) fn unheard(&self) -> Option<u64> {
        let mut state = self.state();
        if state.waiting > 0 || state.heard { None } else { state.told.take() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits. Dropped before it heard, it is one who went away.
pub(super) struct Hearing {
    client: Arc<Inner>,
    id: RequestId,
    hearers: Arc<Hearers>,
    runtime: Handle,
    heard: bool,
}

impl Hearing {
    pub(super) fn new(client: &Arc<Inner>, id: &RequestId, hearers: &Arc<Hearers>, runtime: Handle) -> Self {
        hearers.state().waiting += 1;
        Self { client: Arc::clone(client), id: id.clone(), hearers: Arc::clone(hearers), runtime, heard: false }
    }

    pub(super) fn heard(mut self) {
        self.heard = true;
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        let mut state = self.hearers.state();
        state.waiting -= 1;
        state.heard |= self.heard;
        drop(state);
        if let Some(fence) = self.hearers.unheard() {
            let (client, id, running) = (Arc::clone(&self.client), self.id.clone(), Running::enter(&self.client));
            self.runtime.spawn(async move {
                client.note_unheard(&id, fence).await;
                drop(running);
            });
        }
    }
}
