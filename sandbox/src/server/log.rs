use posa_core::model::Operation;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// One operation request as the sandbox saw it. Holds no secret, no signature and no whole card number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RequestEntry {
    /// When it was decided, by the sandbox's clock: RFC 3339, UTC.
    pub at: String,
    /// The operation's name; `None` for a path that is none.
    pub operation: Option<String>,
    /// The body's format: `json` or `xml`.
    pub format: String,
    /// The partner whose key signed it.
    pub partner_id: Option<String>,
    /// As sent, at most 64 characters of it.
    pub request_id: Option<String>,
    /// The last four digits: `...8358`.
    pub card: Option<String>,
    /// `valid`, the name of the exception, or `not checked`.
    pub signature: String,
    /// What the client most likely did wrong, if the signature was refused.
    pub cause: Option<String>,
    /// The fault that fell upon it, if one did.
    pub fault: Option<String>,
    /// The answer in a few words: `SUCCESS Activated`, `F200 CardNumberNotFound`.
    pub verdict: String,
    /// The HTTP status; `None` if the connection was closed without an answer.
    pub status: Option<u16>,
    /// Whether the ledger changed.
    pub committed: bool,
    /// Microseconds from the end of the headers to the decision.
    pub duration_us: u64,
    /// On a mismatch: the canonical request of this side.
    pub expected_canonical_request: Option<String>,
    /// On a mismatch with a known cause: the canonical request that the client signed.
    pub signed_canonical_request: Option<String>,
    /// The first line in which the two differ.
    pub difference: Option<String>,
}

impl RequestEntry {
    pub(super) fn new(operation: Operation) -> Self {
        let (operation, signature) = (Some(operation.name().into()), "not checked".into());
        Self { operation, signature, ..Self::default() }
    }
}

/// The last 10,000 requests.
#[derive(Default)]
pub(crate) struct RequestLog(Mutex<VecDeque<RequestEntry>>);

impl RequestLog {
    const LENGTH: usize = 10_000;

    pub(crate) fn push(&self, entry: RequestEntry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == Self::LENGTH {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    pub(crate) fn list(&self) -> Vec<RequestEntry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
