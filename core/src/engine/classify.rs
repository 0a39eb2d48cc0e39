use super::earlier::{Earlier, Tells, tells};
use super::policy::Class;
use super::signature;
use crate::error::{Cause, Delivery, Error, ErrorKind};
use crate::model::{Amount, CardNumber, CardStatus, Expiration, Operation, presentable};
use crate::transport::{HttpResponse, TransportError};
use crate::wire::{Answer, Request, decode};

/// What one attempt came to.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Success, with the id and card echoed and the card in the state that was asked for.
    Done(Confirmed),
    /// Success of a deactivation that does not tell whether the card is inactive now: its state has to be asked for.
    Undecided,
    /// Anything else.
    Failed(Failure),
}

impl Verdict {
    /// Whether it was the gateway who answered, about this request; what stands between may tell another time.
    pub(super) fn is_the_gateways(&self) -> bool {
        use Class::*;
        match self {
            Self::Done(_) | Self::Undecided => true,
            Self::Failed(failure) => {
                matches!(failure.class, Rejected | AlreadyActivated | InsufficientFunds | Account | ClockSkew)
            }
        }
    }
}

/// What a success confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The card's state now.
    pub card_status: CardStatus,
    /// The amount, where the gateway tells.
    pub amount: Option<Amount>,
    /// When the card expires.
    pub expiration: Option<Expiration>,
}

/// Why an attempt is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The row of the recovery table.
    pub class: Class,
    /// The gateway's class, `F100` to `F500`.
    pub code: Option<String>,
    /// The gateway's error type.
    pub error_type: Option<String>,
    /// What happened, safe to show.
    pub message: String,
    /// What it tells of earlier attempts whose answer was lost.
    pub tells: Tells,
    /// What exactly stands in the way, where that is known.
    pub cause: Option<Cause>,
}

impl Failure {
    fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, code: None, error_type: None, message: message.into(), tells: Tells::Nothing, cause: None }
    }

    /// The error this ends in for an operation, after what earlier attempts of the same id left.
    pub fn into_error(self, operation: Operation, earlier: Earlier) -> Error {
        let (kind, delivery) = match self.tells.settles(earlier) {
            true => self.class.ends_in(),
            false => (ErrorKind::OutcomeUnknown, Delivery::Unknown),
        };
        let remedy = match kind {
            ErrorKind::Authentication => signature::remedy(self.cause.as_ref()),
            // It changes nothing, whatever became of it.
            ErrorKind::OutcomeUnknown if operation == Operation::StatusCheck => {
                "the card's state is not known: ask again"
            }
            kind => remedy(kind),
        };
        let error = Error::new(kind, delivery, format!("{}; {remedy}", self.message))
            .with_answer(self.code, self.error_type)
            .with_class(self.class);
        match self.cause {
            Some(cause) => error.because(cause),
            None => error,
        }
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        let class = if error.delivery == Delivery::NotSent { Class::NotSent } else { Class::NoAnswer };
        Self { cause: error.cause, ..Self::new(class, error.message) }
    }
}

fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unreachable => "nothing was sent, so trying again is safe",
        ErrorKind::OutcomeUnknown => {
            "the card may or may not have changed: repeat with the same request id, or check its status"
        }
        ErrorKind::Throttled => "wait some seconds and use the same request id",
        ErrorKind::AlreadyActivated => "find the request id it was activated with; do not send a third",
        ErrorKind::InsufficientFunds => "nothing was charged; add funds to the account and use the same request id",
        ErrorKind::Account => "nothing changed; ask the account manager before trying again",
        ErrorKind::Configuration => "check the endpoint: it does not know this operation",
        _ => "nothing changed; do not repeat it as it is",
    }
}

