use crate::error::Error;
use crate::model::{LastFour, Operation, RequestId};
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;

/// The wall clock. Waiting goes through the tokio runtime's timer.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Randomness for request ids and for jitter.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    ///
    /// # Errors
    /// No randomness can be had; nothing is sent then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error>;
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes).map_err(|e| {
            Error::configuration(
                "request_id",
                format!("the operating system gives no randomness for a request id: {e}"),
            )
        })
    }
}

/// Told what happens while an operation runs. Called on the runtime's threads: hand the event on and return.
pub trait Observer: Send + Sync {
    /// One event.
    fn on_event(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn on_event(&self, event: &Event<'_>) {
        self(event);
    }
}

/// Something that happened to an operation.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// The operation.
    pub operation: Operation,
    /// The id of the sale.
    pub request_id: &'a RequestId,
    /// The card; prints its last four digits.
    pub card: LastFour<'a>,
    /// The number of the request, from 1; 0 before the first.
    pub attempt: u32,
    /// What happened.
    pub kind: EventKind<'a>,
}

/// What an [`Event`] tells.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// The journal's file did not exist, and this sale made it: no earlier sale is in it.
    JournalCreated {
        /// The file.
        path: &'a Path,
    },
    /// A request is about to be sent.
    Sending,
    /// The same request goes again after a pause.
    Retrying {
        /// The pause.
        after: Duration,
        /// Why.
        because: &'a str,
    },
    /// This machine's clock is wrong by so many seconds; signatures are made with the gateway's time from here on.
    SkewCorrected {
        /// The gateway's time less this machine's.
        seconds: i64,
    },
    /// The gateway refused the key, and the credentials source has another one.
    KeyRenewed,
    /// Something that has worked so far and is not sure to: no reason to stop a sale.
    Warning {
        /// What, and what is sure.
        what: &'a str,
    },
    /// The gateway's answer contradicts the request. Somebody should look.
    Alarm {
        /// What contradicts.
        what: &'a str,
    },
    /// The sales of a batch wait from here on: this one did not get through, for no fault of its own.
    BatchPaused {
        /// Why.
        because: &'a str,
    },
    /// This sale of a batch got through, and the others go on.
    BatchResumed,
    /// It is over, and the journal has it.
    Settled {
        /// The outcome in one word: `done`, or the error kind's name.
        outcome: &'a str,
    },
}
