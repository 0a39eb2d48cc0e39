"""What is done with the journal's sales, for asyncio."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

from . import _cancelled as _cancelled
from . import _events
from ._books import PAGE, T
from ._errors import OutcomeUnknown, error_of, leave
from ._frames import unseen, unseen_methods
from ._loops import mailbox_of
from ._models import (
    HistoryEntry,
    Recovered,
    Transaction,
    history_of,
    maybe_transaction_of,
    nanoseconds,
    page_of,
    recovered_of,
    transaction_of,
    transactions_of,
    whole,
)
from ._native import Call, Core, Failure
from ._reconcile import Register, Report, native_register, period_of, report_of
from ._settings import Named, Seconds, id_of, maybe_seconds


@unseen_methods
class AsyncBooks:
    """The verbs of a client that work on the journal's sales."""

    _core: Core

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
        return await self._call(transaction_of, self._core.resolve, id_of(sale))

    async def void(self, sale: Named | OutcomeUnknown) -> Transaction:
        """Gives up a sale, whatever became of its activation: the card is deactivated with the original id, and
        :meth:`recover` goes on with it until the gateway confirms.

        Raises:
            OutcomeUnknown: the reversal goes on.
            NeedsAttention, Conflict: as for :meth:`resolve`.
        """
        return await self._call(transaction_of, self._core.void, id_of(sale))

    async def recover(
        self,
        *,
        void: bool = False,
        void_older_than: Seconds | None = None,
        leave_older_than: Seconds | None = None,
        concurrency: int = 16,
    ) -> Recovered:
        """Settles every sale without an outcome that nobody works on. Call it at start-up, and from time to time.

        What it settles is :meth:`untold`: show it to somebody, for the customers may have left.

        It ends once nobody answers, or once the client is closed: sales that were not tried are in ``open`` and say so.

        Args:
            void: reverse sales whose activation has no outcome, instead of completing them.
            void_older_than: complete those that were asked for within that time, and reverse the older ones.
            leave_older_than: complete those that were asked for within that time, and leave the older ones open, for a
                person to :meth:`resolve` or :meth:`void`. At most one of the three is given.
            concurrency: how many at a time; the rate limit holds for all together.

        Raises:
            JournalError: the journal cannot be read.
            InvalidInput: two of the three are given; ``field`` names the second.
        """
        older = maybe_seconds(void_older_than), maybe_seconds(leave_older_than)
        return await self._call(recovered_of, self._core.recover, void, *older, concurrency)

    async def untold(self) -> list[Transaction]:
        """The sales whose outcome nobody heard, oldest first: the program ended first, the caller stopped waiting, or
        :meth:`recover` settled them. Tell somebody, then :meth:`acknowledge` each.

        Raises:
            JournalError: the journal cannot be read.
        """
        return await self._call(transactions_of, self._core.untold)

    async def acknowledge(self, sale: Transaction) -> None:
        """Notes that somebody heard the outcome of this sale, which is not untold from here on. If it has another
        outcome by now, that one stays untold.

        Args:
            sale: as it was listed.

        Raises:
            JournalError: the journal cannot be written.
        """
        if not isinstance(sale, Transaction):
            raise TypeError(f"sale is of type {type(sale).__name__}; give the Transaction that was listed")
        await self._call(whole, self._core.acknowledge, sale.request_id, sale.version)

    async def history(self, sale: Named | OutcomeUnknown) -> list[HistoryEntry]:
        """What was done about a sale, in order: what was about to be sent, and what came of it. Empty if the journal
        does not know it.

        Raises:
            JournalError: the journal cannot be read.
        """
        return await self._call(history_of, self._core.history, id_of(sale))

    async def transaction(self, sale: Named | OutcomeUnknown) -> Transaction | None:
        """What the journal has of a sale.

        Raises:
            JournalError: it cannot be read.
        """
        return await self._call(maybe_transaction_of, self._core.transaction, id_of(sale))

    def transactions(
        self,
        *,
        open: bool = False,
        untold: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[Transaction]:
        """The journal's sales, oldest first, read page by page.

        Args:
            open: only those that still need an answer.
            untold: only those with an outcome that nobody heard.
            since, until: only those begun at or after ``since`` and before ``until``; with a time zone.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self._pages(open, untold, nanoseconds("since", since), nanoseconds("until", until))

    @unseen
    async def _pages(self, *wanted: Any) -> AsyncIterator[Transaction]:
        after = None
        while True:
            page, after = await self._call(page_of, self._core.transactions, *wanted, after, PAGE)
            for row in page:
                yield row
            if len(page) < PAGE:
                return

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
        return await self._call(report_of, self._core.reconcile, *period_of(since, until), given)

    async def backup(self, path: str | os.PathLike[str]) -> None:
        """Copies the journal to a new file while sales go on. The copy is whole by itself: nothing lies beside it.

        Args:
            path: a file that does not exist yet, in a folder that does.

        Raises:
            JournalError: the file exists or cannot be written, or the journal is no file.
        """
        await self._call(whole, self._core.backup, os.fspath(path))

    async def _call(self, made_of: Callable[[Any], T], verb: Any, *values: Any) -> T:
        _events.follow()
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        call = Call(mailbox_of(loop), future)
        try:
            verb(call, *values)
            outcome = await future
            if type(outcome) is not Failure:
                return made_of(outcome)
        except BaseException as raised:
            leave(call, raised)
            raise
        raise error_of(outcome)
