//! Every error the gateway knows (protocol section 5), once: for mock answers, real refusals and injected errors.

use serde::Serialize;

/// What an error belongs to; the wire's `errorCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Class {
    /// The service's own failure.
    F100,
    /// A wrong request.
    F200,
    /// The account, its contract or its access.
    F300,
    /// A failure that passes: the same request may be sent again.
    F400,
    /// Not known.
    F500,
}

impl Class {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::F100 => "F100",
            Self::F200 => "F200",
            Self::F300 => "F300",
            Self::F400 => "F400",
            Self::F500 => "F500",
        }
    }

    /// The wire's `status`.
    pub(crate) fn status(self) -> &'static str {
        if self == Self::F400 { "RESEND" } else { "FAILURE" }
    }

    /// Whether the fault lies with the service, so that a server error would be the fitting HTTP status.
    pub(crate) fn is_of_the_service(self) -> bool {
        matches!(self, Self::F100 | Self::F400 | Self::F500)
    }
}

/// Where an error's text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Text {
    /// Printed by the vendor or recorded from the live gateway.
    Known,
    /// Only the error's name is public: the text is this sandbox's. Nobody should match on it.
    Invented,
}

/// One error.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    pub(crate) class: Class,
    pub(crate) error_type: &'static str,
    pub(crate) message: &'static str,
    pub(crate) text: Text,
}

/// The class and the type of every error that the sandbox knows, such as `F200` and `CardNumberNotFound`.
pub fn error_types() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().map(|entry| (entry.class.code(), entry.error_type))
}

/// Finds an error by its `errorType`, or by `F500/GeneralError` where several classes share the name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    let (class, error_type) = name.split_once('/').map_or((None, name), |(class, name)| (Some(class), name));
    let fits = |entry: &&Entry| entry.error_type == error_type && class.is_none_or(|class| class == entry.class.code());
    TABLE.iter().copied().find(fits)
}

macro_rules! table {
    ($($name:ident = $class:ident $error_type:literal $text:ident $message:literal;)*) => {
        $(pub(crate) const $name: &Entry =
            &Entry { class: Class::$class, error_type: $error_type, message: $message, text: Text::$text };)*
        /// The whole table, by class.
        pub(crate) const TABLE: &[&Entry] = &[$($name),*];
    };
}

