//! What becomes of a sale without an outcome: it is settled with the id it has, or it is given up and reversed.

mod policy;
mod run;

pub use policy::{Plan, Policy};
pub use run::{Recover, Recovered};
