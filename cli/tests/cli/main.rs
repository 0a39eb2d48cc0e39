//! The built command, as a shell sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod demo;
mod files;
mod operations;
mod sandbox;
mod settings;
mod signatures;
mod support;
