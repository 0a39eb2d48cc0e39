//! The client: three operations, each one id, one deadline and one outcome.

mod asked;
mod attempts;
mod builder;
mod classify;
mod client;
mod earlier;
mod guarded;
mod limiter;
mod policy;
mod seams;
mod signature;
mod signing;
mod skew;

pub use builder::ClientBuilder;
pub use classify::{Confirmed, Failure, Verdict, classify};
pub use client::Client;
pub(crate) use client::{Inner, runtime};
pub use earlier::{Earlier, REFUSALS, Tells, tells};
pub use limiter::Limiter;
pub use policy::{Class, Retry};
pub use seams::{Clock, Entropy, Event, EventKind, Observer, OsEntropy, SystemClock};
