use crate::transport::HttpResponse;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// An answer that took longer than this says too little about the time.
const TIMELY: Duration = Duration::from_secs(10);
/// A smaller difference cannot be why a signature was refused: the gateway allows minutes.
const WORTH_CORRECTING: i64 = 60;

/// How far this machine's clock is from the gateway's.
#[derive(Debug, Default)]
pub(super) struct Skew {
    seconds: AtomicI64,
}

impl Skew {
    /// This machine's time, corrected.
    pub(super) fn correct(&self, now: Timestamp) -> Timestamp {
        let offset = SignedDuration::from_secs(self.seconds.load(Ordering::Relaxed));
        now.checked_add(offset).unwrap_or(now)
    }

    /// Learns from an answer that refused the time of a signature. `None` if its `date` header cannot be trusted, or
    /// would change too little to help.
    pub(super) fn learn(&self, response: &HttpResponse, now: Timestamp, took: Duration) -> Option<i64> {
        if response.cached || took > TIMELY {
            return None;
        }
        let date = rfc2822::DateTimeParser::new().parse_timestamp(response.date.as_deref()?).ok()?;
        let offset = date.as_second() - now.as_second();
        let before = self.seconds.load(Ordering::Relaxed);
        if (offset - before).abs() < WORTH_CORRECTING {
            return None;
        }
        self.seconds.store(offset, Ordering::Relaxed);
        Some(offset)
    }
}
