//! Faults under load: whatever fails while many sales are in flight, the books agree in the end.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod crowd;
mod faults;
mod full_disk;
mod mount;
mod races;
mod removed;
mod restarted;
