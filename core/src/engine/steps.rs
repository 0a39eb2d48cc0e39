//! The steps of an operation: its intent recorded, its requests sent, its outcome recorded and told.

use super::attempts::{Attempts, Outcome};
use super::hearing::Hearers;
use super::inner::Inner;
use super::outcome::{needs_attention, recorded};
use super::seams::EventKind;
use crate::error::{Delivery, Error, ErrorKind};
use crate::journal::{Asker, Begun, Claim, Purpose, Settlement, State, Transaction, patience};
use crate::model::{Activate, CardNumber, CardStatus, Deactivate, Operation, Receipt, RequestId, StatusCheck};
use crate::wire::Request;
use jiff::Timestamp;
use std::sync::atomic::Ordering;
use tokio::time::{Instant, timeout_at};

impl Inner {
    /// The journal, ready for a step. One that cannot be opened in time has recorded nothing.
    async fn opened(&self, deadline: Instant) -> Result<(), Error> {
        let late = |_| {
            let message = "the journal could not be opened before the deadline; nothing was recorded or sent";
            Error::new(ErrorKind::Journal, Delivery::NotSent, message)
        };
        timeout_at(deadline, self.bind()).await.map_err(late)?
    }

    pub(super) async fn activate(
        &self,
        id: &RequestId,
        sale: &Activate,
        deadline: Instant,
        hearers: &Hearers,
    ) -> Result<Receipt, Error> {
        match self.begin_activation(id, sale, Asker::Caller, deadline).await? {
            Begun::Settled(known) => {
                self.hear_again(&known, Some(hearers)).await;
                Ok(recorded(Operation::Activate, *known))
            }
            Begun::Claimed(claim) => self.activate_claimed(id, sale, claim, deadline, Some(hearers)).await,
        }
    }

    pub(super) async fn deactivate(
        &self,
        reversal: &Deactivate,
        deadline: Instant,
        hearers: &Hearers,
    ) -> Result<Receipt, Error> {
        match self.begin_reversal(reversal, Purpose::Return, Asker::Caller, deadline).await? {
            Begun::Settled(known) => {
                self.hear_again(&known, Some(hearers)).await;
                Ok(recorded(Operation::Deactivate, *known))
            }
            Begun::Claimed(claim) => {
                self.reverse_claimed(reversal, Purpose::Return, claim, deadline, Some(hearers)).await
            }
        }
    }

    /// Takes a sale into the journal that was made elsewhere. A status check does not tell by which id a card was
    /// activated; of a card that is active, the same activation once more does, and charges nothing.
    pub(super) async fn adopt(
        &self,
        id: &RequestId,
        sale: &Activate,
        deadline: Instant,
        hearers: &Hearers,
    ) -> Result<Receipt, Error> {
        if self.known(id, deadline).await?.is_none() {
            let check = StatusCheck::new(id.clone(), sale.card.clone());
            let seen = self.check_status(&check, deadline).await?;
            if seen.card_status != CardStatus::Activated {
                let message = format!(
                    "card {} is {}, so there is no sale to adopt; activate it to sell it",
                    sale.card, seen.card_status
                );
                let error = Error::new(ErrorKind::Rejected, Delivery::Answered, message);
                return Err(error.with_transaction(id, &sale.card, seen.attempts));
            }
        }
        self.activate(id, sale, deadline, hearers).await
    }

    /// The journal's row of a sale, if there is one.
    pub(crate) async fn known(&self, id: &RequestId, deadline: Instant) -> Result<Option<Transaction>, Error> {
        let late = |_| {
            let message = "the journal could not be read before the deadline";
            Error::new(ErrorKind::Journal, Delivery::NotSent, message)
        };
        let read = async {
            self.bind().await?;
            self.journal.transaction(id).await
        };
        timeout_at(deadline, read).await.map_err(late)?
    }

    pub(crate) async fn begin_activation(
        &self,
        id: &RequestId,
        sale: &Activate,
        asker: Asker,
        deadline: Instant,
    ) -> Result<Begun, Error> {
        let begun = async {
            self.opened(deadline).await?;
            let now = self.now();
            let begun = self.journal_for(id).begin_activation(id, sale, asker, now, self.lease_until(now));
            recorded_by(deadline, begun).await
        };
        let begun = begun.await.map_err(|error| error.with_transaction(id, &sale.card, 0))?;
        if asker == Asker::Caller && matches!(begun, Begun::Claimed(_)) {
            self.shared.asked.note(id, self.clock.now());
        }
        self.announce(id, &sale.card);
        Ok(begun)
    }

