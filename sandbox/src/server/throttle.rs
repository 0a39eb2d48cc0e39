use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// Requests per partner in any one second of the sandbox's clock. Refused requests do not count.
pub(crate) struct Throttle {
    /// From the settings.
    first: Option<NonZeroU32>,
    /// 0 for no limit.
    limit: AtomicU32,
    admitted: Mutex<HashMap<String, VecDeque<Timestamp>>>,
}

impl Throttle {
    pub(crate) fn new(limit: Option<NonZeroU32>) -> Self {
        let throttle = Self { first: limit, limit: AtomicU32::default(), admitted: Mutex::default() };
        throttle.set(limit);
        throttle
    }

    pub(crate) fn limit(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.limit.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, limit: Option<NonZeroU32>) {
        self.limit.store(limit.map_or(0, NonZeroU32::get), Ordering::Relaxed);
    }

    pub(crate) fn admits(&self, partner: &str, now: Timestamp) -> bool {
        let Some(limit) = self.limit() else { return true };
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        let times = admitted.entry(partner.to_owned()).or_default();
        // A clock that was set back leaves times in the future; they say nothing about this second.
        times.retain(|&at| at <= now && now.duration_since(at) < SignedDuration::from_secs(1));
        let room = times.len() < limit.get() as usize;
        if room {
            times.push_back(now);
        }
        room
    }

    pub(crate) fn reset(&self) {
        self.set(self.first);
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
