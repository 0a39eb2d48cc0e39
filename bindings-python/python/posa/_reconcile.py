"""The journal against the gateway's word and the register's list."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from ._models import Masked, State, decimal, nanoseconds

Reason = Literal[
    "still_open",
    "needs_attention",
    "gateway_not_active",
    "gateway_active",
    "gateway_unknown",
    "sold_not_activated",
    "activated_not_sold",
    "amount_differs",
    "card_differs",
    "sold_twice",
]


@dataclass(frozen=True, slots=True, repr=False)
class RegisterSale(Masked):
    """A sale as the register has it."""

    card_number: str
    amount: Decimal | str
    """What the customer paid for the card."""
    currency: str
    request_id: str | None = None
    """The id of the activation, if the register keeps it. Without one, the card alone tells which sale it is."""
    sold_at: datetime | None = None
    """With a time zone. Without a time it counts as a sale of the period."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One sale that differs, in one way."""

    reason: Reason
    request_id: str | None
    card: str
    """The last four digits."""
    amount: Decimal | None
    """The journal's."""
    currency: str | None
    journal: State | None
    """Where the journal has the sale."""
    gateway: str | None
    """The card's state at the gateway, where it was asked and answered."""
    register_line: int | None
    """The register's line; in a list of sales, its place from 1."""
    register_amount: Decimal | None
    register_currency: str | None
    at: datetime | None
    """When the journal recorded the intent, or else when the register sold it."""
    note: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What ``reconcile`` found; ``str()`` is a text for people. A sale that differs in two ways is there twice."""

    differences: tuple[Difference, ...]
    """By reason and time."""
    sales: int
    """The journal's sales of the period."""
    asked: int
    """Those that the gateway was asked about."""
    register: int
    """The register's sales of the period."""
    register_elsewhere: int
    """The register's sales of other times."""
    text: str
    csv: str
    """The differences under a header line."""

    def __str__(self) -> str:
        return self.text


Register = Iterable[RegisterSale] | str | os.PathLike[str]


def period_of(since: datetime | None, until: datetime | None) -> tuple[int | None, int | None]:
    """Both times as the core takes them."""
    for name, value in (("since", since), ("until", until)):
        if value is None:
            raise TypeError(f"{name} is None; give a datetime with a time zone")
    return nanoseconds("since", since), nanoseconds("until", until)


def native_register(register: Register | None, currency: str | None, offset: timedelta | None) -> Any:
    """The register as the core takes it: a file, or a list of tuples."""
    if register is None:
        return None
    if isinstance(register, (str, os.PathLike)):
        return os.fspath(register), currency, None if offset is None else int(offset.total_seconds())
    return [_values(sale) for sale in register]


def _values(sale: RegisterSale) -> tuple[Any, ...]:
    if not isinstance(sale, RegisterSale):
        raise TypeError(f"a register holds posa.RegisterSale, not {type(sale).__name__}")
    sold_at = nanoseconds("sold_at", sale.sold_at)
    return sale.card_number, decimal(sale.amount), sale.currency, sale.request_id, sold_at


def report_of(told: Any) -> Report:
    """A report of the core's."""
    document, text, csv = told
    read = json.loads(document)
    return Report(tuple(map(_difference, read["differences"])), **read["counts"], text=text, csv=csv)


def _difference(told: dict[str, Any]) -> Difference:
    read: dict[str, Any] = dict(told)
    for name in ("amount", "register_amount"):
        read[name] = None if told[name] is None else Decimal(told[name])
    read["at"] = None if told["at"] is None else datetime.fromisoformat(_to_microseconds(told["at"]))
    return Difference(**read)


def _to_microseconds(time: str) -> str:
    """Python before 3.11 reads neither nanoseconds nor a Z."""
    whole, _, fraction = time.rstrip("Z").partition(".")
    return f"{whole}.{fraction[:6]:0<6}+00:00"
