//! What the Rust tests share: the vectors' and scenarios' shapes, till processes, servers, and the check of the books.

#![allow(clippy::expect_used, clippy::panic)]

#[cfg(unix)]
pub mod books;
mod given;
mod meddled;
#[cfg(unix)]
pub mod postgres;
pub mod shop;
pub mod till;

pub use given::{Built, Given, Source};
pub use meddled::{Latecomer, Meddled, Meddler, Step};

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// A folder of this crate, such as `vectors`.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Reads one JSON document into the runner's types.
///
/// # Panics
/// The file is not there or has another shape: the test that asks for it fails.
pub fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Reads `vectors/<name>.json`.
///
/// # Panics
/// As [`read`].
pub fn vectors<T: DeserializeOwned>(name: &str) -> T {
    read(&folder("vectors").join(name).with_extension("json"))
}

/// The README's example is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// And that of the page on batches.
#[cfg(doctest)]
#[doc = include_str!("../../docs/batch.md")]
pub struct BatchPage;

/// And that of the page on the report.
#[cfg(doctest)]
#[doc = include_str!("../../docs/reconcile.md")]
pub struct ReconcilePage;
