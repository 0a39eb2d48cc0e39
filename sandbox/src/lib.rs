//! A gateway that speaks the gift-card activation protocol on the user's own machine.
//!
//! It verifies SigV4 signatures and explains a mismatch, keeps cards, funds and transactions, and can be told to
//! fail in the ways that matter to money: an answer lost after the commit, a request that arrives late, a body cut
//! in half. No Amazon account is needed.
//!
//! ```no_run
//! # async fn example() -> Result<(), posa_core::Error> {
//! use posa_sandbox::{Fault, FaultKind, Sandbox};
//!
//! let sandbox = Sandbox::start().await?;
//! sandbox.inject(Fault::new(FaultKind::DropAfterCommit))?;
//! println!("a client of {} finds it at {}", sandbox.partner_id(), sandbox.endpoint().url());
//! assert!(sandbox.movements()?.is_empty());
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```

mod admission;
mod catalogue;
mod control;
mod dashboard;
mod faults;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod inventory;
mod ledger;
mod mocks;
mod server;
mod verify;
mod wire;

pub use catalogue::error_types;
pub use control::State;
pub use faults::{FAULTS, Fault, FaultDescription, FaultKind};
pub use ledger::{
    Card, CardState, Condition, Event, EventKind, F1000, Funds, Movement, MovementKind, NewCard, SaleStatus,
    Transaction,
};
pub use server::{ClockView, Partner, Ready, ReadyCard, RequestEntry, Sandbox, Settings};
