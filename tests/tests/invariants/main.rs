//! The money-safety invariants that need no durable journal, each a test of its name.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod adopted;
mod bounds;
mod clocks;
mod harness;
mod heard;
mod identity;
mod joined;
mod journal;
mod meanwhile;
mod outcomes;
mod privacy;
mod recovery;
mod refusals;
mod reversal;
mod told;
mod transport;
mod unfinished;
mod unsent;
