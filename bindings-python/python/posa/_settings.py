"""What a client is set up with, and what a call takes: everything as the core wants it."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any, Literal, TypedDict

from . import _native
from ._credentials import CredentialsSource, native_keys
from ._errors import OutcomeUnknown, error_of
from ._models import Receipt, Transaction
from ._signing import Signer, native_signer
from ._sources import TransactionSource

Seconds = float | timedelta
Named = str | Receipt | Transaction


class Settings(TypedDict, total=False):
    """The keyword arguments of a client."""

    credentials: CredentialsSource | None
    """A key, where it comes from, or a function that returns one; functions run in a thread of their own."""
    signer: Signer | None
    """Signs in place of ``credentials``, such as a server that holds the key; runs in a thread of its own."""
    id_tag: str | None
    """Four characters, such as ``S042``, that follow the partner id in each request id: those of the shop, which the
    server that signs for its tills asks for. A request id of your own has to have them."""
    marketplace: str | None
    """Country, such as ``US``: chooses the gateway, and checks currency and amounts against its limits."""
    environment: Literal["sandbox", "production"] | None
    """Whether money is real; ``sandbox`` by default. With a key of the Incentives portal it has to be said."""
    endpoint: str | None
    """A gateway at an address of its own, such as posa's sandbox."""
    region: str | None
    """The region to sign for; the marketplace's by default."""
    format: Literal["json", "xml"]
    attempt_timeout: Seconds
    """For one request; 6 s by default, as the vendor advises."""
    connect_timeout: Seconds
    """For connecting; 3 s by default. It is part of the attempt's time."""
    deadline: Seconds
    """For one operation, all its attempts and pauses included; 30 s by default."""
    attempts: int
    """Most requests of one operation; 8 by default."""
    retry_base: Seconds
    """The longest first pause between attempts; 0.2 s by default, doubled with each."""
    retry_cap: Seconds
    """The longest pause; 10 s by default."""
    rate_limit: int | None
    """Requests a second; 10 by default, which is the account's limit. ``None`` turns the limit off."""
    rate_share: int | None
    """Of the account's requests a second, takes so many at the most and leaves the others to whoever shares it, as a
    nightly job does beside tills that sell."""
    acknowledged: bool
    """Counts an outcome as told only once it is acknowledged, for a till that prints some time after a call returned.
    By default, one that returned to a caller who waited is told."""
    proxy: str | None
    """A proxy's URL. The environment's proxy variables are not read."""
    extra_ca: bytes | str | os.PathLike[str] | None
    """Certificate authorities to trust beside the platform's: PEM as bytes, or the path of a PEM file."""


_DEFAULTS: dict[str, Any] = {
    "credentials": None,
    "signer": None,
    "id_tag": None,
    "marketplace": None,
    "environment": None,
    "endpoint": None,
    "region": None,
    "format": "json",
    "attempt_timeout": 6.0,
    "connect_timeout": 3.0,
    "deadline": 30.0,
    "attempts": 8,
    "retry_base": 0.2,
    "retry_cap": 10.0,
    "rate_limit": 10,
    "rate_share": None,
    "acknowledged": False,
    "proxy": None,
    "extra_ca": None,
}


def open_core(partner_id: str, journal: str | os.PathLike[str], settings: dict[str, Any]) -> _native.Core:
    """A client of the core.

    Raises:
        PosaError: a setting cannot be used.
        TypeError: a setting is unknown or of another type.
    """
    unknown = settings.keys() - _DEFAULTS.keys()
    if unknown:
        raise TypeError(f"a client has no setting {sorted(unknown)[0]!r}; it has {', '.join(_DEFAULTS)}")
    given: dict[str, Any] = {**_DEFAULTS, **settings, "partner_id": partner_id, "journal": os.fspath(journal)}
    for name in ("attempt_timeout", "connect_timeout", "deadline", "retry_base", "retry_cap"):
        given[name] = seconds(given[name])
    given["credentials"] = native_keys(given["credentials"])
    given["signer"] = native_signer(given["signer"])
    given["extra_ca"] = _pem(given["extra_ca"])
    core = _native.Core.open(given)
    if isinstance(core, _native.Failure):
        raise error_of(core)
    return core


def _pem(source: bytes | str | os.PathLike[str] | None) -> bytes | None:
    if source is None or isinstance(source, bytes):
        return source
    with open(source, "rb") as file:
        return file.read()


def seconds(time: Seconds) -> float:
    """A time as a number of seconds; the core checks its range."""
    return time.total_seconds() if isinstance(time, timedelta) else time


def maybe_seconds(time: Seconds | None) -> float | None:
    """As :func:`seconds`, where there may be none."""
    return None if time is None else seconds(time)


def named(sale: Named, request_id: str | None) -> tuple[str, str]:
    """Card number and request id of a sale that is named by both or by what an earlier call returned."""
    if isinstance(sale, (Receipt, Transaction)):
        return sale.card_number, sale.request_id if request_id is None else request_id
    if request_id is None:
        raise TypeError("request_id is missing; give the one the card was activated with, or the receipt")
    return sale, request_id


def id_of(sale: Named | OutcomeUnknown) -> str | None:
    """The request id of a sale."""
    return sale.request_id if isinstance(sale, (Receipt, Transaction, OutcomeUnknown)) else sale


def details(
    source: TransactionSource | None, program_id: str | None, product_type: str | None, reference: str | None
) -> Any:
    """The rarer members of an activation; ``None`` where there are none, which is quicker."""
    if source is None and program_id is None and product_type is None and reference is None:
        return None
    if source is not None and not isinstance(source, TransactionSource):
        raise TypeError(f"source is of type {type(source).__name__}; give a TransactionSource")
    return source, program_id, product_type, reference


def own(deadline: Seconds | None, attempt_timeout: Seconds | None, attempts: int | None) -> Any:
    """What one call has otherwise than the client; ``None`` where that is nothing."""
    if deadline is None and attempt_timeout is None and attempts is None:
        return None
    return maybe_seconds(deadline), maybe_seconds(attempt_timeout), attempts
