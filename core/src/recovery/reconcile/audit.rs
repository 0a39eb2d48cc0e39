use super::report::{Difference, Reason};
use crate::engine::Client;
use crate::error::{Error, ErrorKind};
use crate::journal::{State, Transaction};
use crate::model::{CardStatus, Receipt, StatusCheck};
use crate::recovery::policy::never_seen;

/// A sale that changes while it is looked at is looked at so often.
const LOOKS: u32 = 3;

/// One sale, and what is wrong with it apart from the register.
pub(super) struct Audited {
    pub(super) row: Transaction,
    /// The gateway was asked.
    pub(super) asked: bool,
    finding: Option<Finding>,
}

struct Finding {
    reason: Reason,
    gateway: Option<CardStatus>,
    note: Option<String>,
}

/// Compares one sale with the gateway; one that seems to differ is read again, since a till may just have changed it.
pub(super) async fn audit(client: &Client, mut row: Transaction) -> Result<Audited, Error> {
    let mut looks = 0;
    loop {
        looks += 1;
        let (asked, finding) = look(client, &row).await;
        if finding.is_some()
            && looks < LOOKS
            && let Some(now) = client.transaction(&row.request_id).await?
            && (now.fence, now.state, now.updated_at) != (row.fence, row.state, row.updated_at)
        {
            row = now;
            continue;
        }
        return Ok(Audited { row, asked, finding });
    }
}

async fn look(client: &Client, row: &Transaction) -> (bool, Option<Finding>) {
    let without_asking = |reason| (false, Some(Finding { reason, gateway: None, note: row.note.clone() }));
    match row.state {
        State::Sending | State::Unknown | State::Reversing => without_asking(Reason::StillOpen),
        State::Attention => without_asking(Reason::NeedsAttention),
        State::Activated | State::Rejected | State::Deactivated => {
            let check = StatusCheck::new(row.request_id.clone(), row.sale.card.clone());
            (true, judge(row.state, client.status(check).await))
        }
    }
}

fn judge(state: State, answer: Result<Receipt, Error>) -> Option<Finding> {
    let finding = |reason, gateway, note| Some(Finding { reason, gateway, note });
    let activated = state == State::Activated;
    match answer {
        Ok(receipt) => match (&receipt.card_status, activated) {
            (CardStatus::Activated, true) => None,
            (CardStatus::Activated, false) => finding(Reason::GatewayActive, Some(receipt.card_status), None),
            (CardStatus::Other(_), _) => finding(Reason::GatewayUnknown, Some(receipt.card_status), None),
            (CardStatus::AwaitingActivation | CardStatus::Invalidated, false) => None,
            (CardStatus::AwaitingActivation | CardStatus::Invalidated, true) => {
                finding(Reason::GatewayNotActive, Some(receipt.card_status), None)
            }
        },
        Err(error) if never_seen(&error) => {
            activated.then(|| Finding { reason: Reason::GatewayNotActive, gateway: None, note: note(&error) })
        }
        // A card that the gateway refused to activate may be one that it refuses to tell about.
        Err(error) if state == State::Rejected && error.kind() == ErrorKind::Rejected => None,
        Err(error) => finding(Reason::GatewayUnknown, None, note(&error)),
    }
}

fn note(error: &Error) -> Option<String> {
    Some(format!("{}: {}", error.kind(), error.message()))
}

impl Audited {
    pub(super) fn difference(self) -> Option<Difference> {
        let Finding { reason, gateway, note } = self.finding?;
        Some(Difference { gateway, note, ..Difference::of(&self.row, reason) })
    }
}
