use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A second, and a little more: a request that is slow on its way must not meet the eleventh at the gateway.
const WINDOW: Duration = Duration::from_millis(1050);

/// Lets at most so many requests go in any one second, in the order in which they came.
///
/// The gateway counts per partner over all operations. Clients that share a durable journal keep to the limit together,
/// by a row in it; this is for those that do not, and then clients of one account in one process share a limiter.
#[derive(Debug)]
pub struct Limiter {
    per_second: NonZeroU32,
    /// When each request of the last second went, and when those that wait will go; `rate` at the most.
    slots: Mutex<VecDeque<Instant>>,
}

impl Limiter {
    /// For so many requests a second; the specification's figure is 10.
    pub fn new(per_second: NonZeroU32) -> Self {
        let rate = per_second.get() as usize;
        Self { per_second, slots: Mutex::new(VecDeque::with_capacity(rate.min(1024))) }
    }

    /// Requests a second.
    pub(crate) fn per_second(&self) -> NonZeroU32 {
        self.per_second
    }

    /// Waits for this request's turn; false, at once, if that would come at `deadline` or later.
    pub(crate) async fn turn(&self, deadline: Instant) -> bool {
        let now = Instant::now();
        let Some(slot) = self.reserve(now, deadline) else { return false };
        if slot > now {
            sleep_until(slot).await;
        }
        true
    }

    fn reserve(&self, now: Instant, deadline: Instant) -> Option<Instant> {
        let rate = self.per_second.get() as usize;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        while slots.front().is_some_and(|slot| *slot + WINDOW <= now) {
            slots.pop_front();
        }
        let slot = match slots.front() {
            Some(&oldest) if slots.len() == rate => oldest + WINDOW,
            _ => now,
        };
        if slot >= deadline {
            return None;
        }
        if slots.len() == rate {
            slots.pop_front();
        }
        slots.push_back(slot);
        Some(slot)
    }
}
