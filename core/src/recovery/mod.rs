//! What becomes of a sale without an outcome: it is settled with the id it has, or it is given up and reversed.

mod one;
mod policy;
mod reconcile;
mod run;
mod sales;
mod silence;

pub use policy::{Look, Plan, Policy};
pub use reconcile::{Counts, Difference, Period, Reason, RegisterSale, Report, read_register};
pub use run::{Recover, Recovered, Unfinished};
