"""The sandbox gateway and its control API."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from types import TracebackType
from typing import Any, Literal, TypedDict

from .. import _native
from .._credentials import Credentials
from .._errors import error_of
from .._frames import unseen_methods
from .._models import Operation, decimal
from ._models import (
    Activation,
    Card,
    Clock,
    Condition,
    FaultName,
    Funds,
    Movement,
    Request,
    activation_of,
    card_of,
    funds_of,
    movement_of,
)


class Connection(TypedDict):
    """What a client of the sandbox needs: ``Client(**sandbox.settings, journal="memory")``."""

    partner_id: str
    endpoint: str
    region: str
    credentials: Credentials


@unseen_methods
class Sandbox:
    """A gateway that speaks the activation protocol on free ports of 127.0.0.1.

    It verifies signatures, keeps cards and funds, and fails on demand. Everything is in memory unless ``state`` names
    a file. It runs until :meth:`stop`, the end of its ``with`` block, or the end of the process.
    """

    def __init__(
        self,
        *,
        throttle: int | None = 10,
        f1000: Literal["success", "f100"] = "success",
        strict_card_numbers: bool = False,
        strict_request_ids: bool = False,
        server_error_status: bool = False,
        region: str = "us-east-1",
        partner_id: str = "Awssb",
        state: str | os.PathLike[str] | None = None,
    ) -> None:
        """Starts it.

        Args:
            throttle: requests of one partner per second; ``None`` for no limit.
            f1000: what the mock id ``F1000`` answers; the vendor's pages say both.
            strict_card_numbers: demands all 19 digits.
            strict_request_ids: demands letters and digits, which the live service does not.
            server_error_status: HTTP 500 in place of 400 for the classes F100, F400 and F500.
            region: the region that requests must be signed for.
            partner_id: the partner it serves.
            state: a file that keeps the ledger across restarts.

        Raises:
            PosaError: a setting cannot be used.
        """
        started = _native.Gateway.start(
            {
                "throttle": throttle,
                "f1000": f1000,
                "strict_card_numbers": strict_card_numbers,
                "strict_request_ids": strict_request_ids,
                "server_error_status": server_error_status,
                "region": region,
                "partner_id": partner_id,
                "state": state,
            }
        )
        if isinstance(started, _native.Failure):
            raise error_of(started)
        self._gateway = started
        self.url, self.tls_url, self.ca_pem = started.addresses()
        ready = _read(started.ready())
        self.settings: Connection = {
            "partner_id": ready["partner_id"],
            "endpoint": self.url,
            "region": ready["region"],
            "credentials": Credentials(ready["access_key_id"], ready["secret_access_key"]),
        }

    def stop(self) -> None:
        """Lets requests under way finish for two seconds, and closes the rest."""
        self._gateway.stop()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Sandbox({self.url})"

    def reset(self) -> None:
        """Back to the first moment: the default cards and funds, no faults, an empty log, the machine's time."""
        _read(self._gateway.reset())

    def cards(self, *, currency: str | None = None, denomination: Decimal | str | None = None) -> list[Card]:
        """The cards, in the order of the inventory; those of one currency or denomination, where given."""
        amount = None if denomination is None else Decimal(decimal(denomination))
        cards = map(card_of, _read(self._gateway.cards()))
        fits = (card for card in cards if currency in (None, card.currency))
        return [card for card in fits if amount in (None, card.denomination)]

    def card(self, number: str) -> Card:
        """One card, by its 16 digits, with or without the checksum.

        Raises:
            InvalidInput: there is no such card.
        """
        return card_of(_read(self._gateway.card(number)))

    def add_card(
        self,
        card_number: str,
        *,
        checksum: str | None = None,
        denomination: Decimal | str | None = None,
        marketplace: str = "US",
    ) -> Card:
        """Adds a card at the end of the inventory.

        Raises:
            InvalidInput: a value does not fit, or the number is there already.
        """
        new = {
            "card_number": card_number,
            "checksum": checksum,
            "denomination": None if denomination is None else decimal(denomination),
            "marketplace": marketplace,
        }
        return card_of(_read(self._gateway.add_card(json.dumps(new))))

    def set_condition(self, number: str, condition: Condition) -> Card:
        """Does to a card what a customer, time or the vendor would."""
        return card_of(_read(self._gateway.set_condition(number, condition)))

    def funds(self) -> list[Funds]:
        """Every prepaid account."""
        return [funds_of(told) for told in _read(self._gateway.funds())]

    def set_funds(self, currency: str, available: Decimal | str, *, partner_id: str | None = None) -> Funds:
        """Sets what a partner, the first one unless given, can still spend."""
        return funds_of(_read(self._gateway.set_funds(partner_id, currency, decimal(available))))

    def transactions(self) -> list[Activation]:
        """Every activation, oldest first."""
        return [activation_of(told) for told in _read(self._gateway.transactions())]

    def movements(self) -> list[Movement]:
        """Every charge and refund, oldest first."""
        return [movement_of(told) for told in _read(self._gateway.movements())]

    def clock(self) -> Clock:
        """The sandbox's clock."""
        return Clock(**_read(self._gateway.clock()))

    def set_clock(
        self, *, offset_seconds: int | None = None, advance_seconds: int | None = None, frozen: bool | None = None
    ) -> Clock:
        """Sets the clock ahead of the machine's, moves it from where it is, or stops it."""
        return Clock(**_read(self._gateway.set_clock(offset_seconds, advance_seconds, frozen)))

    def inject(
        self,
        fault: FaultName,
        *,
        times: int = 1,
        operation: Operation | None = None,
        card_number: str | None = None,
        request_id: str | None = None,
        delay_ms: int | None = None,
        error_type: str | None = None,
        seconds: int | None = None,
    ) -> None:
        """Fails on later requests: on the next ``times``, of one operation, card or id where given.

        Args:
            delay_ms: for ``delay`` and ``late``.
            error_type: for ``error``, such as ``InsufficientFunds``.
            seconds: for ``skew``.

        Raises:
            InvalidInput: it could never come true.
        """
        members = {
            "fault": fault,
            "times": times,
            "operation": operation,
            "card_number": card_number,
            "request_id": request_id,
            "delay_ms": delay_ms,
            "error_type": error_type,
            "seconds": seconds,
        }
        given = {name: value for name, value in members.items() if value is not None}
        _read(self._gateway.inject(json.dumps(given)))

    def faults(self) -> list[dict[str, Any]]:
        """Faults that wait for a request."""
        faults: list[dict[str, Any]] = _read(self._gateway.faults())
        return faults

    def clear_faults(self) -> None:
        """Forgets every fault, and every late request that was not applied yet."""
        _read(self._gateway.clear_faults())

    def release(self) -> list[str]:
        """Applies the late requests in the order in which they were sent; what each came to."""
        released: list[str] = _read(self._gateway.release())
        return released

    def requests(self) -> list[Request]:
        """The last 10,000 requests, oldest first."""
        return [Request(**told) for told in _read(self._gateway.requests())]

    def clear_requests(self) -> None:
        """Empties the request log."""
        _read(self._gateway.clear_requests())


def _read(answer: str | _native.Failure) -> Any:
    if isinstance(answer, _native.Failure):
        raise error_of(answer)
    return json.loads(answer)