table! {
    GENERAL_F100 = F100 "GeneralError" Known "General Error";
    SIMPLE_AMOUNT_IS_NULL = F100 "SimpleAmountIsNull" Invented "Simple amount is null";
    AMOUNT_IS_NULL = F100 "AmountIsNull" Invented "Amount is null";
    CURRENCY_CODE_IS_NULL = F100 "CurrencyCodeIsNull" Invented "Currency code is null";
    GC_LOCKED = F100 "GcLocked" Invented "The gift card is locked";
    EMPTY_CARD_INFO_LIST = F100 "EmptyCardInfoList" Invented "The list of cards is empty";
    REQUEST_ERROR = F100 "RequestError" Invented "The request failed";

    INVALID_REQUEST_INPUT = F200 "InvalidRequestInput" Known "Request body is null";
    INVALID_CARD_NUMBER_INPUT = F200 "InvalidCardNumberInput" Known "Card number can't be null or empty";
    INVALID_PARTNER_ID_INPUT = F200 "InvalidPartnerIdInput" Known "Partner Id can't be null or empty";
    INVALID_AMOUNT_INPUT = F200 "InvalidAmountInput" Known "Amount can't be null";
    INVALID_AMOUNT_VALUE = F200 "InvalidAmountValue" Known "Amount must be larger than 0";
    INVALID_CURRENCY_CODE_INPUT = F200 "InvalidCurrencyCodeInput" Known "Currency Code can't be null or empty";
    INVALID_REQUEST_ID_INPUT = F200 "InvalidRequestIdInput" Invented
        "Request Id must be letters and digits, and can't be empty";
    CARD_NUMBER_NOT_FOUND = F200 "CardNumberNotFound" Invented "Card number not found";
    CARD_NUMBER_TOO_SHORT = F200 "CardNumberTooShort" Invented "Card number is too short";
    CARD_NUMBER_CHECKSUM_ERROR = F200 "CardNumberCheckSumError" Invented "Card number does not match its checksum";
    ALREADY_ACTIVATED = F200 "CardAlreadyActivatedWithDifferentRequestId" Known
        "The card was already activated with a different request id";
    DIFFERENT_DENOMINATION = F200 "CardActivatedWithDifferentDenomination" Invented
        "The card was activated with a different denomination";
    DENOMINATION_MISMATCH = F200 "RequestedDenominationMismatch" Invented
        "The requested amount is not the denomination of the card";
    REQUEST_ID_USED = F200 "ActivationRequestIdAlreadyBeenUsed" Invented
        "The activation request id has already been used for another card";
    NEGATIVE_OR_ZERO_AMOUNT = F200 "NegativeOrZeroAmount" Invented "Amount is negative or zero";
    MAX_AMOUNT_EXCEEDED = F200 "MaxAmountExceeded" Known "Max Amount Exceeded";
    CURRENCY_CODE_MISMATCH = F200 "CurrencyCodeMismatch" Known "Currency Code Mismatch";
    FRACTIONAL_AMOUNT_NOT_ALLOWED = F200 "FractionalAmountNotAllowed" Known "Fractional Amount Not Allowed";
    ACTIVATION_NOT_ALLOWED = F200 "ActivationNotAllowed" Invented "The card can't be activated in its state";
    DEACTIVATION_NOT_ALLOWED = F200 "DeactivationNotAllowed" Invented "The card can't be deactivated in its state";
    NON_EXISTING_REQUEST_ID = F200 "NonExistingActivationRequestId" Invented
        "There is no activation with this request id";
    WRONG_REQUEST_ID = F200 "WrongActivationRequestId" Invented "The request id belongs to another card";
    REQUEST_ID_TOO_LONG = F200 "RequestIdTooLong" Known "Request Id Too Long, Max allowed length is 40";
    REQUEST_ID_WITHOUT_PARTNER = F200 "RequestIdMustStartWithPartnerName" Invented
        "Request Id must start with the partner id";
    EXTERNAL_REFERENCE_TOO_LONG = F200 "ExternalReferenceTooLong" Invented
        "External reference is too long, at most 100 characters are allowed";
    AMOUNT_BELOW_MIN = F200 "AmountBelowMinThreshold" Invented "Amount is below the minimum";
    INVALID_CURRENCY = F200 "InvalidCurrencyInMarketplace" Invented "The currency is not used in any marketplace";
    PROGRAM_ID_NOT_PRESENT = F200 "ProgramIdNotPresent" Invented "Program id is not present";
    CANCEL_TOO_LATE = F200 "CancelRequestArrivedAfterTimeLimit" Known
        "Cancellation cannot be processed as too much time has elapsed since creation";
    INVALID_GC_ID_INPUT = F200 "InvalidGCIdInput" Invented "Gift card id can't be null or empty";
    GC_NOT_READY_FOR_REFUND = F200 "GcNotReadyForRefund" Invented "The gift card is not ready for a refund";
    GC_OF_OTHER_CUSTOMER = F200 "GcOrderBelongToOtherCustomer" Invented "The order belongs to another customer";
    GC_RTP_NOT_ALLOWED = F200 "GcRTPNotAllowed" Invented "A return to the purchaser is not allowed";
    ORDER_NOT_FOUND = F200 "OrderNotFound" Invented "Order not found";
    WRONG_GC_ORDER_SOURCE = F200 "WrongGcOrderSource" Invented "Wrong source of the order";
    WRONG_GC_ORDER_TYPE = F200 "WrongGcOrderType" Invented "Wrong type of the order";
    INVALID_DATE_FORMAT = F200 "InvalidDateFormat" Invented "Invalid date format";
    INVALID_START_DATE = F200 "InvalidStartDate" Invented "Invalid start date";
    INVALID_END_DATE = F200 "InvalidEndDate" Invented "Invalid end date";
    START_DATE_AFTER_END_DATE = F200 "StartDateAfterEndDate" Invented "Start date is after the end date";
    INVALID_PAGE_INDEX = F200 "InvalidPageIndex" Invented "Invalid page index";
    INVALID_PAGE_SIZE = F200 "InvalidPageSize" Invented "Invalid page size";
    MAX_PAGE_SIZE_EXCEEDED = F200 "MaxPageSizeExceeded" Invented "Max page size exceeded";
    ACTIVITY_PAGE_DISABLED = F200 "APIGetGiftCardActivityPageIsDisabled" Invented "The activity page is disabled";

    UNKNOWN_CUSTOMER = F300 "UnknownCustomer" Invented "Unknown customer";
    INVALID_ACCESS_KEY_ID = F300 "InvalidAwsAccessKeyId" Invented "Invalid access key id";
    BLOCKED_CUSTOMER = F300 "BlockedCustomer" Invented "The customer is blocked";
    INSUFFICIENT_FUNDS = F300 "InsufficientFunds" Known "Insufficient Funds";
    ISSUANCE_CAP_EXCEEDED = F300 "IssuanceCapExceeded" Invented "Issuance cap exceeded";
    GENERAL_F300 = F300 "GeneralError" Known "General Error";
    ACCOUNT_HAS_PROBLEMS = F300 "AccountHasProblems" Invented "The account has problems";
    OPERATION_NOT_PERMITTED = F300 "OperationNotPermitted" Known "Operation Not Permitted";
    BAD_INPUT = F300 "BadInput" Invented "Bad input";
    ACTIVE_CONTRACT_NOT_FOUND = F300 "ActiveContractNotFound" Invented "No active contract was found";
    CUSTOMER_ACCOUNT_BLOCKED = F300 "CustomerAccountBlocked" Invented "The customer account is blocked";
    DAILY_VELOCITY_LIMIT = F300 "CustomerSurpassedDailyVelocityLimit" Known
        "Customer has exceeded daily velocity limit";
    INVALID_PROGRAM_ID = F300 "InvalidProgramId" Invented "Invalid program id";
    PROGRAM_NOT_APPROVED = F300 "ProgramIsNotApproved" Invented "The program is not approved";
    ACCESS_DENIED = F300 "AccessDenied" Invented "The access key does not belong to this partner";
    INVALID_PARTNER_ID = F300 "InvalidPartnerId" Invented "Invalid partner id";
    INVALID_REQUEST = F300 "InvalidRequest" Invented "Invalid request";

    TEMPORARILY_UNAVAILABLE = F400 "SystemTemporarilyUnavailable" Known "System Temporarily Unavailable";

    GENERAL_F500 = F500 "GeneralError" Known "General Error";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_found_by_its_full_name_and_stands_once() {
        for entry in TABLE {
            assert_eq!(find(&format!("{}/{}", entry.class.code(), entry.error_type)), Some(*entry));
            assert_eq!(TABLE.iter().filter(|other| other == &entry).count(), 1, "{}", entry.error_type);
            assert!(!entry.message.is_empty());
        }
        assert_eq!(find("GeneralError"), Some(GENERAL_F100));
        assert_eq!(find("F300/CardNumberNotFound"), None);
        assert_eq!(find("Nonsense"), None);
    }

    #[test]
    fn only_temporary_errors_ask_for_a_resend() {
        let resend: Vec<_> = TABLE.iter().filter(|entry| entry.class.status() == "RESEND").collect();
        assert_eq!(resend, [&TEMPORARILY_UNAVAILABLE]);
    }
}
