//! Each target in a file of its own.

pub(crate) mod amounts;
pub(crate) mod answers;
pub(crate) mod answers_written;
pub(crate) mod cards;
pub(crate) mod ids;
pub(crate) mod inventory;
pub(crate) mod names;
pub(crate) mod questions;
pub(crate) mod register;
pub(crate) mod requests;
pub(crate) mod requests_written;
pub(crate) mod sales;
pub(crate) mod signatures;
pub(crate) mod signed;
pub(crate) mod stores;
mod table;
