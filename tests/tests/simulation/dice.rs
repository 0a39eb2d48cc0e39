use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A seeded source of chance. Each part of the world has its own, so that one part's draws leave the others' alone.
pub(super) struct Dice(Mutex<fastrand::Rng>);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// Another source, which this one decides.
    pub(super) fn fork(&self) -> Self {
        Self(Mutex::new(self.rng().fork()))
    }

    /// The same source once more: both go on with the same draws.
    pub(super) fn twin(&self) -> Self {
        Self(Mutex::new(self.rng().clone()))
    }

    pub(super) fn per_mille(&self, chance: u32) -> bool {
        self.rng().u32(0..1000) < chance
    }

    pub(super) fn coin(&self) -> bool {
        self.rng().bool()
    }

    /// From `low` to `high`, both included.
    pub(super) fn number(&self, low: u32, high: u32) -> u32 {
        self.rng().u32(low..=high)
    }

    /// A time in milliseconds, from `low` to `high`, both included.
    pub(super) fn millis(&self, low: u32, high: u32) -> Duration {
        Duration::from_millis(self.number(low, high).into())
    }

    pub(super) fn pick<'a, T>(&self, choices: &'a [T]) -> Option<&'a T> {
        match choices {
            [] => None,
            _ => choices.get(self.rng().usize(..choices.len())),
        }
    }

    pub(super) fn fill(&self, bytes: &mut [u8]) {
        self.rng().fill(bytes);
    }

    fn rng(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
