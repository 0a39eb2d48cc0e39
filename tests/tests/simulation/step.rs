use jiff::Timestamp;
use posa_core::Error;
use posa_core::journal::{Asker, BatchKey, Begun, Claim, Journal, MemoryJournal, Purpose, Settlement};
use posa_core::model::{Activate, CardNumber, Endpoint, PartnerId, RequestId};

/// One durable step of a journal, with what it was called with.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Bind(PartnerId, Endpoint),
    BatchKey(BatchKey),
    Activation { id: RequestId, sale: Activate, asker: Asker, now: Timestamp, until: Timestamp },
    Reversal { id: RequestId, card: CardNumber, purpose: Purpose, asker: Asker, now: Timestamp, until: Timestamp },
    Attempt { claim: Claim, attempt: u32, now: Timestamp, until: Timestamp, signed_until: Timestamp },
    Settle { claim: Claim, settlement: Settlement, now: Timestamp },
    Hear { id: RequestId, fence: u64, told: bool, now: Timestamp },
}

impl Step {
    /// The sale that it is about.
    pub(super) fn id(&self) -> Option<&RequestId> {
        match self {
            Self::Bind(..) | Self::BatchKey(_) => None,
            Self::Activation { id, .. } | Self::Reversal { id, .. } | Self::Hear { id, .. } => Some(id),
            Self::Attempt { claim, .. } | Self::Settle { claim, .. } => Some(&claim.request_id),
        }
    }

    /// It asks for a claim that somebody else may have.
    pub(super) fn begins(&self) -> bool {
        matches!(self, Self::Activation { .. } | Self::Reversal { .. })
    }

    /// It asks for a lease.
    pub(super) fn leases(&self) -> bool {
        self.begins() || matches!(self, Self::Attempt { .. })
    }

    /// Takes it on a journal; `None` for a step that begins nothing.
    pub(super) async fn take(&self, journal: &MemoryJournal) -> Result<Option<Begun>, Error> {
        match self {
            Self::Bind(partner, endpoint) => journal.bind(partner, endpoint).await.map(|()| None),
            Self::BatchKey(fresh) => journal.batch_key(fresh).await.map(|_| None),
            Self::Activation { id, sale, asker, now, until } => {
                journal.begin_activation(id, sale, *asker, *now, *until).await.map(Some)
            }
            Self::Reversal { id, card, purpose, asker, now, until } => {
                journal.begin_reversal(id, card, *purpose, *asker, *now, *until).await.map(Some)
            }
            Self::Attempt { claim, attempt, now, until, signed_until } => {
                journal.attempt(claim, *attempt, *now, *until, *signed_until).await.map(|()| None)
            }
            Self::Settle { claim, settlement, now } => {
                journal.settle(claim, settlement.clone(), *now).await.map(|()| None)
            }
            Self::Hear { id, fence, told, now } => journal.note_told(id, *fence, *told, *now).await.map(|()| None),
        }
    }
}
