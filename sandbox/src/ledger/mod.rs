//! The sandbox's books: cards, sales, funds and movements, and the business answer to every authenticated request.

mod checks;
mod control;
mod expiry;
mod operations;
mod store;
#[cfg(test)]
mod tests;
mod views;

pub use crate::mocks::F1000;
pub use views::{
    Card, CardState, Condition, Event, EventKind, Funds, Movement, MovementKind, NewCard, SaleStatus, Transaction,
};

use crate::catalogue::{self, Entry};
use crate::mocks::{Mock, mock};
use crate::wire::{self, CardInfo, Format, Refusal, Reply, Request, Success};
use checks::Strictness;
use jiff::Timestamp;
use operations::Done;
use posa_core::PartnerId;
use posa_core::model::Operation;
use rusqlite::{Connection, TransactionBehavior};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How a ledger behaves.
#[derive(Debug, Clone)]
pub(crate) struct LedgerOptions {
    /// A file that keeps it across restarts; `None` for memory.
    pub(crate) state: Option<PathBuf>,
    pub(crate) partners: Vec<PartnerId>,
    /// What the mock id `F1000` answers.
    pub(crate) f1000: F1000,
    /// Demands 19 digits.
    pub(crate) strict_card_numbers: bool,
    /// Demands letters and digits.
    pub(crate) strict_request_ids: bool,
    /// HTTP 500 in place of 400 for the classes F100, F400 and F500.
    pub(crate) server_error_status: bool,
    /// What each partner has at first in each currency, as a decimal.
    pub(crate) funds: String,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self {
            state: None,
            partners: Vec::new(),
            f1000: F1000::default(),
            strict_card_numbers: false,
            strict_request_ids: false,
            server_error_status: false,
            funds: "1000000.00".into(),
        }
    }
}

/// Safe for use from many threads; every operation is one database transaction.
#[derive(Debug)]
pub(crate) struct Ledger {
    connection: Mutex<Connection>,
    options: LedgerOptions,
}

/// Why an operation is not carried out.
enum Stop {
    /// Found on the input alone: `cardInfo` is null.
    Early(&'static Entry),
    /// Found later: `cardInfo` repeats the value that was asked for.
    Late(&'static Entry),
    /// Asked for by a mock id: nothing is echoed.
    Mock(&'static Entry),
    /// The sandbox's own trouble, such as a full disk.
    Internal(String),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl Ledger {
    /// The business answer to one authenticated request; `owner` is the partner whose key signed it, `now` the time
    /// of the sandbox's clock.
    pub(crate) fn answer(
        &self,
        owner: &PartnerId,
        operation: Operation,
        request_format: Format,
        reply_format: Format,
        body: &[u8],
        now: Timestamp,
    ) -> Reply {
        let request = match wire::read(operation, request_format, body) {
            Ok(request) => request,
            Err(unreadable) => return wire::refuse(reply_format, Some(operation), &Refusal::Unreadable(unreadable)),
        };
        match self.settle(owner, operation, &request, now) {
            Ok((success, committed)) => wire::succeed(reply_format, operation, &success, committed),
            Err(stop) => self.refuse(operation, reply_format, request, stop),
        }
    }

    /// The refusal of a request with an error of the caller's choice, whatever the request would have come to.
    pub(crate) fn fail(
        &self,
        operation: Operation,
        request_format: Format,
        reply_format: Format,
        body: &[u8],
        entry: &'static Entry,
    ) -> Reply {
        let request = wire::read(operation, request_format, body).unwrap_or_default();
        self.refuse(operation, reply_format, request, Stop::Late(entry))
    }

    fn settle(&self, owner: &PartnerId, operation: Operation, request: &Request, now: Timestamp) -> Result<Done, Stop> {
        checks::partner(owner, request)?;
        match request.request_id.as_deref().and_then(|id| mock(id, self.options.f1000)) {
            Some(Mock::Success) => return Ok((mock_success(operation, request), false)),
            Some(Mock::Failure(entry)) => return Err(Stop::Mock(entry)),
            None => {}
        }
        let strict =
            Strictness { card_numbers: self.options.strict_card_numbers, request_ids: self.options.strict_request_ids };
        let input = checks::input(operation, owner, request, strict)?;
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = operations::run(&transaction, owner, &input, now)?;
        transaction.commit()?;
        Ok(done)
    }

    fn refuse(&self, operation: Operation, format: Format, request: Request, stop: Stop) -> Reply {
        let value = request.value();
        let (entry, request_id, card, trouble) = match stop {
            Stop::Early(entry) => (entry, request.request_id, None, None),
            Stop::Late(entry) => {
                let card = value.map(|value| CardInfo { value: Some(value), ..CardInfo::default() });
                (entry, request.request_id, card, None)
            }
            Stop::Mock(entry) => (entry, None, None, None),
            Stop::Internal(trouble) => (catalogue::GENERAL_F100, request.request_id, None, Some(trouble)),
        };
        let status = if self.options.server_error_status && entry.class.is_of_the_service() { 500 } else { 400 };
        let mut reply = wire::refuse(format, Some(operation), &Refusal::Business { entry, status, request_id, card });
        if let Some(trouble) = trouble {
            reply.verdict.push_str(&format!(" (the sandbox's own trouble: {trouble})"));
        }
        reply
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mock_success(operation: Operation, request: &Request) -> Success {
    Success::echo(
        request,
        match operation {
            Operation::Activate | Operation::StatusCheck => CardState::Activated.name(),
            Operation::Deactivate => CardState::AwaitingActivation.name(),
        },
    )
}
