use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};

/// The clock by which the caller lives, which need not be the system's: as far apart as they were when it was last
/// heard.
#[derive(Default)]
pub(super) struct CallersClock {
    ahead_by_microseconds: AtomicI64,
}

impl CallersClock {
    pub(super) fn hear(&self, now: Timestamp) {
        let ahead = now.as_microsecond() - Timestamp::now().as_microsecond();
        self.ahead_by_microseconds.store(ahead, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Timestamp {
        later(Timestamp::now(), self.ahead_by_microseconds.load(Ordering::Relaxed))
    }
}

/// The time so many microseconds after `at`.
pub(super) fn later(at: Timestamp, microseconds: i64) -> Timestamp {
    let limit = if microseconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    at.checked_add(SignedDuration::from_micros(microseconds)).unwrap_or(limit)
}

/// How many microseconds there are from `now` until `at`.
pub(super) fn until(at: Timestamp, now: Timestamp) -> i64 {
    at.as_microsecond() - now.as_microsecond()
}
