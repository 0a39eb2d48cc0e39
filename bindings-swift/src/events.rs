//! What the core tells while it works.

use posa_core::engine::{Event, EventKind};
use std::sync::{Arc, PoisonError, RwLock};

/// Takes events on the runtime's threads, and hands them on at once.
#[uniffi::export(foreign)]
pub trait EventSink: Send + Sync {
    fn tell(&self, event: Told);
}

#[derive(uniffi::Record)]
pub struct Told {
    pub operation: String,
    pub request_id: String,
    /// The last four digits.
    pub card: String,
    pub attempt: u32,
    pub what: What,
}

#[derive(uniffi::Enum)]
pub enum What {
    JournalCreated { path: String },
    Sending,
    Retrying { after_ms: u64, because: String },
    SkewCorrected { seconds: i64 },
    KeyRenewed,
    Warning { what: String },
    Alarm { what: String },
    BatchPaused { because: String },
    BatchResumed,
    Settled { outcome: String },
    Other,
}

/// Where events go, once somebody listens.
#[derive(Default)]
pub(crate) struct Events(RwLock<Option<Arc<dyn EventSink>>>);

impl Events {
    pub(crate) fn follow(&self, sink: Arc<dyn EventSink>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(sink);
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        let sink = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sink) = sink {
            sink.tell(event.into());
        }
    }
}

impl From<&Event<'_>> for Told {
    fn from(event: &Event<'_>) -> Self {
        Self {
            operation: event.operation.name().to_owned(),
            request_id: event.request_id.as_str().to_owned(),
            card: event.card.to_string(),
            attempt: event.attempt,
            what: event.kind.into(),
        }
    }
}

impl From<EventKind<'_>> for What {
    fn from(kind: EventKind<'_>) -> Self {
        match kind {
            EventKind::JournalCreated { path } => Self::JournalCreated { path: path.display().to_string() },
            EventKind::Sending => Self::Sending,
            EventKind::Retrying { after, because } => {
                let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                Self::Retrying { after_ms, because: because.to_owned() }
            }
            EventKind::SkewCorrected { seconds } => Self::SkewCorrected { seconds },
            EventKind::KeyRenewed => Self::KeyRenewed,
            EventKind::Warning { what } => Self::Warning { what: what.to_owned() },
            EventKind::Alarm { what } => Self::Alarm { what: what.to_owned() },
            EventKind::BatchPaused { because } => Self::BatchPaused { because: because.to_owned() },
            EventKind::BatchResumed => Self::BatchResumed,
            EventKind::Settled { outcome } => Self::Settled { outcome: outcome.to_owned() },
            _ => Self::Other,
        }
    }
}
