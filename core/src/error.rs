//! One error for every operation: what went wrong, whether the gateway saw it, and what settles it.

mod cause;

pub use cause::Cause;

use crate::engine::Class;
use crate::model::{CardNumber, RequestId};
use std::fmt;

/// Whether the request that failed may have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// No byte of it reached the gateway: nothing happened.
    NotSent,
    /// It may have reached the gateway: the card may or may not have changed.
    Unknown,
    /// The gateway answered, and refused it: nothing changed.
    Answered,
}

/// What the caller should do about an [`Error`]; one variant for each reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value is wrong; [`Error::field`] names it. Correct it and call again.
    InvalidInput,
    /// The client is set up wrongly: an endpoint, a certificate, a credential source.
    Configuration,
    /// The journal forbids it: the id belongs to another sale, or the card has an attempt under way.
    Conflict,
    /// The journal could not be read or written, so nothing was sent.
    Journal,
    /// The gateway, or the signer, could not be reached and nothing was sent. Trying again is safe.
    Unreachable,
    /// The gateway refused the request as it stands (class F200). Do not repeat it unchanged.
    Rejected,
    /// The card is active under another request id. Find that id; do not invent a third.
    AlreadyActivated,
    /// The prepaid account does not cover the amount. Top it up.
    InsufficientFunds,
    /// The account, its contract or its access stands in the way (class F300). Stop and alert.
    Account,
    /// The signature, the key or the clock was refused. Check the keys and the time.
    Authentication,
    /// More than the allowed requests per second. Wait, then use the same id.
    Throttled,
    /// The outcome is not known. Repeat with the same request id, or check the status; never use a new id.
    OutcomeUnknown,
    /// It cannot be settled by itself. A person has to look at the card.
    NeedsAttention,
}

impl ErrorKind {
    /// Every kind, in the order in which a request meets them.
    pub const ALL: [Self; 13] = [
        Self::InvalidInput,
        Self::Configuration,
        Self::Conflict,
        Self::Journal,
        Self::Unreachable,
        Self::Rejected,
        Self::AlreadyActivated,
        Self::InsufficientFunds,
        Self::Account,
        Self::Authentication,
        Self::Throttled,
        Self::OutcomeUnknown,
        Self::NeedsAttention,
    ];

    /// The stable name that every language uses for this kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidInput => "INVALID_INPUT",
            Self::Configuration => "CONFIGURATION",
            Self::Conflict => "CONFLICT",
            Self::Journal => "JOURNAL",
            Self::Unreachable => "UNREACHABLE",
            Self::Rejected => "REJECTED",
            Self::AlreadyActivated => "ALREADY_ACTIVATED",
            Self::InsufficientFunds => "INSUFFICIENT_FUNDS",
            Self::Account => "ACCOUNT",
            Self::Authentication => "AUTHENTICATION",
            Self::Throttled => "THROTTLED",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::NeedsAttention => "NEEDS_ATTENTION",
        }
    }
}

/// How an operation without a receipt ended, in the words that reports and exit codes use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Nothing changed, and the same again would end the same: the request, the account or the set-up has to change.
    Rejected,
    /// Nothing changed, and nothing is wrong with the request: the same again may go through.
    NotSent,
    /// It may have had its effect; the request id settles it.
    Unknown,
}

impl Ending {
    /// The word in reports: `rejected`, `not_sent` or `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why an operation is not done. Holds no secret, no signature and no card number beyond its last four digits.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    delivery: Delivery,
    message: String,
    code: Option<String>,
    error_type: Option<String>,
    field: Option<&'static str>,
    request_id: Option<String>,
    card: Option<String>,
    attempts: u32,
    cause: Option<Cause>,
    class: Option<Class>,
}

