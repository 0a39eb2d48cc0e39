use super::finding::Finding;
use crate::settings::Settings;
use posa_core::engine::Retry;
use posa_core::journal::NoJournal;
use posa_core::{CardNumber, Error, ErrorKind, Receipt, RequestId, StatusCheck};
use std::sync::Arc;

const CHECK: &str = "signature";
/// A number of no card.
const NOBODYS: &str = "9990000000000000";

/// One ActivationStatusCheck of an id and a card that nobody has: it changes nothing, and only its signature matters.
pub(super) async fn check(settings: &Settings) -> Finding {
    match ask(settings).await {
        Ok(_) => Finding::ok(CHECK, "the gateway takes key and signature"),
        Err(error) => match error.kind() {
            ErrorKind::Rejected => {
                let answer = error.error_type().unwrap_or("a refusal of the card");
                Finding::ok(CHECK, format!("the gateway takes key and signature (it answered {answer})"))
            }
            ErrorKind::Throttled => Finding::warning(CHECK, error.message(), "run it again when fewer tills sell"),
            ErrorKind::OutcomeUnknown => Finding::warning(CHECK, error.message(), "run it again"),
            ErrorKind::Authentication => {
                let remedy = "check access key, secret and region; posa sign --explain compares both sides";
                Finding::problem(CHECK, error.message(), remedy)
            }
            _ => Finding::failed(CHECK, error.message()),
        },
    }
}

async fn ask(settings: &Settings) -> Result<Receipt, Error> {
    let id = RequestId::generate(&settings.partner_id()?)?;
    let once = Retry { attempts: 1, ..Retry::default() };
    let client = settings.builder()?.journal(Arc::new(NoJournal)).retry(once).build()?;
    client.status(StatusCheck::new(id, CardNumber::new(NOBODYS)?)).await
}
