//! Many sales at once: each charged once, however often its batch is run and wherever that stops.
#![allow(clippy::panic, clippy::unwrap_used)]

mod between;
mod feed;
mod files;
mod gateway;
mod outage;
mod resume;
mod rows;
mod till;

use posa_core::batch::{BatchOptions, Entry, Row, Rows};
use std::num::NonZeroUsize;

fn places(concurrency: usize) -> BatchOptions {
    BatchOptions { concurrency: NonZeroUsize::new(concurrency).unwrap(), ..BatchOptions::default() }
}

/// All rows, by index.
async fn all<I: Iterator<Item: Into<Entry>>>(mut rows: Rows<I>) -> Vec<Row> {
    let mut read = Vec::new();
    while let Some(row) = rows.next().await {
        read.push(row);
    }
    read.sort_by_key(|row| row.index);
    read
}

fn outcome(row: &Row) -> &str {
    row.outcome.as_ref().map_or_else(|error| error.kind().name(), |_| "done")
}
