use jiff::{SignedDuration, Timestamp};
use posa_core::Error;
use serde::Serialize;
use std::sync::{Mutex, PoisonError};

/// The sandbox's time: the machine's, or a frozen instant, and an offset.
#[derive(Default)]
pub(crate) struct Clock(Mutex<State>);

#[derive(Default, Clone, Copy)]
struct State {
    offset: SignedDuration,
    frozen: Option<Timestamp>,
}

/// The sandbox's clock, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockView {
    /// RFC 3339, UTC.
    pub now: String,
    /// Seconds by which it is ahead of the machine's clock, or of the frozen instant.
    pub offset_seconds: i64,
    /// Whether time stands still.
    pub frozen: bool,
}

/// A century either way.
const LIMIT: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        self.state(|state| state.now())
    }

    pub(crate) fn view(&self) -> ClockView {
        self.state(|state| ClockView {
            now: state.now().to_string(),
            offset_seconds: state.offset.as_secs(),
            frozen: state.frozen.is_some(),
        })
    }

    pub(crate) fn set_offset(&self, seconds: i64) -> Result<(), Error> {
        let offset = SignedDuration::from_secs(seconds);
        if offset > LIMIT || offset < -LIMIT {
            let message =
                format!("offset_seconds {seconds} is more than a century; stay within 3,162,240,000 either way");
            return Err(Error::invalid("offset_seconds", message));
        }
        self.state(|state| state.offset = offset);
        Ok(())
    }

    pub(crate) fn advance(&self, seconds: i64) -> Result<(), Error> {
        let offset = self.state(|state| state.offset.as_secs());
        self.set_offset(offset.saturating_add(seconds))
    }

    /// Stops time at this instant, or lets it run again from the machine's clock.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.state(|state| state.frozen = frozen.then(|| state.frozen.unwrap_or_else(Timestamp::now)));
    }

    pub(crate) fn reset(&self) {
        self.state(|state| *state = State::default());
    }

    fn state<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn now(&self) -> Timestamp {
        let base = self.frozen.unwrap_or_else(Timestamp::now);
        base.saturating_add(self.offset).unwrap_or(base)
    }
}
