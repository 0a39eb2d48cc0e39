use super::{BAD, FAINT, GOOD, pairs};
use anstyle::Style;
use posa_core::journal::{State, Transaction};
use serde::Serialize;
use std::fmt::{self, Display};

/// A [`Transaction`] as it is printed and exported: every field, the card by its last four digits.
#[derive(Serialize)]
pub(crate) struct Sale {
    request_id: String,
    card: String,
    amount: String,
    currency: &'static str,
    state: &'static str,
    attempts: u32,
    started_at: String,
    updated_at: String,
    sent_at: String,
    lease_until: Option<String>,
    retry_at: Option<String>,
    confirmed: bool,
    voided: bool,
    reversal_tries: u32,
    expiration: Option<String>,
    source_id: Option<String>,
    institution_id: Option<String>,
    source_details: Option<String>,
    source_upc: Option<String>,
    program_id: Option<String>,
    product_type: Option<String>,
    external_reference: Option<String>,
    note: Option<String>,
    untold: bool,
    #[serde(skip)]
    style: Style,
}

impl From<&Transaction> for Sale {
    fn from(row: &Transaction) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let source = row.source();
        Self {
            request_id: row.request_id.to_string(),
            card: row.card().to_string(),
            amount: row.amount().decimal(),
            currency: row.amount().currency().code(),
            state: row.state.name(),
            attempts: row.attempts,
            started_at: row.started_at.to_string(),
            updated_at: row.updated_at.to_string(),
            sent_at: row.sent_at.to_string(),
            lease_until: row.lease_until.map(|at| at.to_string()),
            retry_at: row.retry_at.map(|at| at.to_string()),
            confirmed: row.confirmed,
            voided: row.voided,
            reversal_tries: row.reversal_tries,
            expiration: row.expiration.as_ref().map(|expiration| expiration.raw().to_owned()),
            source_id: owned(source.map(|source| source.source_id())),
            institution_id: owned(source.map(|source| source.institution_id())),
            source_details: owned(source.and_then(|source| source.details())),
            source_upc: owned(source.and_then(|source| source.upc())),
            program_id: owned(row.program_id()),
            product_type: owned(row.product_type()),
            external_reference: owned(row.external_reference()),
            note: row.note.clone(),
            untold: row.is_untold(),
            style: match row.state {
                State::Activated | State::Deactivated => GOOD,
                State::Sending | State::Rejected | State::Unknown | State::Reversing | State::Attention => BAD,
            },
        }
    }
}

impl Sale {
    /// Its members, in the order in which an export has them.
    pub(crate) const COLUMNS: [&str; 24] = [
        "request_id",
        "card",
        "amount",
        "currency",
        "state",
        "attempts",
        "started_at",
        "updated_at",
        "sent_at",
        "lease_until",
        "retry_at",
        "confirmed",
        "voided",
        "reversal_tries",
        "expiration",
        "source_id",
        "institution_id",
        "source_details",
        "source_upc",
        "program_id",
        "product_type",
        "external_reference",
        "note",
        "untold",
    ];

    /// One line of a list.
    pub(crate) fn line(&self) -> String {
        let Self { request_id, card, amount, currency, started_at, state, style, .. } = self;
        // Whole seconds are enough for a person.
        let at = started_at.get(..19).unwrap_or(started_at);
        let amount = format!("{amount} {currency}");
        let sale = format!("{at}Z  {request_id:<35}  {card}  {amount:>12}");
        match &self.note {
            Some(note) => format!("{sale}  {style}{state:<11}{style:#}  {FAINT}{note}{FAINT:#}"),
            None => format!("{sale}  {style}{state}{style:#}"),
        }
    }
}

impl Display for Sale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.style, self.state, self.style)?;
        pairs(
            f,
            &[
                ("request id", Some(self.request_id.clone())),
                ("card", Some(self.card.clone())),
                ("amount", Some(format!("{} {}", self.amount, self.currency))),
                ("begun", Some(self.started_at.clone())),
                ("attempts", Some(self.attempts.to_string())),
                ("expires", self.expiration.clone()),
                ("note", self.note.clone()),
                ("told", self.untold.then(|| "nobody heard of it yet".to_owned())),
            ],
        )
    }
}