impl Error {
    /// A failure of `kind` with the given `delivery`; `message` says what was wrong and what to do.
    pub fn new(kind: ErrorKind, delivery: Delivery, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            delivery,
            message: message.into(),
            code: None,
            error_type: None,
            field: None,
            request_id: None,
            card: None,
            attempts: 0,
            cause: None,
            class: None,
        }))
    }

    /// A value of the caller's that cannot be used; nothing was sent.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::InvalidInput, Delivery::NotSent, message);
        error.0.field = Some(field);
        error
    }

    /// A set-up that cannot work; nothing was sent.
    pub fn configuration(field: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Configuration, Delivery::NotSent, message);
        error.0.field = Some(field);
        error
    }

    /// Whoever waited for a sale has gone before it ended, and the sale goes on.
    pub fn unheard(request_id: &RequestId, card: Option<&CardNumber>) -> Self {
        let message = "the waiting was stopped and the sale goes on: the card may or may not have changed; call again with \
                       the same request id, resolve or void it, or look for it among the untold sales";
        Self::new(ErrorKind::OutcomeUnknown, Delivery::Unknown, message).or_of_sale(request_id, card)
    }

    /// With the name of the value at fault.
    pub fn with_field(mut self, field: &'static str) -> Self {
        self.0.field = Some(field);
        self
    }

    /// With the gateway's own words: class (`F200`) and error type (`CardNumberNotFound`).
    pub fn with_answer(mut self, code: Option<String>, error_type: Option<String>) -> Self {
        self.0.code = code;
        self.0.error_type = error_type;
        self
    }

    /// With the row of the recovery table that the last request met.
    pub(crate) fn with_class(mut self, class: Class) -> Self {
        self.0.class = Some(class);
        self
    }

    /// With the sale it belongs to, unless it names one.
    pub(crate) fn or_of_sale(self, request_id: &RequestId, card: Option<&CardNumber>) -> Self {
        if self.0.request_id.is_some() {
            return self;
        }
        let mut error = self;
        error.0.request_id = Some(request_id.to_string());
        error.0.card = card.map(CardNumber::to_string);
        error
    }

    /// With the transaction it belongs to: the request id, the card masked to its last four digits, and how many
    /// requests were sent.
    pub fn with_transaction(mut self, request_id: impl fmt::Display, card: impl fmt::Display, attempts: u32) -> Self {
        self.0.request_id = Some(request_id.to_string());
        self.0.card = Some(card.to_string());
        self.0.attempts = attempts;
        self
    }

    /// With what exactly stands in the way.
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.0.cause = Some(cause);
        self
    }

    /// The row of the recovery table that the last request met, if one was sent.
    pub(crate) fn class(&self) -> Option<Class> {
        self.0.class
    }

    /// Whether the gateway itself has spoken, rather than the network, a proxy or nobody.
    pub(crate) fn is_answer(&self) -> bool {
        let named = || self.0.code.is_some() || self.0.error_type.is_some();
        self.0.class.is_some_and(|class| class.is_answer() && (class != Class::Internal || named()))
    }

    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the gateway may have acted.
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// How it ended, in one word.
    pub fn ending(&self) -> Ending {
        match (self.0.delivery, self.0.kind) {
            (Delivery::Unknown, _) | (_, ErrorKind::OutcomeUnknown) => Ending::Unknown,
            (_, ErrorKind::Unreachable | ErrorKind::Throttled) => Ending::NotSent,
            // Of a sale; a journal that cannot be listed or copied sends nothing anyhow.
            (_, ErrorKind::Journal) if self.0.request_id.is_some() => Ending::NotSent,
            _ => Ending::Rejected,
        }
    }

    /// What exactly stands in the way, where that is known and its kind alone does not tell what to do.
    pub fn cause(&self) -> Option<&Cause> {
        self.0.cause.as_ref()
    }

    /// The sentence for a person, without the context that [`fmt::Display`] adds.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The gateway's class, such as `F200`, where it gave one.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The gateway's error type, such as `CardNumberNotFound`, where it gave one.
    pub fn error_type(&self) -> Option<&str> {
        self.0.error_type.as_deref()
    }

    /// The name of the value at fault, such as `amount` or `card_number`.
    pub fn field(&self) -> Option<&'static str> {
        self.0.field
    }

    /// The request id that settles the transaction, once one was chosen.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The card concerned, masked to its last four digits.
    pub fn card(&self) -> Option<&str> {
        self.0.card.as_deref()
    }

    /// How many requests were sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(error_type) = &self.0.error_type {
            write!(f, " ({}{error_type})", self.0.code.as_ref().map_or(String::new(), |c| format!("{c} ")))?;
        }
        if let Some(id) = &self.0.request_id {
            write!(f, " [request id {id}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({:?}): {}", self.0.kind, self.0.delivery, self.0.message)?;
        let context = [
            ("field", self.0.field),
            ("code", self.code()),
            ("error type", self.error_type()),
            ("request id", self.request_id()),
            ("card", self.card()),
        ];
        for (name, value) in context {
            if let Some(value) = value {
                writeln!(f, "    {name}: {value}")?;
            }
        }
        write!(f, "    attempts: {}", self.0.attempts)
    }
}

impl std::error::Error for Error {}
