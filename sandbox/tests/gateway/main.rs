//! The sandbox as a client sees it: over the wire, byte by byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod control;
mod dashboard;
mod faults;
mod hostile;
mod life;
mod signatures;
mod tolerances;
