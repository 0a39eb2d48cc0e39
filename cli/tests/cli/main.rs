//! The built command, as a shell sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod batch;
mod certify;
mod demo;
mod doctor;
#[cfg(unix)]
mod documents;
#[cfg(unix)]
mod exports;
mod files;
mod journal;
mod journal_file;
mod operations;
mod reconcile;
mod recovery;
mod sandbox;
mod settings;
mod signatures;
mod support;
mod untold;
mod words;
