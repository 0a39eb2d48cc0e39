"""What the sandbox shows: amounts are Decimals, times ISO 8601 in UTC by the sandbox's clock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from .._models import Masked, Operation, masked

CardState = Literal["Activated", "AwaitingActivation", "Invalidated"]
Condition = Literal["none", "claimed", "expired", "invalidated"]
FaultName = Literal[
    "drop_before_commit",
    "drop_after_commit",
    "truncate",
    "late",
    "duplicate",
    "resend",
    "throttle",
    "error",
    "delay",
    "http_500",
    "html",
    "skew",
    "garble",
    "wrong_status",
    "fulfilled",
]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a card."""

    event: Literal["activated", "deactivated"]
    partner_id: str
    request_id: str
    at: str


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """A card of the sandbox's inventory. Its number is good for nothing but this sandbox."""

    card_number: str
    """16 digits."""
    checksum: str
    """3 digits."""
    denomination: Decimal | None
    """The amount printed on it; ``None`` if the activation sets the amount."""
    currency: str
    marketplace: str
    status: CardState
    """As a status check would tell."""
    condition: Condition
    """What was done to it from outside."""
    request_id: str | None
    """The id it is active under."""
    amount: Decimal | None
    """The amount on it while it is active."""
    expiration_date: str | None
    activations: int
    """How often it was activated; replays do not count."""
    history: tuple[Event, ...]

    @property
    def digits(self) -> str:
        """All 19 digits, as a till scans them."""
        return self.card_number + self.checksum

    def __repr__(self) -> str:
        return f"Card({masked(self.card_number)}, {self.denomination}, {self.currency}, {self.status})"


@dataclass(frozen=True, slots=True)
class Funds:
    """The prepaid account of a partner in one currency."""

    partner_id: str
    currency: str
    available: Decimal
    """What can still be spent."""
    spent: Decimal
    """Charges less refunds."""


@dataclass(frozen=True, slots=True, repr=False)
class Movement(Masked):
    """One movement of money; a double charge shows as two."""

    kind: Literal["charge", "refund"]
    partner_id: str
    request_id: str
    card_number: str
    amount: Decimal
    currency: str
    at: str


@dataclass(frozen=True, slots=True, repr=False)
class Activation(Masked):
    """An activation as the sandbox's ledger has it."""

    partner_id: str
    request_id: str
    card_number: str
    amount: Decimal
    currency: str
    status: Literal["activated", "deactivated"]
    activated_at: str
    deactivated_at: str | None


@dataclass(frozen=True, slots=True)
class Clock:
    """The sandbox's clock."""

    now: str
    offset_seconds: int
    """How far ahead of the machine's it is."""
    frozen: bool


@dataclass(frozen=True, slots=True)
class Request:
    """One operation request as the sandbox saw it."""

    at: str
    operation: Operation | None
    format: Literal["json", "xml"]
    partner_id: str | None
    request_id: str | None
    card: str | None
    """The last four digits."""
    signature: str
    """``valid``, the name of the exception, or ``not checked``."""
    cause: str | None
    """What the client most likely did wrong, if the signature was refused."""
    fault: str | None
    verdict: str
    """The answer in a few words: ``SUCCESS Activated``."""
    status: int | None
    """The HTTP status; ``None`` if the connection was closed without an answer."""
    committed: bool
    """Whether the ledger changed."""
    duration_us: int
    expected_canonical_request: str | None
    signed_canonical_request: str | None
    difference: str | None


def card_of(told: dict[str, Any]) -> Card:
    """A card of the control API's."""
    history = tuple(Event(**event) for event in told.pop("history"))
    return Card(**{**told, **_decimals(told, "denomination", "amount")}, history=history)


def funds_of(told: dict[str, Any]) -> Funds:
    """An account of the control API's."""
    return Funds(**{**told, **_decimals(told, "available", "spent")})


def movement_of(told: dict[str, Any]) -> Movement:
    """A movement of the control API's."""
    return Movement(**{**told, **_decimals(told, "amount")})


def activation_of(told: dict[str, Any]) -> Activation:
    """An activation of the control API's."""
    return Activation(**{**told, **_decimals(told, "amount")})


def _decimals(told: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: None if told[name] is None else Decimal(told[name]) for name in names}
