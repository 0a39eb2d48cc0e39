"""The client for asyncio."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _events, _process
from ._async_batch import AsyncRows
from ._batch import Sale
from ._client import PAGE, place_of
from ._errors import OutcomeUnknown, error_of
from ._loops import mailbox_of
from ._models import Receipt, Recovered, Transaction, decimal, nanoseconds, receipt_of, recovered_of, transaction_of
from ._native import Failure
from ._reconcile import Register, Report, native_register, period_of, report_of
from ._settings import Named, Seconds, Settings, details, id_of, named, open_core, own
from ._sources import TransactionSource

if TYPE_CHECKING:
    from typing_extensions import Unpack


class AsyncClient:
    """Activates, deactivates and checks gift cards for one partner at one gateway.

    Safe to use from several event loops and threads, and after a fork. Cancelling a call stops the waiting; a sale
    under way goes on, and the journal keeps what comes of it.
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

    @classmethod
    async def open(
        cls, partner_id: str, *, journal: str | os.PathLike[str], **settings: Unpack[Settings]
    ) -> AsyncClient:
        """As the constructor, in a thread of its own: it may read certificate authorities from disk."""
        return await asyncio.to_thread(partial(cls, partner_id, journal=journal, **settings))

    async def activate(
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
            OutcomeUnknown: nothing settled it in time. Call again with the error's ``request_id``.
            PosaError: any other: the card is not active by this sale.
            TypeError: a value of another type; a float is not exact.
        """
        return receipt_of(
            await self._call(
                self._core.activate,
                card_number,
                decimal(amount),
                currency,
                request_id,
                details(source, program_id, product_type, external_reference),
                own(deadline, attempt_timeout, attempts),
            )
        )

    async def deactivate(
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
        return receipt_of(
            await self._call(
                self._core.deactivate,
                *named(sale, request_id),
                external_reference,
                own(deadline, attempt_timeout, attempts),
            )
        )

    async def status(
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
        return receipt_of(
            await self._call(
                self._core.status,
                *named(sale, request_id),
                external_reference,
                own(deadline, attempt_timeout, attempts),
            )
        )

    async def resolve(self, sale: Named | OutcomeUnknown) -> Transaction:
        """Settles one sale with the id it has: activates again, or goes on with its reversal.

        A sale that has its outcome is returned as it is. One that this client was not asked for in the last 32
        minutes is looked at first: if its card is not active and nothing that was sent can still arrive, it is closed
        as rejected.

        Args:
            sale: its request id, or anything that has one: a receipt, a transaction, the error.

        Raises:
            OutcomeUnknown: it still has no outcome.
            NeedsAttention: its reversal was refused or tried too often.
            Conflict: somebody works on it, or the journal does not know it.
        """
        return transaction_of(await self._call(self._core.resolve, id_of(sale)))

    async def void(self, sale: Named | OutcomeUnknown) -> Transaction:
        """Gives up a sale, whatever became of its activation: the card is deactivated with the original id, and
        :meth:`recover` goes on with it until the gateway confirms.

        Raises:
            OutcomeUnknown: the reversal goes on.
            NeedsAttention, Conflict: as for :meth:`resolve`.
        """
        return transaction_of(await self._call(self._core.void, id_of(sale)))

    async def recover(self, *, void: bool = False, concurrency: int = 16) -> Recovered:
        """Settles every sale without an outcome that nobody works on. Call it at start-up, and from time to time.

        It ends once nobody answers, or once the client is closed: sales that were not tried are in ``open`` and say so.

        Args:
            void: reverse sales whose activation has no outcome, instead of completing them.
            concurrency: how many at a time; the rate limit holds for all together.

        Raises:
            JournalError: the journal cannot be read.
        """
        return recovered_of(await self._call(self._core.recover, void, concurrency))

    async def transaction(self, sale: Named | OutcomeUnknown) -> Transaction | None:
        """What the journal has of a sale.

        Raises:
            JournalError: it cannot be read.
        """
        told = await self._call(self._core.transaction, id_of(sale))
        return None if told is None else transaction_of(told)

    def transactions(
        self, *, open: bool = False, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[Transaction]:
        """The journal's sales, oldest first, read page by page.

        Args:
            open: only those that still need an answer.
            since, until: only those begun at or after ``since`` and before ``until``; with a time zone.

        Raises:
            JournalError: the journal cannot be read.
        """
        first, last, after = nanoseconds("since", since), nanoseconds("until", until), None
        return self._pages(open, first, last, after)

    async def _pages(self, open: bool, first: int | None, last: int | None, after: Any) -> AsyncIterator[Transaction]:
        while True:
            page = await self._call(self._core.transactions, open, first, last, after, PAGE)
            for row in page:
                yield transaction_of(row)
            if len(page) < PAGE:
                return
            after = place_of(page[-1])

    def activate_many(
        self, name: str, sales: Iterable[Sale] | AsyncIterable[Sale], *, concurrency: int = 16
    ) -> AsyncRows:
        """Activates many sales, a bounded number at a time; run again under the same name, it charges nothing twice.

        A sale without a request id gets one from the batch's name, its card and its amount. What the journal has as
        activated is answered without a request; what has no outcome is repeated with its id.

        Args:
            name: names the batch for good. Another batch has another name.
            sales: read one at a time, as a place comes free; also an asynchronous iterable.
            concurrency: how many are under way or wait to be read; the rate limit holds for all together.

        Returns:
            The rows, in the order in which they end, and the batch's ``progress``.

        Raises:
            PosaError: the client is closed, or ``concurrency`` is 0. What is wrong with a sale is in its row.
        """
        return AsyncRows(self, name, sales, concurrency)

    async def reconcile(
        self,
        since: datetime,
        until: datetime,
        register: Register | None = None,
        *,
        register_currency: str | None = None,
        register_offset: timedelta | None = None,
    ) -> Report:
        """Compares the journal's sales of a period with the gateway, by a status check for each that has its outcome,
        and with the register's sales, where they are given. Changes nothing.

        Args:
            since, until: sales begun at or after ``since`` and before ``until``; with a time zone.
            register: sales, or the path of a CSV file with the columns card_number and amount and, where there are
                any, currency, request_id and sold_at.
            register_currency: that of the file's lines that name none.
            register_offset: from UTC, of the file's times that name none.

        Raises:
            JournalError: the journal cannot be read. A gateway that cannot be asked is a difference of each sale.
            InvalidInput: the period ends before it begins, or a line of the register cannot be used.
        """
        given = native_register(register, register_currency, register_offset)
        return report_of(await self._call(self._core.reconcile, *period_of(since, until), given))

    async def backup(self, path: str | os.PathLike[str]) -> None:
        """Copies the journal to a new file while sales go on. The copy is whole by itself: nothing lies beside it.

        Args:
            path: a file that does not exist yet, in a folder that does.

        Raises:
            JournalError: the file exists or cannot be written, or the journal is no file.
        """
        await self._call(self._core.backup, os.fspath(path))

    async def close(self) -> None:
        """Takes no further calls, waits for those under way, each of which ends by its own deadline, and closes the
        journal: a SQLite file is whole by itself then. Close a client before its file is copied or moved.
        """
        await self._call(self._core.close)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, verb: Any, *values: Any) -> Any:
        _events.follow()
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        verb((mailbox_of(loop), future), *values)
        outcome = await future
        if type(outcome) is Failure:
            raise error_of(outcome)
        return outcome