    /// Says once that the sale made the journal.
    fn announce(&self, id: &RequestId, card: &CardNumber) {
        if let Some(path) = self.journal.made()
            && !self.shared.announced.swap(true, Ordering::Relaxed)
        {
            self.tell(Operation::Activate, id, card, 0, EventKind::JournalCreated { path });
        }
    }

    pub(crate) async fn begin_reversal(
        &self,
        reversal: &Deactivate,
        purpose: Purpose,
        asker: Asker,
        deadline: Instant,
    ) -> Result<Begun, Error> {
        let Deactivate { request_id: id, card, .. } = reversal;
        let begun = async {
            self.opened(deadline).await?;
            let now = self.now();
            let begun = self.journal_for(id).begin_reversal(id, card, purpose, asker, now, self.lease_until(now));
            recorded_by(deadline, begun).await
        };
        begun.await.map_err(|error| error.with_transaction(id, card, 0))
    }

    pub(crate) async fn activate_claimed(
        &self,
        id: &RequestId,
        sale: &Activate,
        claim: Claim,
        deadline: Instant,
        hearers: Option<&Hearers>,
    ) -> Result<Receipt, Error> {
        let request = Request::Activate(sale, id);
        let outcome = Attempts::new(self, request, Some(&claim), deadline).run().await;
        let Outcome { result, attempts, signed, date } = outcome;
        let now = self.now();
        let settlement = match &result {
            Ok(confirmed) => Settlement::done(State::Activated, attempts, confirmed.expiration.clone()),
            Err(error) => self.recovery.after_failed_activation(claim.before.as_deref(), error, now, signed, date),
        };
        debug_assert!(State::Sending.may_become(settlement.state), "an activation ends {}", settlement.state);
        let stuck = settlement.state == State::Attention;
        let result = result.map_err(|error| if stuck { needs_attention(&error) } else { error });
        if !settlement.state.is_open() {
            self.shared.asked.forget(id);
        }
        let kept = self.settle(&claim, Settlement { sent_at: signed, ..settlement }, now, hearers).await;
        self.report(request, result, attempts, kept)
    }

    /// `purpose` decides what a refusal leaves behind. The card goes as it was activated, with the same digits.
    pub(crate) async fn reverse_claimed(
        &self,
        reversal: &Deactivate,
        purpose: Purpose,
        claim: Claim,
        deadline: Instant,
        hearers: Option<&Hearers>,
    ) -> Result<Receipt, Error> {
        let mut reversal = reversal.clone();
        if let Some(before) = &claim.before {
            reversal.card = before.sale.card.clone();
        }
        let request = Request::Deactivate(&reversal);
        let outcome = Attempts::new(self, request, Some(&claim), deadline).run().await;
        let Outcome { result, attempts, date, .. } = outcome;
        let now = self.now();
        let settlement = match &result {
            Ok(confirmed) => Settlement::done(State::Deactivated, attempts, confirmed.expiration.clone()),
            Err(error) => self.recovery.after_failed_reversal(claim.before.as_deref(), purpose, error, now, date),
        };
        debug_assert!(State::Reversing.may_become(settlement.state), "a reversal ends {}", settlement.state);
        let kept = self.settle(&claim, settlement, now, hearers).await;
        self.report(request, result, attempts, kept)
    }

    pub(crate) async fn check_status(&self, check: &StatusCheck, deadline: Instant) -> Result<Receipt, Error> {
        self.look(check, deadline).await.0
    }

    /// A card's state, and the gateway's time when it told so or refused to, if that can be trusted.
    pub(crate) async fn look(
        &self,
        check: &StatusCheck,
        deadline: Instant,
    ) -> (Result<Receipt, Error>, Option<Timestamp>) {
        let request = Request::StatusCheck(check);
        let Outcome { result, attempts, date, .. } = Attempts::new(self, request, None, deadline).run().await;
        (self.report(request, result, attempts, Ok(())), date)
    }
}

/// What the journal says in time. Of one that is silent nobody knows whether it has the intent by now.
async fn recorded_by<T>(deadline: Instant, step: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| {
        let message = "the journal gave no answer before the deadline, and may have recorded the intent; nothing was \
                       sent yet; repeat with the same request id";
        Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message)
    };
    timeout_at(deadline, patience::until(deadline, step)).await.map_err(late)?
}
