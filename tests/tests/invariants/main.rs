//! The money-safety invariants that need no durable journal, each a test of its name.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod bounds;
mod clocks;
mod harness;
mod identity;
mod journal;
mod meanwhile;
mod outcomes;
mod privacy;
mod recovery;
mod refusals;
mod reversal;
mod told;
mod transport;
mod unsent;
