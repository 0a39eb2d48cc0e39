//! Activate, deactivate and check Amazon gift cards at the point of sale, exactly once.
//!
//! The three operations of Amazon's Incentives API for physical cards (ActivateGiftCard, DeactivateGiftCard,
//! ActivationStatusCheck) with everything that keeps the money right around them: validated values, SigV4
//! signing, retries of one id inside one deadline, and a journal that is written before the first byte leaves.
//!
//! Every operation ends in exactly one of three outcomes: a [`Receipt`], an [`Error`] that says the gateway
//! refused it or never saw it, or an [`Error`] of kind [`ErrorKind::OutcomeUnknown`] that carries the request
//! id which settles it.

pub mod batch;
pub mod engine;
pub mod error;
pub mod inventory;
pub mod journal;
pub mod model;
pub mod recovery;
pub mod sign;
mod table;
pub mod transport;
pub mod wire;

pub use engine::{Client, ClientBuilder};
pub use error::{Delivery, Error, ErrorKind};
pub use model::{
    Activate, Amount, CardNumber, CardStatus, Currency, Deactivate, Endpoint, Environment, Marketplace, PartnerId,
    Receipt, RequestId, StatusCheck, TransactionSource,
};

/// A boxed future, for the traits that are used as objects.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
