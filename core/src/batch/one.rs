use crate::engine::Client;
use crate::error::{Delivery, Error, ErrorKind};
use crate::journal::State;
use crate::model::{Activate, Receipt, RequestId};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long to wait before looking again at an attempt of somebody else's.
const PAUSE: Duration = Duration::from_millis(100);

/// Activates one sale of a batch. Where another attempt of the same id is under way, of a row that has the card again
/// or of a program that has died, it waits for that one's end and takes its outcome. `dropped` ends the waiting.
pub(super) async fn activate(
    client: &Client,
    id: &RequestId,
    sale: Activate,
    dropped: impl Future<Output = ()>,
) -> Result<Receipt, Error> {
    let sale = sale.request_id(id.clone());
    let mut dropped = std::pin::pin!(dropped);
    // An attempt lasts for the deadline at the most, and its lease for as long again and one request.
    let patience = Instant::now() + client.inner.deadline * 2 + client.inner.attempt_timeout;
    let mut ended = false;
    loop {
        let outcome = client.activate(sale.clone()).await;
        if !matches!(&outcome, Err(error) if error.kind() == ErrorKind::Conflict) {
            return outcome;
        }
        let Some(row) = client.transaction(id).await.ok().flatten() else { return outcome };
        if row.sale.card != sale.card || row.sale.amount != sale.amount {
            return outcome;
        }
        if !(row.state == State::Sending && row.is_held()) {
            if ended {
                return outcome;
            }
            // It ended between the two looks: its outcome is there now, unless the next one has begun.
            ended = true;
            continue;
        }
        ended = false;
        if Instant::now() >= patience {
            let message = "another attempt of this sale is still under way; run the batch again";
            let error = Error::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message);
            return Err(error.with_transaction(id, &sale.card, 0));
        }
        if timeout(PAUSE, dropped.as_mut()).await.is_ok() {
            return outcome;
        }
    }
}
