"""The client for code that waits."""

from __future__ import annotations

import os
from collections.abc import Iterable
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING

from . import _process
from ._batch import Rows, Sale
from ._books import Books
from ._frames import unseen_methods
from ._models import (
    Receipt,
    decimal,
    receipt_of,
    whole,
)
from ._settings import Named, Seconds, Settings, details, named, open_core, own, seconds
from ._sources import TransactionSource

if TYPE_CHECKING:
    from typing_extensions import Unpack


@unseen_methods
class Client(Books):
    """Activates, deactivates and checks gift cards for one partner at one gateway.

    Safe to use from any number of threads, inside a running event loop (which it holds up), and after a fork.

    A signal's handler that raises stops the waiting; a sale under way goes on, and the journal keeps what comes of it.
    Ctrl-C raises :class:`posa.Interrupted` then. Any other exception stays what it is, and has an
    :class:`posa.OutcomeUnknown` with the sale's ``request_id`` as its ``__cause__``.
    """

    def __init__(self, partner_id: str, *, journal: str | os.PathLike[str], **settings: Unpack[Settings]) -> None:
        """Checks the settings and opens nothing; the first call opens the journal.

        Args:
            partner_id: as the account manager gave it.
            journal: a path (SQLite), a ``postgres://`` URL, ``"memory"``, or ``"none"``, with which the caller keeps
                each request id: one that is given may have been sent before, so a refusal of it is an
                :class:`posa.OutcomeUnknown` unless it settles earlier attempts too.
            settings: the rest, described at :class:`posa.Settings`.

        Raises:
            PosaError: a setting cannot be used.
            TypeError: a setting is unknown or of another type.
        """
        self._core = open_core(partner_id, journal, dict(settings))
        _process.watch(self._core)

    def activate(
        self,
        card_number: str,
        amount: Decimal | str,
        currency: str,
        *,
        request_id: str | None = None,
        source: TransactionSource | None = None,
        program_id: str | None = None,
        product_type: str | None = None,
        external_reference: str | None = None,
        deadline: Seconds | None = None,
        attempt_timeout: Seconds | None = None,
        attempts: int | None = None,
    ) -> Receipt:
        """Puts a card into the active state (specification, "ActivateGiftCard").

        Args:
            card_number: 16 or 19 digits; spaces and dashes are left out.
            amount: exact; for a denominated card, the amount printed on it.
            currency: ISO 4217.
            request_id: the id of the sale, the partner id first, 40 characters at most; the client chooses one
                unless given. With an id that the journal has as activated, that receipt is returned and nothing sent.
            deadline, attempt_timeout, attempts: for this call, in place of the client's.

        Raises:
            OutcomeUnknown: nothing settled it in time, or the waiting was stopped (Interrupted). Call again with
                the error's ``request_id``.
            PosaError: any other: the card is not active by this sale.
            TypeError: a value of another type; a float is not exact.
        """
        return self._call(
            receipt_of,
            self._core.activate,
            card_number,
            decimal(amount),
            currency,
            request_id,
            details(source, program_id, product_type, external_reference),
            own(deadline, attempt_timeout, attempts),
        )

    def adopt(
        self,
        request_id: str,
        card_number: str,
        amount: Decimal | str,
        currency: str,
        *,
        source: TransactionSource | None = None,
        program_id: str | None = None,
        product_type: str | None = None,
        external_reference: str | None = None,
        deadline: Seconds | None = None,
        attempt_timeout: Seconds | None = None,
        attempts: int | None = None,
    ) -> Receipt:
        """Takes a sale into the journal that was made without it: by another client, or before a backup was restored.

        Its card has to be active; then the same activation, sent once more, tells whether this id activated it, and
        charges nothing. From here on it can be returned like any other.

        Args:
            request_id: the id that the card was activated with.
            card_number, amount, currency: and the rest, as the sale had them; see :meth:`activate`.

        Raises:
            Rejected: the card is not active, or was activated for another amount.
            AlreadyActivated: another id activated it.
            PosaError, TypeError: as for :meth:`activate`.
        """
        return self._call(
            receipt_of,
            self._core.adopt,
            card_number,
            decimal(amount),
            currency,
            request_id,
            details(source, program_id, product_type, external_reference),
            own(deadline, attempt_timeout, attempts),
        )

    def deactivate(
        self,
        sale: Named,
        request_id: str | None = None,
        *,
        external_reference: str | None = None,
        deadline: Seconds | None = None,
        attempt_timeout: Seconds | None = None,
        attempts: int | None = None,
    ) -> Receipt:
        """Puts a card back into the inactive state (specification, "DeactivateGiftCard").

        Args:
            sale: the receipt, or the card's number together with ``request_id``.

        Raises:
            Conflict: the journal does not say that this id activated this card.
            OutcomeUnknown: nothing settled it in time. Call again.
            PosaError: any other: the card is as it was.
        """
        return self._call(
            receipt_of,
            self._core.deactivate,
            *named(sale, request_id),
            external_reference,
            own(deadline, attempt_timeout, attempts),
        )

    def status(
        self,
        sale: Named,
        request_id: str | None = None,
        *,
        external_reference: str | None = None,
        deadline: Seconds | None = None,
        attempt_timeout: Seconds | None = None,
        attempts: int | None = None,
    ) -> Receipt:
        """Asks for a card's state (specification, "ActivationStatusCheck"). Changes nothing.

        ``Activated`` does not prove that this id activated it; the journal, or the same activation again, does.

        Raises:
            OutcomeUnknown: no answer came in time.
            PosaError: any other.
        """
        return self._call(
            receipt_of,
            self._core.status,
            *named(sale, request_id),
            external_reference,
            own(deadline, attempt_timeout, attempts),
        )

    def activate_many(
        self, name: str, sales: Iterable[Sale], *, concurrency: int = 16, patience: Seconds = 600
    ) -> Rows:
        """Activates many sales, a bounded number at a time; run again under the same name, it charges nothing twice.

        A sale without a request id gets one from the batch's name, its card and its amount. What the journal has as
        activated is answered without a request; what has no outcome is repeated with its id.

        Args:
            name: names the batch for good. Another batch has another name.
            sales: read one at a time, as a place comes free.
            concurrency: how many are under way or wait to be read; the rate limit holds for all together.
            patience: how long it waits for a gateway that cannot be reached, answers nothing or throttles. After that,
                the sales that are left end as not sent, without a try.

        Returns:
            The rows, in the order in which they end, and the batch's ``progress``.

        Raises:
            PosaError: the client is closed, or ``concurrency`` is 0. What is wrong with a sale is in its row.
        """
        return Rows(self, name, sales, concurrency, seconds(patience))

    def close(self) -> None:
        """Takes no further calls, waits for those under way, each of which ends by its own deadline, and closes the
        journal: a SQLite file is whole by itself then. Close a client before its file is copied or moved.
        """
        self._call(whole, self._core.close)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
