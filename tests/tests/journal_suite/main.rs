//! What every journal promises, each a test of its name, over every journal: `memory::`, `sqlite::`, `postgres::`.
#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

mod given;
mod place;

mod begin;
mod bind;
mod durable;
mod history;
mod lease;
mod list;
mod race;
mod recovery;
mod restore;
mod reversal;
mod settle;
mod told;
