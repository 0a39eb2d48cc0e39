use tokio::sync::watch;

/// Wakes the open dashboards. With none open, a change costs the gateway one look at a counter.
pub(crate) struct Changes(watch::Sender<Running>);

/// Whether the sandbox still runs.
type Running = bool;

/// More open dashboards than anybody looks at; each holds a connection.
const WATCHERS: usize = 64;

impl Default for Changes {
    fn default() -> Self {
        Self(watch::Sender::new(true))
    }
}

impl Changes {
    /// Something that a dashboard shows has changed.
    pub(crate) fn note(&self) {
        if self.0.receiver_count() > 0 {
            self.0.send_modify(|_| {});
        }
    }

    /// Sees every change from now on, several as one; `None` if too many watch already.
    pub(crate) fn watch(&self) -> Option<watch::Receiver<Running>> {
        (self.0.receiver_count() < WATCHERS).then(|| self.0.subscribe())
    }

    /// The sandbox stops: a dashboard that stays open must not hold it up.
    pub(super) fn close(&self) {
        self.0.send_replace(false);
    }
}
