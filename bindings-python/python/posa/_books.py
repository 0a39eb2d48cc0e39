"""What is done with the journal's sales, for code that waits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from . import _events
from ._errors import OutcomeUnknown, error_of, leave
from ._frames import unseen, unseen_methods
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

PAGE = 256

T = TypeVar("T")


@unseen_methods
class Books:
    """The verbs of a client that work on the journal's sales."""

    _core: Core

    def resolve(self, sale: Named | OutcomeUnknown) -> Transaction:
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
        return self._call(transaction_of, self._core.resolve, id_of(sale))

    def void(self, sale: Named | OutcomeUnknown) -> Transaction:
        """Gives up a sale, whatever became of its activation: the card is deactivated with the original id, and
        :meth:`recover` goes on with it until the gateway confirms.

        Raises:
            OutcomeUnknown: the reversal goes on.
            NeedsAttention, Conflict: as for :meth:`resolve`.
        """
        return self._call(transaction_of, self._core.void, id_of(sale))

    def recover(
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
        return self._call(recovered_of, self._core.recover, void, *older, concurrency)

    def untold(self) -> list[Transaction]:
        """The sales whose outcome nobody heard, oldest first: the program ended first, the caller stopped waiting, or
        :meth:`recover` settled them. Tell somebody, then :meth:`acknowledge` each.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self._call(transactions_of, self._core.untold)

    def acknowledge(self, sale: Transaction) -> None:
        """Notes that somebody heard the outcome of this sale, which is not untold from here on. If it has another
        outcome by now, that one stays untold.

        Args:
            sale: as it was listed.

        Raises:
            JournalError: the journal cannot be written.
        """
        if not isinstance(sale, Transaction):
            raise TypeError(f"sale is of type {type(sale).__name__}; give the Transaction that was listed")
        self._call(whole, self._core.acknowledge, sale.request_id, sale.version)

    def history(self, sale: Named | OutcomeUnknown) -> list[HistoryEntry]:
        """What was done about a sale, in order: what was about to be sent, and what came of it. Empty if the journal
        does not know it.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self._call(history_of, self._core.history, id_of(sale))

    def transaction(self, sale: Named | OutcomeUnknown) -> Transaction | None:
        """What the journal has of a sale.

        Raises:
            JournalError: it cannot be read.
        """
        return self._call(maybe_transaction_of, self._core.transaction, id_of(sale))

    def transactions(
        self,
        *,
        open: bool = False,
        untold: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Transaction]:
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
    def _pages(self, *wanted: Any) -> Iterator[Transaction]:
        after = None
        while True:
            page, after = self._call(page_of, self._core.transactions, *wanted, after, PAGE)
            yield from page
            if len(page) < PAGE:
                return

    def reconcile(
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
        return self._call(report_of, self._core.reconcile, *period_of(since, until), given)

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copies the journal to a new file while sales go on. The copy is whole by itself: nothing lies beside it.

        Args:
            path: a file that does not exist yet, in a folder that does.

        Raises:
            JournalError: the file exists or cannot be written, or the journal is no file.
        """
        self._call(whole, self._core.backup, os.fspath(path))

    def _call(self, made_of: Callable[[Any], T], verb: Any, *values: Any) -> T:
        _events.follow()
        call = Call()
        try:
            outcome = verb(call, *values)
            if type(outcome) is not Failure:
                return made_of(outcome)
        except BaseException as raised:
            leave(call, raised)
            raise
        raise error_of(outcome)
