"""What the client returns: frozen values that compare, hash, pickle, and print no whole card number."""

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

from ._errors import PosaError, error_of

Operation = Literal["ActivateGiftCard", "DeactivateGiftCard", "ActivationStatusCheck"]
State = Literal["sending", "activated", "rejected", "unknown", "reversing", "deactivated", "attention"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def masked(card_number: str) -> str:
    """The last four digits, as they may be shown."""
    return f"...{card_number[12:16]}"


def decimal(amount: object) -> str:
    """An amount as the core reads it.

    Raises:
        TypeError: anything but a Decimal or a str: a float is not exact, and an int could mean cents.
    """
    if type(amount) is str:
        return amount
    if isinstance(amount, Decimal):
        # A plain decimal of a huge exponent would be gigabytes long; the core refuses an exponent.
        return format(amount, "f") if amount.is_finite() and -20 < amount.adjusted() < 20 else str(amount)
    if isinstance(amount, float):
        raise TypeError(f'amount is a float, which is not exact; write Decimal("{amount:.2f}") or "{amount:.2f}"')
    if isinstance(amount, str):
        return str(amount)
    raise TypeError(f'amount is of type {type(amount).__name__}; give a Decimal or a str such as "25.00"')


def _shown(name: str, value: object) -> str:
    return repr(value) if name != "card_number" or value is None else masked(str(value))


class Masked:
    """Shows the last four digits of a card number."""

    __slots__ = ()

    def __repr__(self) -> str:
        values = ((f.name, getattr(self, f.name)) for f in fields(self) if f.repr)  # type: ignore[arg-type]
        shown = ", ".join(f"{name}={_shown(name, value)}" for name, value in values)
        return f"{type(self).__name__}({shown})"


@dataclass(frozen=True, slots=True, repr=False)
class Receipt(Masked):
    """What the gateway confirmed: the operation is done, and it is in the journal."""

    operation: Operation
    request_id: str
    """The id of the sale. Keep it: every later call about the card needs it."""
    card_number: str
    """The digits as given. Not for logs; ``repr()`` shows the last four."""
    card_status: str
    """``Activated``, ``AwaitingActivation``, ``Invalidated``, or another state as the gateway sent it."""
    amount: Decimal | None
    """The amount on the card, where the gateway tells: always after an activation."""
    currency: str | None
    """ISO 4217."""
    expiration: str | None
    """When the card expires, as sent; ``None`` where cards do not."""
    expires_at: datetime | None
    """The instant that ``expiration`` names, in UTC, where it has a known form."""
    attempts: int
    """How many requests it took; 0 if the journal already knew the answer."""


@dataclass(frozen=True, slots=True, repr=False)
class Transaction(Masked):
    """A sale as the journal holds it."""

    request_id: str
    card_number: str
    """The digits as given. Not for logs; ``repr()`` shows the last four."""
    amount: Decimal
    currency: str
    external_reference: str | None
    state: State
    attempts: int
    """How many requests were sent."""
    voided: bool
    """Given up while its outcome was not known: it may only be reversed."""
    reversal_tries: int
    """How often the gateway has answered a reversal, and not by making it."""
    note: str | None
    """The last error in one line."""
    started_at: datetime
    updated_at: datetime
    retry_at: datetime | None
    """Recovery leaves it alone until then."""
    expiration: str | None
    expires_at: datetime | None
    told: bool = True
    """Whether somebody heard the outcome, or acknowledged it; of no meaning while there is none."""
    version: int = field(default=0, repr=False)
    """Which outcome this is, for ``acknowledge``."""

    @property
    def is_open(self) -> bool:
        """Whether it still needs an answer."""
        return self.state in ("sending", "unknown", "reversing")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of a sale, as the journal noted it."""

    at: datetime
    """When, by the clock of the machine that noted it."""
    event: str
    """``activate``, ``return``, ``void`` or ``attempt`` before something is sent, and after it the state that the sale
    came to; ``told`` if somebody heard that only later, and ``untold`` if it turned out that nobody had."""
    attempts: int
    """How many requests were sent for the sale by then; for an ``attempt``, its number."""
    note: str | None
    """The error in one line, if there was one."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What ``recover`` did."""

    settled: tuple[Transaction, ...]
    """Sales that have their outcome now. Nobody heard it yet: each is untold until it is acknowledged."""
    open: tuple[tuple[str, PosaError], ...] = field(compare=False)
    """Request ids of sales that still have none, and what stood in the way."""
    damaged: tuple[str, ...] = ()
    """Rows of the journal that cannot be read, a line each. Their sales were left alone: a person has to look."""


def receipt_of(told: Any) -> Receipt:
    """A receipt of the core's values."""
    operation, request_id, card, status, amount, currency, expiration, expires_at, attempts = told
    return Receipt(
        operation,
        request_id,
        card,
        status,
        None if amount is None else Decimal(amount),
        currency,
        expiration,
        None if expires_at is None else _instant(expires_at * 1_000_000),
        attempts,
    )


def transaction_of(told: Any) -> Transaction:
    """A transaction of the core's values."""
    (request_id, card, amount, currency, reference), standing, times = told
    state, attempts, voided, tries, note, told_so, version = standing
    started_at, updated_at, retry_at, expiration, expires_at = times
    return Transaction(
        request_id,
        card,
        Decimal(amount),
        currency,
        reference,
        state,
        attempts,
        voided,
        tries,
        note,
        _EPOCH + timedelta(microseconds=started_at // 1000),
        _EPOCH + timedelta(microseconds=updated_at // 1000),
        None if retry_at is None else _instant(retry_at // 1000),
        expiration,
        None if expires_at is None else _instant(expires_at * 1_000_000),
        told_so,
        version,
    )


def maybe_transaction_of(told: Any) -> Transaction | None:
    """A transaction of the core's values, if there is one."""
    return None if told is None else transaction_of(told)


def transactions_of(told: Any) -> list[Transaction]:
    """Transactions of the core's values."""
    return [transaction_of(row) for row in told]


def page_of(told: Any) -> tuple[list[Transaction], tuple[int, str] | None]:
    """A page of the journal, and where its last row stands in the journal's order."""
    if not told:
        return [], None
    (request_id, *_), _, (started_at, *_) = told[-1]
    return transactions_of(told), (started_at, request_id)


def history_of(told: Any) -> list[HistoryEntry]:
    """A history of the core's values."""
    return [
        HistoryEntry(_EPOCH + timedelta(microseconds=at // 1000), event, attempts, note)
        for at, event, attempts, note in told
    ]


def recovered_of(told: Any) -> Recovered:
    """The core's account of a recovery."""
    settled, (still_open, damaged) = told
    return Recovered(
        tuple(transaction_of(row) for row in settled),
        tuple((request_id, error_of(failure)) for request_id, failure in still_open),
        tuple(damaged),
    )


def whole(told: Any) -> Any:
    """What the core told, as it is."""
    return told


def nanoseconds(name: str, time: datetime | None) -> int | None:
    """Since 1970, for the core."""
    if time is None:
        return None
    if not isinstance(time, datetime):
        raise TypeError(f"{name} is of type {type(time).__name__}; give a datetime with a time zone")
    if time.tzinfo is None:
        raise TypeError(f"{name} has no time zone; give one such as datetime.now(timezone.utc)")
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000


def _instant(microseconds: int) -> datetime | None:
    """``None`` for what Python's calendar does not reach."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None
