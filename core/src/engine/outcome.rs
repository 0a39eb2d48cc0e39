//! What came of an operation: recorded first, then told.

use super::classify::Confirmed;
use super::hearing::Hearers;
use super::inner::Inner;
use super::seams::EventKind;
use crate::error::{Delivery, Error, ErrorKind};
use crate::journal::{Claim, Settlement, Transaction};
use crate::model::{CardStatus, Operation, Receipt, RequestId};
use crate::wire::Request;
use jiff::Timestamp;
use tokio::time::timeout;

impl Inner {
    /// Records what came of an operation, and whether somebody waits to hear it.
    pub(crate) async fn settle(
        &self,
        claim: &Claim,
        settlement: Settlement,
        now: Timestamp,
        hearers: Option<&Hearers>,
    ) -> Result<(), Error> {
        let hearers = hearers.filter(|hearers| !self.acknowledges && hearers.any());
        let (told, is_open) = (hearers.is_some(), settlement.state.is_open());
        let journal = self.journal_for(&claim.request_id);
        if let Err(lost) = journal.settle(claim, Settlement { told, ..settlement }, now).await {
            // It may stand all the same, and then nobody hears of it.
            if told && lost.kind() == ErrorKind::OutcomeUnknown {
                self.note_unheard(&claim.request_id, claim.fence).await;
            }
            return Err(lost);
        }
        if let Some(hearers) = hearers.filter(|_| !is_open) {
            hearers.noted(claim.fence);
        }
        Ok(())
    }

    /// An outcome that nobody had heard is told to whoever asks again.
    pub(crate) async fn hear_again(&self, known: &Transaction, hearers: Option<&Hearers>) {
        let Some(hearers) = hearers else { return };
        if known.is_untold() && !self.acknowledges && hearers.any() {
            // Nobody who has a receipt waits for this.
            let noted = self.journal_for(&known.request_id).note_told(&known.request_id, known.fence, true, self.now());
            let _ = timeout(self.attempt_timeout, noted).await;
            hearers.noted(known.fence);
        }
    }

    /// Whoever waited for the outcome of that fence has gone. As an outcome, this is recorded however long it takes.
    pub(super) async fn note_unheard(&self, id: &RequestId, fence: u64) {
        // A journal that fails here lists one outcome too few, which changes nothing of the sale.
        let _ = self.journal_for(id).note_told(id, fence, false, self.now()).await;
    }

    /// The caller hears an outcome only once the journal has it; one that is not kept is unknown again.
    pub(super) fn report(
        &self,
        request: Request<'_>,
        outcome: Result<Confirmed, Error>,
        attempts: u32,
        kept: Result<(), Error>,
    ) -> Result<Receipt, Error> {
        let word = |outcome: &Result<_, Error>| outcome.as_ref().map_or_else(|error| error.kind().name(), |_| "done");
        let outcome = match kept {
            Ok(()) => outcome,
            Err(lost) => {
                let (answered, why) = (word(&outcome), lost.message());
                let message =
                    format!("the outcome ({answered}) could not be recorded: {why}; repeat with the same request id");
                let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message);
                Err(error.with_transaction(request.request_id(), request.card(), attempts))
            }
        };
        self.tell_of(request, attempts, EventKind::Settled { outcome: word(&outcome) });
        outcome.map(|confirmed| receipt(request, confirmed, attempts))
    }
}

/// What the gateway says of an activation contradicts itself for good.
pub(super) fn needs_attention(error: &Error) -> Error {
    let message = format!("a person has to look at the card: {}", error.message());
    let stuck = Error::new(ErrorKind::NeedsAttention, Delivery::Answered, message);
    let (id, card) = (error.request_id().unwrap_or_default(), error.card().unwrap_or_default());
    stuck.with_transaction(id, card, error.attempts())
}

fn receipt(request: Request<'_>, confirmed: Confirmed, attempts: u32) -> Receipt {
    Receipt {
        operation: request.operation(),
        request_id: request.request_id().clone(),
        card_number: request.card().clone(),
        card_status: confirmed.card_status,
        amount: confirmed.amount,
        expiration: confirmed.expiration,
        attempts,
    }
}

/// The receipt of an operation that the journal has as done.
pub(super) fn recorded(operation: Operation, known: Transaction) -> Receipt {
    let card_status = match operation {
        Operation::Deactivate => CardStatus::AwaitingActivation,
        Operation::Activate | Operation::StatusCheck => CardStatus::Activated,
    };
    Receipt {
        operation,
        card_status,
        amount: Some(known.sale.amount),
        request_id: known.request_id,
        card_number: known.sale.card,
        expiration: known.expiration,
        attempts: 0,
    }
}
