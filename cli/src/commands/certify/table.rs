//! The case table: the vendor's test plan for these operations (`docs/certify.md` says which part of it is public).

use super::mocks;
use super::step::{ACTIVATED, AWAITING, Act, Arrangement, Case, Expect, Id, Pick, Place, Refusal, Step, Sum, Via};
use super::step::{Arrangement::*, Id::*, Pick::*, Sum::*, Via::*};
use posa_core::ErrorKind;

/// Every case, in the order in which they are played.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = sales();
    cases.extend(repetitions());
    cases.extend(amounts());
    cases.extend(refusals());
    cases.extend(signatures());
    cases.extend(failures());
    cases.extend(mocks::cases());
    cases
}

fn sales() -> Vec<Case> {
    const GROUP: &str = "Sales";
    vec![
        case(GROUP, "Activate a card for 100", [sell(A, First, Hundred)]),
        case(GROUP, "Deactivate it", [sell(A, First, Hundred), take_back(A, First)]),
        case(
            GROUP,
            "Ask for the state of an active card",
            [sell(A, First, Hundred), status(A, First).gives(ACTIVATED)],
        ),
        case(
            GROUP,
            "Ask for the state of a deactivated card",
            [sell(A, First, Hundred), take_back(A, First), status(A, First).gives(AWAITING)],
        ),
        case(
            GROUP,
            "Activate it again under a new id",
            [sell(A, First, Hundred), take_back(A, First), sell(B, First, Hundred)],
        ),
        case(GROUP, "Name the card by 16 digits", [sell(A, WithoutChecksum, Hundred), take_back(A, WithoutChecksum)]),
        case(
            GROUP,
            "Send XML for JSON, or JSON for XML",
            [sell(A, First, Hundred).via(OtherFormat), take_back(A, First).via(OtherFormat)],
        ),
        case(
            GROUP,
            "Say where it is sold, in the short form",
            [Step { act: Act::ActivateAt(A, First, Hundred, Place::Short), expect: Expect::Done(ACTIVATED) }],
        ),
        case(
            GROUP,
            "Say where it is sold, in the long form",
            [Step { act: Act::ActivateAt(A, First, Hundred, Place::Long), expect: Expect::Done(ACTIVATED) }],
        ),
    ]
}

fn repetitions() -> Vec<Case> {
    const GROUP: &str = "Repetitions";
    vec![
        case(
            GROUP,
            "Activate twice with one id",
            [sell(A, First, Thousand), sell(A, First, Thousand).via(Wire), booked(A, 1, 0)],
        ),
        case(
            GROUP,
            "Deactivate twice with one id",
            [sell(A, First, Hundred), take_back(A, First), take_back(A, First).via(Wire), booked(A, 1, 1)],
        ),
        case(
            GROUP,
            "Activate again with the id of a sale that was reversed",
            [
                sell(A, First, Hundred),
                take_back(A, First),
                sell(A, First, Hundred).via(Wire).refused(CONTRADICTION),
                status(A, First).gives(AWAITING),
                booked(A, 1, 1),
            ],
        ),
        case(
            GROUP,
            "Activate with one id and another amount",
            [sell(A, First, Hundred), sell(A, First, Another).via(Wire).refused(CONTRADICTION), booked(A, 1, 0)],
        ),
        case(
            GROUP,
            "Activate with one id and another card",
            [
                sell(A, First, Hundred),
                sell(A, Second, Hundred)
                    .via(Wire)
                    .refused(rejected(&["ActivationRequestIdAlreadyBeenUsed"]).or(NOT_DONE)),
                booked(A, 1, 0),
            ],
        ),
        case(
            GROUP,
            "Activate an active card under another id",
            [sell(A, First, Hundred), sell(B, First, Hundred).refused(ACTIVE_ELSEWHERE), booked(B, 0, 0)],
        ),
    ]
}

fn amounts() -> Vec<Case> {
    const GROUP: &str = "Amounts";
    vec![
        case(GROUP, "Activate for the least", [sell(A, First, Least)]),
        case(GROUP, "Activate for the most", [sell(A, First, Most)]),
        case(GROUP, "Under the least", [sell(A, First, TooLittle).stays_here("amount")]),
        case(GROUP, "Over the most", [sell(A, First, TooMuch).stays_here("amount")]),
        case(GROUP, "Activate a denominated card", [sell(A, Denominated, Hundred)]),
        case(
            GROUP,
            "Another amount than the card's own",
            [sell(A, Denominated, Another).refused(rejected(&["RequestedDenominationMismatch"]))],
        ),
    ]
}

