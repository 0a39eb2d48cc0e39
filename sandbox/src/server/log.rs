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
    /// The last four digits: `...7585`.
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

    /// What it takes of memory, in bytes.
    fn size(&self) -> usize {
        let Self {
            at,
            operation,
            format,
            partner_id,
            request_id,
            card,
            signature,
            cause,
            fault,
            verdict,
            status: _,
            committed: _,
            duration_us: _,
            expected_canonical_request,
            signed_canonical_request,
            difference,
        } = self;
        let optional = [
            operation,
            partner_id,
            request_id,
            card,
            cause,
            fault,
            expected_canonical_request,
            signed_canonical_request,
            difference,
        ];
        let texts = [at, format, signature, verdict].into_iter().chain(optional.into_iter().flatten());
        size_of::<Self>() + texts.map(String::capacity).sum::<usize>()
    }
}

/// The last 10,000 requests, or fewer where they take more than 32 MiB; each under a number that no other has, from 1.
#[derive(Default)]
pub(crate) struct RequestLog(Mutex<State>);

#[derive(Default)]
struct State {
    entries: VecDeque<RequestEntry>,
    /// What they take of memory.
    bytes: usize,
    /// How many have left the log.
    gone: u64,
    /// How often it was emptied.
    emptied: u64,
}

/// A stretch of the log, newest first.
pub(crate) struct Page {
    /// Each with its number.
    pub(crate) entries: Vec<(u64, RequestEntry)>,
    /// Whether there are older ones than these.
    pub(crate) more: bool,
    /// The number of the newest in the log.
    pub(crate) newest: u64,
    /// How many the log holds.
    pub(crate) total: usize,
    pub(crate) emptied: u64,
}

impl RequestLog {
    pub(crate) const LENGTH: usize = 10_000;
    /// A client whose signatures fail, with big headers, leaves 37 kB a request.
    pub(crate) const BYTES: usize = 32 * 1024 * 1024;

    pub(crate) fn push(&self, entry: RequestEntry) {
        self.state(|state| {
            let size = entry.size();
            while (state.entries.len() == Self::LENGTH || state.bytes + size > Self::BYTES)
                && let Some(oldest) = state.entries.pop_front()
            {
                state.bytes -= oldest.size();
                state.gone += 1;
            }
            state.bytes += size;
            state.entries.push_back(entry);
        });
    }

    pub(crate) fn list(&self) -> Vec<RequestEntry> {
        self.state(|state| state.entries.iter().cloned().collect())
    }

    /// The newest entries with a number below `before`, at most `limit` of them.
    pub(crate) fn page(&self, before: Option<u64>, limit: usize) -> Page {
        self.state(|state| {
            let total = state.entries.len();
            let end = before.map_or(total, |before| state.place(before).min(total));
            let start = end.saturating_sub(limit);
            let numbers = state.gone + 1 + start as u64..;
            let mut entries: Vec<_> = numbers.zip(state.entries.range(start..end).cloned()).collect();
            entries.reverse();
            let newest = state.gone + total as u64;
            Page { entries, more: start > 0, newest, total, emptied: state.emptied }
        })
    }

    pub(crate) fn find(&self, number: u64) -> Option<RequestEntry> {
        self.state(|state| (number > state.gone).then(|| state.entries.get(state.place(number)).cloned()).flatten())
    }

    pub(crate) fn clear(&self) {
        self.state(|state| {
            state.gone += state.entries.len() as u64;
            state.entries.clear();
            state.bytes = 0;
            state.emptied += 1;
        });
    }

    fn state<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// Where the entry of a number stands, or would stand.
    fn place(&self, number: u64) -> usize {
        usize::try_from(number.saturating_sub(self.gone + 1)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn numbers(page: &Page) -> Vec<u64> {
        page.entries.iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn pages_go_back_to_the_oldest_entry_and_numbers_are_never_used_again() {
        let log = RequestLog::default();
        (0..5).for_each(|_| log.push(RequestEntry::default()));
        let first = log.page(None, 2);
        assert_eq!((numbers(&first), first.more, first.newest, first.total), (vec![5, 4], true, 5, 5));
        assert_eq!(numbers(&log.page(Some(4), 2)), [3, 2]);
        let last = log.page(Some(2), 2);
        assert_eq!((numbers(&last), last.more), (vec![1], false));
        for beyond in [0, 1] {
            assert!(log.page(Some(beyond), 2).entries.is_empty());
        }
        assert_eq!(numbers(&log.page(Some(u64::MAX), 1)), [5]);

        log.clear();
        log.push(RequestEntry { verdict: "after".into(), ..RequestEntry::default() });
        let page = log.page(None, 2);
        assert_eq!((numbers(&page), page.emptied), (vec![6], 1));
        assert_eq!(log.find(6).unwrap().verdict, "after");
        for gone in [0, 5, 7, u64::MAX] {
            assert_eq!(log.find(gone), None, "{gone}");
        }
    }

    #[test]
    fn a_full_log_loses_its_oldest_entry() {
        let log = RequestLog::default();
        (0..=RequestLog::LENGTH).for_each(|_| log.push(RequestEntry::default()));
        let page = log.page(None, 1);
        assert_eq!((page.total, page.newest), (RequestLog::LENGTH, RequestLog::LENGTH as u64 + 1));
        assert_eq!(log.find(1), None);
        assert!(log.find(2).is_some());
    }

    #[test]
    fn a_log_of_big_entries_keeps_within_its_bytes_and_its_newest() {
        let log = RequestLog::default();
        let big =
            |bytes| RequestEntry { expected_canonical_request: Some("x".repeat(bytes)), ..RequestEntry::default() };
        (0..40).for_each(|_| log.push(big(1024 * 1024)));
        let page = log.page(None, 1);
        assert_eq!((page.total, page.newest), (31, 40));
        assert!(log.find(9).is_none() && log.find(10).is_some());
        log.push(big(RequestLog::BYTES));
        assert_eq!(log.page(None, 1).total, 1, "the newest stays, however big");
        log.push(RequestEntry::default());
        assert_eq!(log.page(None, 1).total, 1);
        log.clear();
        (0..40).for_each(|_| log.push(big(1024 * 1024)));
        assert_eq!(log.page(None, 1).total, 31);
    }
}
