use posa_core::error::Cause;
use posa_core::{Delivery, Error, ErrorKind};

/// What to do about an error, for whoever stands there.
pub(super) fn step(error: &Error) -> String {
    match (error.kind(), error.cause()) {
        (ErrorKind::OutcomeUnknown, cause) => settle(error.request_id(), cause),
        (_, Some(cause)) => about(cause, error.request_id()),
        (kind, None) => after(kind, error),
    }
}

fn settle(request_id: Option<&str>, cause: Option<&Cause>) -> String {
    match (request_id, cause) {
        (_, Some(Cause::NotBefore(at))) => format!(
            "wait: nothing is done about it before {at:.0}; then posa recover settles it. Never use a new id for this \
             sale"
        ),
        (Some(id), _) => format!(
            "settle it with: posa resolve {id} (without a journal, repeat the same command with --request-id {id}); \
             never use a new id for this sale"
        ),
        (None, _) => "repeat the command with the same request id; never use a new one for this sale".to_owned(),
    }
}

fn about(cause: &Cause, request_id: Option<&str>) -> String {
    let text = match cause {
        Cause::NotBefore(at) => return format!("wait until {at:.0}, then run posa recover"),
        Cause::OpenSale(id) => return format!("settle the other sale first: posa resolve {id}"),
        Cause::UnknownId => {
            let id = request_id.unwrap_or("ID");
            return format!(
                "look for the sale: posa transactions --card CARD; if it was made with another journal, name that one: \
                 --journal FILE; if it was made without one, take it over: posa adopt {id} CARD AMOUNT CURRENCY"
            );
        }
        Cause::MockId => "use a real request id, or a sandbox: --environment sandbox",
        Cause::NoJournal => "name the file that has the sales: --journal FILE",
        Cause::OtherJournal => {
            "name the journal of this partner and gateway with --journal, or leave it out: each has a file of its own \
             then (posa doctor tells whose a journal is)"
        }
        Cause::DamagedJournal => {
            "keep the file. See what is damaged: posa journal check; restore a backup: posa journal restore; then \
             compare with the gateway: posa reconcile"
        }
        Cause::Certificate => {
            "if the gateway, or a proxy on the way, has an authority of its own, name its PEM file: --ca-file FILE \
             (posa doctor tells more); nothing was sent"
        }
        Cause::Proxy => "correct --proxy, or leave it out if none is needed (posa doctor tries it); nothing was sent",
        Cause::Key => "give the access key id of this environment, then prove it: posa doctor --sign",
        Cause::Secret => "give the secret that belongs to this access key id, then prove it: posa doctor --sign",
        Cause::Region => "set --region to the gateway's, or leave it and --endpoint out (posa doctor compares them)",
        Cause::Clock => "set this machine's clock, and keep it by NTP (posa doctor tells how far it is off)",
        _ => "run posa doctor, which looks for what is in the way",
    };
    text.to_owned()
}

fn after(kind: ErrorKind, error: &Error) -> String {
    let text = match kind {
        ErrorKind::InvalidInput => "correct the value and run the command again; nothing was sent",
        ErrorKind::Configuration if error.delivery() == Delivery::Answered => {
            "name the gateway with --endpoint, or leave it out: the server that answered is none (see posa doctor)"
        }
        ErrorKind::Configuration => "correct the setting and run the command again (posa doctor looks at all of them)",
        ErrorKind::Unreachable => {
            "run the same command again; nothing was sent. If it stays so, posa doctor finds what is in the way"
        }
        ErrorKind::Rejected => "do not repeat it unchanged: correct what the gateway names",
        ErrorKind::AlreadyActivated => "find the request id that the card was activated with; do not try another",
        ErrorKind::InsufficientFunds => "top up the prepaid account, then use the same request id",
        ErrorKind::Account => "stop, and ask your account manager: the account or its access stands in the way",
        ErrorKind::Authentication => {
            "check the access key, the secret and this machine's clock: posa doctor --sign (posa sign shows both sides)"
        }
        ErrorKind::Throttled => "wait some seconds, then run the same command again, with the same request id",
        ErrorKind::Conflict => "use the request id for the sale that it belongs to, one command at a time",
        ErrorKind::Journal => {
            "let the journal be reached and written (posa doctor looks at it), then run the command again; nothing was \
             sent"
        }
        _ => {
            return error.request_id().map_or_else(
                || "have a person look at the card".to_owned(),
                |id| format!("have a person look at the card; posa show {id} tells what was done"),
            );
        }
    };
    text.to_owned()
}
