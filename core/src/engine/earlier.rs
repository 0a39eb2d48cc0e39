//! What a refusal tells of an earlier request of the same id, with the same bytes, whose answer was lost.

use crate::model::Operation;
use Operation::{Activate, Deactivate};

/// What earlier attempts of an id left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Earlier {
    /// Each of them was answered, or there was none.
    Nothing,
    /// One got no answer, so long ago that it arrived then or never will.
    InDoubt,
    /// One got no answer, and may still arrive.
    OnItsWay,
}

/// What a refusal tells of an earlier request of the same id whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tells {
    /// These bytes are refused whenever they arrive: it had no effect, and will have none.
    NoneEver,
    /// A repeated id is answered before the card is looked at, so the gateway does not have this one: it had no effect.
    /// Still on its way, it may find the card in another state.
    NoneYet,
    /// That it may have gone through: the refusal is about something that an activation left behind.
    OneMay,
    /// Nothing: account, key and rate are checked before the id is looked for, and what is not in the table may mean
    /// anything.
    Nothing,
}

impl Tells {
    /// Whether it settles what `earlier` attempts left.
    pub fn settles(self, earlier: Earlier) -> bool {
        match earlier {
            Earlier::Nothing => true,
            Earlier::InDoubt => matches!(self, Self::NoneEver | Self::NoneYet),
            Earlier::OnItsWay => self == Self::NoneEver,
        }
    }
}

/// Error types of the service and of the framework in front of it, by what each tells where one of these operations is
/// refused with it; any other tells [`Tells::Nothing`]. A status check changes nothing, so nothing is in doubt there.
pub const REFUSALS: [(Tells, &[Operation], &[&str]); 5] = [
    (
        Tells::NoneEver,
        &[Activate, Deactivate],
        &[
            "InvalidRequestInput",
            "InvalidCardNumberInput",
            "InvalidPartnerIdInput",
            "InvalidRequestIdInput",
            "CardNumberNotFound",
            "CardNotFound",
            "CardNumberTooShort",
            "CardNumberCheckSumError",
            "RequestIdTooLong",
            "RequestIdMustStartWithPartnerName",
            "ExternalReferenceTooLong",
            "SerializationException",
            "ValidationException",
        ],
    ),
    (
        Tells::NoneEver,
        &[Activate],
        &[
            "InvalidAmountInput",
            "InvalidAmountValue",
            "InvalidCurrencyCodeInput",
            "NegativeOrZeroAmount",
            "MaxAmountExceeded",
            "AmountBelowMinThreshold",
            "FractionalAmountNotAllowed",
            "CurrencyCodeMismatch",
            "InvalidCurrencyInMarketplace",
            "RequestedDenominationMismatch",
            "ProgramIdNotPresent",
        ],
    ),
    (
        Tells::NoneYet,
        &[Activate],
        &["CardAlreadyActivatedWithDifferentRequestId", "CardActivatedWithDifferentRequestId", "ActivationNotAllowed"],
    ),
    (Tells::OneMay, &[Activate], &["CardActivatedWithDifferentDenomination", "ActivationRequestIdAlreadyBeenUsed"]),
    (
        Tells::NoneEver,
        &[Deactivate],
        &["DeactivationNotAllowed", "NonExistingActivationRequestId", "WrongActivationRequestId"],
    ),
];

/// What a refusal of `operation` with this error type tells.
pub fn tells(operation: Operation, error_type: &str) -> Tells {
    let fits = |(_, operations, names): &&(Tells, &[Operation], &[&str])| {
        operations.contains(&operation) && names.contains(&error_type)
    };
    REFUSALS.iter().find(fits).map_or(Tells::Nothing, |(tells, ..)| *tells)
}
