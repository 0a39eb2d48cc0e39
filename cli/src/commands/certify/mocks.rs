//! The vendor's mock ids: what each answers, and how well that is known (protocol facts, error catalogue).

use super::step::{ACTIVATED, AWAITING, Case, Expect, Id, Pick, Refusal, Step, Sum, Via};
use super::table::{case, sell, take_back};
use posa_core::ErrorKind;

/// An id, the error that it asks for, and the kind that a caller gets of it.
struct Mock {
    id: &'static str,
    kind: ErrorKind,
    code: &'static str,
    types: &'static [&'static str],
    /// Printed by the vendor or recorded from its gateway; of the others only the class is certain.
    known: bool,
}

const fn mock(id: &'static str, kind: ErrorKind, code: &'static str, types: &'static [&'static str]) -> Mock {
    Mock { id, kind, code, types, known: true }
}

const fn probable(id: &'static str, kind: ErrorKind, code: &'static str, types: &'static [&'static str]) -> Mock {
    Mock { known: false, ..mock(id, kind, code, types) }
}

const TABLE: [Mock; 26] = {
    use ErrorKind::*;
    [
        mock("F2000", Rejected, "F200", &["InvalidRequestInput"]),
        mock("F2001", Rejected, "F200", &["InvalidCardNumberInput"]),
        mock("F2002", Rejected, "F200", &["InvalidPartnerIdInput"]),
        mock("F2003", Rejected, "F200", &["InvalidAmountInput"]),
        mock("F2004", Rejected, "F200", &["InvalidAmountValue"]),
        mock("F2005", Rejected, "F200", &["InvalidCurrencyCodeInput"]),
        probable("F2006", Rejected, "F200", &["InvalidRequestIdInput"]),
        mock(
            "F2010",
            AlreadyActivated,
            "F200",
            &["CardAlreadyActivatedWithDifferentRequestId", "CardActivatedWithDifferentRequestId"],
        ),
        probable("F2014", Rejected, "F200", &["NegativeOrZeroAmount"]),
        mock("F2015", Rejected, "F200", &["MaxAmountExceeded"]),
        mock("F2016", Rejected, "F200", &["CurrencyCodeMismatch"]),
        mock("F2017", Rejected, "F200", &["FractionalAmountNotAllowed"]),
        mock("F2047", Rejected, "F200", &["CancelRequestArrivedAfterTimeLimit"]),
        probable("F3000", Account, "F300", &["UnknownCustomer"]),
        probable("F3001", Authentication, "F300", &["InvalidAwsAccessKeyId", "InvalidAccessKey"]),
        probable("F3002", Account, "F300", &["BlockedCustomer"]),
        mock("F3003", InsufficientFunds, "F300", &["InsufficientFunds"]),
        probable("F3004", Account, "F300", &["IssuanceCapExceeded"]),
        mock("F3005", Account, "F300", &["GeneralError", "AccountHasProblems"]),
        probable("F3006", Account, "F300", &["OperationNotPermitted"]),
        probable("F3007", Account, "F300", &["BadInput"]),
        probable("F3008", Account, "F300", &["ActiveContractNotFound"]),
        probable("F3009", Account, "F300", &["CustomerAccountBlocked"]),
        mock("F3010", Account, "F300", &["CustomerSurpassedDailyVelocityLimit"]),
        mock("F4000", OutcomeUnknown, "F400", &["SystemTemporarilyUnavailable"]),
        mock("F5000", OutcomeUnknown, "F500", &["GeneralError"]),
    ]
};

/// Every mock id in both operations that take them.
pub(super) fn cases() -> Vec<Case> {
    let activate =
        |id, expect| case("Mock ids: activate", id, [asked(sell(Id::Mock(id), Pick::First, Sum::Hundred), expect)]);
    let deactivate =
        |id, expect| case("Mock ids: deactivate", id, [asked(take_back(Id::Mock(id), Pick::First), expect)]);
    let one_side = |play: &dyn Fn(&'static str, Expect) -> Case, done: &'static str| {
        let mut cases =
            vec![play("F0000", Expect::Done(done)), play("F1000", Expect::DoneOr(done, ErrorKind::OutcomeUnknown))];
        cases.extend(TABLE.iter().map(|mock| play(mock.id, Expect::Refused(mock.refusal()))));
        cases
    };
    let mut cases = one_side(&activate, ACTIVATED);
    cases.extend(one_side(&deactivate, AWAITING));
    cases
}

/// A mock answers the same however often it is asked.
fn asked(step: Step, expect: Expect) -> Step {
    Step { expect, ..step.via(Via::Once) }
}

impl Mock {
    fn refusal(&self) -> Refusal {
        const CLASS: &[ErrorKind] = &[ErrorKind::Rejected, ErrorKind::Account];
        Refusal { kind: self.kind, code: self.code, types: self.types, or: if self.known { &[] } else { CLASS } }
    }
}
