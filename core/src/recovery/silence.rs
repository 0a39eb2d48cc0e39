use crate::error::{Cause, Error, ErrorKind};
use std::time::Duration;
use tokio::time::Instant;

/// So many sales in a row without an answer are no longer those sales' own affair.
const SALES: u32 = 3;

/// What was heard of one sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// The gateway's word.
    Answer,
    /// Nothing, although something was tried.
    Silence,
    /// Nothing was tried.
    Nothing,
}

impl Heard {
    /// What an error tells. The journal, a signer and the account's queue keep as silent as a gateway does.
    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            _ if error.is_answer() => Self::Answer,
            // Only an answer tells that, once something was tried.
            _ if matches!(error.cause(), Some(Cause::NotBefore(_))) => Self::Answer,
            ErrorKind::Conflict => Self::Nothing,
            _ => Self::Silence,
        }
    }
}

/// Whether it is any use to go on with the next sale: not, if none was answered for as long as an operation may take.
pub(super) struct Silence {
    limit: Duration,
    heard_at: Instant,
    in_a_row: u32,
}

impl Silence {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, heard_at: Instant::now(), in_a_row: 0 }
    }

    pub(super) fn note(&mut self, heard: Heard) {
        match heard {
            Heard::Answer => *self = Self::new(self.limit),
            Heard::Silence => self.in_a_row = self.in_a_row.saturating_add(1),
            Heard::Nothing => {}
        }
    }

    pub(super) fn is_long(&self) -> bool {
        self.in_a_row >= SALES && self.heard_at.elapsed() >= self.limit
    }
}