fn refusals() -> Vec<Case> {
    const GROUP: &str = "Refusals";
    vec![
        case(
            GROUP,
            "Deactivate with an id that was never used",
            [
                sell(A, First, Hundred),
                take_back(B, First).via(Wire).refused(rejected(&["NonExistingActivationRequestId"]).or(REFUSED)),
            ],
        ),
        case(
            GROUP,
            "Deactivate another card than the id's",
            [
                sell(A, First, Hundred),
                take_back(A, Second).via(Wire).refused(rejected(&["WrongActivationRequestId"]).or(REFUSED)),
            ],
        ),
        case(
            GROUP,
            "A checksum that is wrong",
            [sell(A, WrongChecksum, Hundred).refused(rejected(&["CardNumberCheckSumError"]))],
        ),
        case(
            GROUP,
            "A number of no card",
            [sell(A, Nobodys, Hundred).refused(rejected(&["CardNumberNotFound", "CardNotFound"]))],
        ),
        case(
            GROUP,
            "Deactivate a card that a customer has redeemed",
            [
                sell(A, First, Hundred),
                arrange(Claimed),
                take_back(A, First).refused(rejected(&["DeactivationNotAllowed"])),
                booked(A, 1, 0),
            ],
        ),
        case(
            GROUP,
            "Deactivate a card that has expired",
            [
                sell(A, First, Hundred),
                arrange(Expired),
                take_back(A, First).refused(rejected(&["DeactivationNotAllowed"])),
                booked(A, 1, 0),
            ],
        ),
        case(
            GROUP,
            "Funds that do not cover the amount",
            [arrange(NoFunds), sell(A, First, Hundred).refused(NO_FUNDS), booked(A, 0, 0)],
        ),
    ]
}

fn signatures() -> Vec<Case> {
    const GROUP: &str = "Signatures";
    vec![
        case(GROUP, "A wrong secret", [status(A, First).via(WrongSecret).refused(UNSIGNED)]),
        case(GROUP, "An unknown access key", [status(A, First).via(UnknownKey).refused(UNSIGNED)]),
        case(
            GROUP,
            "A clock that is 20 minutes slow",
            [Step { expect: Expect::Corrected(AWAITING), ..status(A, First).via(SlowClock) }],
        ),
    ]
}

fn failures() -> Vec<Case> {
    const GROUP: &str = "Failures";
    vec![
        case(
            GROUP,
            "An answer that is lost: ask, then repeat the id",
            [
                arrange(LoseAnswer),
                sell(A, First, Hundred).via(Once).refused(LOST),
                status(A, First).gives(ACTIVATED),
                sell(A, First, Hundred),
                booked(A, 1, 0),
            ],
        ),
        case(GROUP, "Twelve requests in one second", [Step { act: Act::Burst, expect: Expect::Throttled }]),
    ]
}

pub(super) fn case(group: &'static str, name: impl Into<String>, steps: impl IntoIterator<Item = Step>) -> Case {
    Case { group, name: name.into(), steps: steps.into_iter().collect() }
}

pub(super) fn sell(id: Id, card: Pick, sum: Sum) -> Step {
    Step { act: Act::Activate(id, card, sum, Till), expect: Expect::Done(ACTIVATED) }
}

pub(super) fn take_back(id: Id, card: Pick) -> Step {
    Step { act: Act::Deactivate(id, card, Till), expect: Expect::Done(AWAITING) }
}

fn status(id: Id, card: Pick) -> Step {
    Step { act: Act::Status(id, card, Wire), expect: Expect::Silent }
}

fn arrange(arrangement: Arrangement) -> Step {
    Step { act: Act::Arrange(arrangement), expect: Expect::Silent }
}

fn booked(id: Id, charges: usize, refunds: usize) -> Step {
    Step { act: Act::Booked { id, charges, refunds }, expect: Expect::Silent }
}

impl Step {
    pub(super) fn via(self, via: Via) -> Self {
        let act = match self.act {
            Act::Activate(id, card, sum, _) => Act::Activate(id, card, sum, via),
            Act::Deactivate(id, card, _) => Act::Deactivate(id, card, via),
            Act::Status(id, card, _) => Act::Status(id, card, via),
            other => other,
        };
        Self { act, ..self }
    }

    fn gives(self, status: &'static str) -> Self {
        Self { expect: Expect::Done(status), ..self }
    }

    pub(super) fn refused(self, refusal: Refusal) -> Self {
        Self { expect: Expect::Refused(refusal), ..self }
    }

    fn stays_here(self, field: &'static str) -> Self {
        Self { expect: Expect::NotSent(field), ..self }
    }
}

impl Refusal {
    fn or(self, or: &'static [ErrorKind]) -> Self {
        Self { or, ..self }
    }
}

/// An F200 of one of these names; another gateway may have another name for it, which is not public.
fn rejected(types: &'static [&'static str]) -> Refusal {
    Refusal { kind: ErrorKind::Rejected, code: "F200", types, or: &[ErrorKind::Rejected] }
}

const fn of_kind(kind: ErrorKind, or: &'static [ErrorKind]) -> Refusal {
    Refusal { kind, code: "", types: &[], or }
}

const REFUSED: &[ErrorKind] = &[ErrorKind::Rejected, ErrorKind::Account];
const NOT_DONE: &[ErrorKind] = &[ErrorKind::Rejected, ErrorKind::OutcomeUnknown];

/// A success that tells of the original sale: it does not fit what was asked, so nobody takes it for done.
const CONTRADICTION: Refusal = of_kind(ErrorKind::OutcomeUnknown, &[ErrorKind::Rejected]);
const LOST: Refusal = of_kind(ErrorKind::OutcomeUnknown, &[]);
const UNSIGNED: Refusal = of_kind(ErrorKind::Authentication, &[]);
const ACTIVE_ELSEWHERE: Refusal = Refusal {
    kind: ErrorKind::AlreadyActivated,
    code: "F200",
    types: &["CardAlreadyActivatedWithDifferentRequestId", "CardActivatedWithDifferentRequestId"],
    or: &[],
};
const NO_FUNDS: Refusal =
    Refusal { kind: ErrorKind::InsufficientFunds, code: "F300", types: &["InsufficientFunds"], or: &[] };