/// Reads one whole answer. The HTTP status is looked at only where the body says nothing.
pub fn classify(request: Request<'_>, response: &HttpResponse) -> Verdict {
    let Ok(answer) = decode(&response.body) else { return Verdict::Failed(undecodable(response.status)) };
    if answer.status.as_deref() == Some("SUCCESS") && answer.error_code.is_none() && answer.error_type.is_none() {
        return match confirm(request, &answer) {
            Ok(confirmed)
                if request.operation() == Operation::Deactivate && confirmed.card_status.as_str() == FULFILLED =>
            {
                Verdict::Undecided
            }
            Ok(confirmed) => Verdict::Done(confirmed),
            Err(what) => Verdict::Failed(Failure::new(Class::Contradiction, what)),
        };
    }
    if let Err(what) = is_of_this_sale(request, &answer) {
        // What it refuses is not this request, so its words stay out of the error.
        return Verdict::Failed(Failure::new(Class::Contradiction, format!("{what}, and refused it")));
    }
    let class = class_of(&answer, response.status);
    let cause = matches!(class, Class::Authentication | Class::ClockSkew)
        .then(|| refused_signature(&answer, response.cause.as_deref()))
        .flatten();
    let message = match class {
        Class::Authentication | Class::ClockSkew => match signature::words(cause.as_ref()) {
            Some(words) => words.to_owned(),
            None => format!("the gateway refused the signature or the key ({})", named(&answer)),
        },
        _ => match answer.message.as_deref().map(shown).filter(|text| !text.is_empty()) {
            Some(text) => format!("the gateway answered {text:?}"),
            None => format!("the gateway answered {}", named(&answer)),
        },
    };
    let tells = match answer.error_type.as_ref().or(answer.exception.as_ref()) {
        _ if !class.tells_of_earlier() => Tells::Nothing,
        Some(name) => tells(request.operation(), name),
        None if is_of_a_type(answer.message.as_deref().unwrap_or_default()) => Tells::NoneEver,
        None => Tells::Nothing,
    };
    let error_type = answer.error_type.or(answer.exception).map(|name| shown(&name));
    let code = answer.error_code.map(|code| shown(&code));
    Verdict::Failed(Failure { class, code, error_type, message, tells, cause })
}

fn refused_signature(answer: &Answer, sandbox: Option<&str>) -> Option<Cause> {
    match answer.error_type.as_deref() {
        Some("InvalidAwsAccessKeyId" | "InvalidAccessKey") => Some(Cause::Key),
        _ => signature::cause(answer.message.as_deref().unwrap_or_default(), sandbox),
    }
}

fn named(answer: &Answer) -> String {
    let name = answer.error_type.as_ref().or(answer.exception.as_ref()).or(answer.error_code.as_ref());
    name.map_or_else(|| "that it could not read the request".to_owned(), |name| shown(name))
}

fn undecodable(status: u16) -> Failure {
    match status {
        404 | 405 => Failure::new(Class::UnknownOperation, format!("HTTP {status} without an answer of the service")),
        500.. => Failure::new(Class::Internal, format!("HTTP {status} without an answer of the service")),
        _ => Failure::new(Class::Unreadable, format!("HTTP {status} with a body that is no answer of the service")),
    }
}

