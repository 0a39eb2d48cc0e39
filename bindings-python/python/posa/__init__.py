"""Activate, deactivate and check Amazon gift cards at the point of sale, exactly once.

Every operation ends in exactly one of three ways: it returns (done), it raises :class:`OutcomeUnknown` (the card may
or may not have changed; the error's ``request_id`` settles it), or it raises another :class:`PosaError` (nothing
changed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._amounts import typed_amount
from ._batch import Progress, Row, Rows, Sale
from ._client import Client
from ._credentials import (
    Credentials,
    CredentialsSource,
    EnvironmentCredentials,
    FileCredentials,
)
from ._errors import (
    AccountError,
    AlreadyActivated,
    AuthenticationError,
    ConfigurationError,
    Conflict,
    Delivery,
    InsufficientFunds,
    Interrupted,
    InvalidInput,
    JournalError,
    NeedsAttention,
    OutcomeUnknown,
    PosaError,
    Rejected,
    Throttled,
    Unreachable,
)
from ._models import HistoryEntry, Operation, Receipt, Recovered, State, Transaction
from ._native import __version__
from ._reconcile import Difference, Reason, Register, RegisterSale, Report
from ._settings import Settings
from ._signing import Signed, Signer, SigningRefused, SigningRules, Unsigned, sign_request
from ._sources import SourceDetails, TransactionSource

if TYPE_CHECKING:
    from ._async_batch import AsyncRows
    from ._async_client import AsyncClient
    from ._cancelled import Cancelled

__all__ = [
    "AccountError",
    "AlreadyActivated",
    "AsyncClient",
    "AsyncRows",
    "AuthenticationError",
    "Cancelled",
    "Client",
    "ConfigurationError",
    "Conflict",
    "Credentials",
    "CredentialsSource",
    "Delivery",
    "Difference",
    "EnvironmentCredentials",
    "FileCredentials",
    "HistoryEntry",
    "InsufficientFunds",
    "Interrupted",
    "InvalidInput",
    "JournalError",
    "NeedsAttention",
    "Operation",
    "OutcomeUnknown",
    "PosaError",
    "Progress",
    "Reason",
    "Receipt",
    "Recovered",
    "Register",
    "RegisterSale",
    "Rejected",
    "Report",
    "Row",
    "Rows",
    "Sale",
    "Settings",
    "Signed",
    "Signer",
    "SigningRefused",
    "SigningRules",
    "SourceDetails",
    "State",
    "Throttled",
    "Transaction",
    "TransactionSource",
    "Unreachable",
    "Unsigned",
    "__version__",
    "sign_request",
    "typed_amount",
]

for _value in list(globals().values()):
    # Where users find them, which is also what tracebacks and pickles then say.
    if isinstance(_value, type) and _value.__module__.startswith("posa."):
        _value.__module__ = "posa"


def __getattr__(name: str) -> Any:
    # asyncio takes longer to import than all of posa: whoever does not use it does not wait for it.
    if name in ("AsyncClient", "AsyncRows", "Cancelled"):
        from ._async_batch import AsyncRows
        from ._async_client import AsyncClient
        from ._cancelled import Cancelled

        for value in (AsyncClient, AsyncRows, Cancelled):
            value.__module__ = "posa"
            globals()[value.__name__] = value
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
