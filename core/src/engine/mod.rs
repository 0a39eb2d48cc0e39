//! The client: three operations, each one id, one deadline and one outcome.

mod admit;
mod asked;
mod attempts;
mod builder;
mod classify;
mod client;
mod earlier;
mod guarded;
mod hearing;
mod inner;
mod limiter;
mod outcome;
mod policy;
mod running;
mod seams;
mod signature;
mod signing;
mod skew;
mod steps;
mod under_way;

pub use builder::ClientBuilder;
pub use classify::{Confirmed, Failure, Verdict, classify};
pub use client::{Client, Times};
pub use earlier::{Earlier, REFUSALS, Tells, tells};
pub(crate) use hearing::Hearers;
pub(crate) use inner::Inner;
pub use limiter::Limiter;
pub use policy::{Class, Retry};
pub(crate) use running::runtime;
pub use seams::{Clock, Entropy, Event, EventKind, Observer, OsEntropy, SystemClock};
pub(crate) use under_way::{Entered, UnderWay, Work};