/// Whether id and card are this request's, as far as they are told: whoever stands between may have handed over
/// another's answer.
fn is_of_this_sale(request: Request<'_>, answer: &Answer) -> Result<(), &'static str> {
    let told = |member: &Option<String>| member.as_deref().map(str::trim).is_some_and(|text| !text.is_empty());
    if told(&answer.request_id) && !names_id(request, answer) {
        return Err("the gateway answered for another request id");
    }
    if told(&answer.card_number) && !names_card(request, answer) {
        return Err("the gateway answered for another card");
    }
    Ok(())
}

fn names_id(request: Request<'_>, answer: &Answer) -> bool {
    answer.request_id.as_deref().map(str::trim) == Some(request.request_id().as_str())
}

fn names_card(request: Request<'_>, answer: &Answer) -> bool {
    let card = answer.card_number.as_deref().and_then(|digits| CardNumber::new(digits).ok());
    card.as_ref() == Some(request.card())
}

/// What the vendor's tables call the success value of each operation, where every sample of theirs tells the card's
/// state. It can only mean that the operation is done: for an activation and a status check, that the card is active.
const FULFILLED: &str = "Fulfilled";

/// A success counts only if it speaks of this request and leaves the card as asked.
fn confirm(request: Request<'_>, answer: &Answer) -> Result<Confirmed, String> {
    if !names_id(request, answer) {
        return Err("the gateway answered for another request id".into());
    }
    if !names_card(request, answer) {
        return Err("the gateway answered for another card".into());
    }
    let card_status = match CardStatus::from(answer.card_status.as_deref().unwrap_or_default()) {
        CardStatus::Other(name) if name.trim() == FULFILLED && request.operation() != Operation::Deactivate => {
            CardStatus::Activated
        }
        CardStatus::Other(name) => CardStatus::Other(presentable(&name, 40)),
        known => known,
    };
    let wanted = match request.operation() {
        Operation::Activate => Some(CardStatus::Activated),
        Operation::Deactivate if card_status.as_str() == FULFILLED => None,
        Operation::Deactivate => Some(CardStatus::AwaitingActivation),
        Operation::StatusCheck => None,
    };
    match wanted {
        Some(wanted) if card_status != wanted => {
            return Err(format!(
                "the gateway answered SUCCESS, but the card is {:?}, not {wanted}",
                shown(card_status.as_str())
            ));
        }
        None if card_status.as_str().is_empty() => return Err("the gateway told no card status".into()),
        _ => {}
    }
    let currency = answer.currency.as_deref().and_then(|code| code.parse().ok());
    let amount =
        currency.zip(answer.amount.as_deref()).and_then(|(currency, number)| Amount::from_wire(number, currency));
    if let Some(wanted) = request.amount()
        && amount != Some(wanted)
    {
        return Err(format!("the gateway answered with another amount than {wanted}"));
    }
    Ok(Confirmed { card_status, amount, expiration: answer.expiration.as_deref().map(Expiration::new) })
}

fn class_of(answer: &Answer, http: u16) -> Class {
    let error_type = answer.error_type.as_deref().unwrap_or_default();
    let message = answer.message.as_deref().unwrap_or_default();
    if let Some(exception) = &answer.exception {
        return framework_class(exception, message);
    }
    if message.starts_with("Rate exceeded") && answer.error_code.is_none() {
        return Class::Throttled;
    }
    // Signature errors are met under F200 and without any class, but not every 403 is one: whoever stands between may
    // refuse to pass a request on.
    let of_signature = SIGNATURE_TEXTS.iter().any(|text| message.starts_with(text));
    if of_signature && (answer.error_code.is_none() || message.starts_with(MISMATCH)) {
        return signature_class(message);
    }
    if answer.status.as_deref() == Some("RESEND") {
        return Class::Resend;
    }
    match answer.error_code.as_deref().unwrap_or_else(|| code_of(error_type)) {
        "F200" => match error_type {
            "CardAlreadyActivatedWithDifferentRequestId" | "CardActivatedWithDifferentRequestId" => {
                Class::AlreadyActivated
            }
            _ => Class::Rejected,
        },
        "F300" => match error_type {
            "InsufficientFunds" => Class::InsufficientFunds,
            "InvalidAwsAccessKeyId" | "InvalidAccessKey" => Class::Authentication,
            _ => Class::Account,
        },
        "F400" => Class::Resend,
        "" if error_type.is_empty() && answer.status.is_none() => unclassed(answer, http),
        // F100, F500 and whatever is added to the catalogue later.
        _ => Class::Internal,
    }
}

/// An answer with neither class, type nor status: the service's own, for a body that it could not read, are
/// `{"Message":null}` and one that names a type. Anything else may come from whoever stands between, and says nothing of
/// what the gateway did.
///
/// `{"Message":null}` is what the framework makes of any trouble that has no text, so it settles this request alone.
fn unclassed(answer: &Answer, http: u16) -> Class {
    match http {
        400 if answer.null_message || is_of_a_type(answer.message.as_deref().unwrap_or_default()) => Class::Rejected,
        404 | 405 => Class::UnknownOperation,
        500.. => Class::Internal,
        _ => Class::Unreadable,
    }
}

fn framework_class(exception: &str, message: &str) -> Class {
    match exception {
        "ThrottlingException" => Class::Throttled,
        "SerializationException" | "ValidationException" => Class::Rejected,
        "UnknownOperationException" => Class::UnknownOperation,
        "MissingAuthenticationTokenException"
        | "IncompleteSignatureException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatchException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenIdException"
        | "AccessDeniedException" => signature_class(message),
        _ => Class::Internal,
    }
}

/// `class java.lang.String is not an expected Json type`: a member has a type that the service does not take.
fn is_of_a_type(message: &str) -> bool {
    message.starts_with("class ") && message.ends_with(" is not an expected Json type")
}

const MISMATCH: &str = "The request signature we calculated";

/// How the texts of the framework's check of signatures begin (protocol facts, "Authentication failures").
const SIGNATURE_TEXTS: [&str; 13] = [
    MISMATCH,
    "The security token included in the request is invalid",
    "Signature expired",
    "Signature not yet current",
    "Request is missing Authentication Token",
    "Missing Authentication Token",
    "Credential should be scoped",
    "Credential must have exactly 5",
    "Date in Credential scope",
    "Date must be in ISO-8601",
    "Authorization header requires",
    "Unsupported AWS 'algorithm'",
    "'Host' ",
];

fn signature_class(message: &str) -> Class {
    let of_time = message.starts_with("Signature expired") || message.starts_with("Signature not yet current");
    if of_time { Class::ClockSkew } else { Class::Authentication }
}

/// The class of an error type that came without one, as in some XML answers (protocol facts, error catalogue).
fn code_of(error_type: &str) -> &'static str {
    match error_type {
        "" => "",
        "SystemTemporarilyUnavailable" => "F400",
        "UnknownCustomer"
        | "InvalidAwsAccessKeyId"
        | "InvalidAccessKey"
        | "BlockedCustomer"
        | "InsufficientFunds"
        | "IssuanceCapExceeded"
        | "AccountHasProblems"
        | "OperationNotPermitted"
        | "BadInput"
        | "ActiveContractNotFound"
        | "CustomerAccountBlocked"
        | "CustomerSurpassedDailyVelocityLimit"
        | "InvalidProgramId"
        | "ProgramIsNotApproved"
        | "AccessDenied"
        | "InvalidPartnerId"
        | "InvalidRequest" => "F300",
        "InvalidRequestInput"
        | "InvalidCardNumberInput"
        | "InvalidPartnerIdInput"
        | "InvalidAmountInput"
        | "InvalidAmountValue"
        | "InvalidCurrencyCodeInput"
        | "InvalidRequestIdInput"
        | "CardNumberNotFound"
        | "CardNotFound"
        | "CardNumberTooShort"
        | "CardNumberCheckSumError"
        | "CardActivatedWithDifferentRequestId"
        | "CardAlreadyActivatedWithDifferentRequestId"
        | "CardActivatedWithDifferentDenomination"
        | "RequestedDenominationMismatch"
        | "ActivationRequestIdAlreadyBeenUsed"
        | "NegativeOrZeroAmount"
        | "MaxAmountExceeded"
        | "CurrencyCodeMismatch"
        | "FractionalAmountNotAllowed"
        | "ActivationNotAllowed"
        | "DeactivationNotAllowed"
        | "NonExistingActivationRequestId"
        | "WrongActivationRequestId"
        | "RequestIdTooLong"
        | "RequestIdMustStartWithPartnerName"
        | "ExternalReferenceTooLong"
        | "AmountBelowMinThreshold"
        | "InvalidCurrencyInMarketplace"
        | "ProgramIdNotPresent" => "F200",
        _ => "F500",
    }
}

/// The gateway's words as an error may show them.
fn shown(text: &str) -> String {
    presentable(text, 200)
}
