"""Many sales at once, each charged once however often the batch is run."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ._errors import PosaError, error_of
from ._frames import unseen_methods
from ._models import Masked, Receipt, decimal, receipt_of, whole
from ._native import Batch, Failure
from ._settings import details
from ._sources import TransactionSource

if TYPE_CHECKING:
    from ._async_client import AsyncClient
    from ._client import Client


@dataclass(frozen=True, slots=True, repr=False)
class Sale(Masked):
    """A card to activate in a batch. Without a request id it gets one from the batch's name, its card and amount."""

    card_number: str
    amount: Decimal | str
    currency: str
    request_id: str | None = None
    source: TransactionSource | None = None
    program_id: str | None = None
    product_type: str | None = None
    external_reference: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Row(Masked):
    """What came of one sale of a batch."""

    index: int
    """The sale's place in the batch, from 0."""
    request_id: str | None
    """``None`` only if a value was wrong."""
    card_number: str | None
    """The digits as given; ``repr()`` shows the last four."""
    amount: Decimal | None
    currency: str | None
    receipt: Receipt | None
    """The receipt, with 0 attempts if the journal knew it."""
    error: PosaError | None
    """Why there is none. An :class:`OutcomeUnknown` is settled by running the batch again, or by ``recover``."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has come. What was started and is none of the others is under way."""

    started: int
    done: int
    rejected: int
    """Sales that are wrong, or were refused."""
    not_sent: int
    """Sales of which nothing was sent, for no fault of their own: run the batch again."""
    unknown: int


@unseen_methods
class Rows(Iterator[Row]):
    """The rows of a batch, in the order in which they end. The sales are read one at a time, as a place comes free.

    To stop early, just read no further: nothing more is started, and sales under way go on. Once the rows are dropped,
    those that were not read are among the ``untold()`` of the client.
    """

    def __init__(self, client: "Client", name: str, sales: Iterable[Sale], concurrency: int, patience: float) -> None:
        """See :meth:`posa.Client.activate_many`."""
        self._client = client
        self._batch = begin(client, name, concurrency, patience)
        self._sales: Iterator[Sale] | None = iter(sales)

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return Progress(*self._batch.progress())

    def __iter__(self) -> "Rows":
        return self

    def __next__(self) -> Row:
        while self._sales is not None and self._batch.has_room():
            sale = next(self._sales, None)
            if sale is None:
                self._sales = None
                self._batch.finish()
            else:
                self._client._call(whole, self._client._core.push, self._batch, *values_of(sale))
        row = self._client._call(maybe_row_of, self._batch.next)
        if row is None:
            raise StopIteration
        return row


def begin(client: "Client | AsyncClient", name: str, concurrency: int, patience: float) -> Batch:
    """A batch of that client."""
    batch = client._core.batch(name, concurrency, patience)
    if isinstance(batch, Failure):
        raise error_of(batch)
    return batch


def values_of(sale: Sale) -> tuple[Any, ...]:
    """A sale as the core takes it."""
    if not isinstance(sale, Sale):
        raise TypeError(f"a batch is fed with posa.Sale, not with {type(sale).__name__}")
    more = details(sale.source, sale.program_id, sale.product_type, sale.external_reference)
    return sale.card_number, decimal(sale.amount), sale.currency, sale.request_id, more


def maybe_row_of(told: Any) -> Row | None:
    """A row of the core's values, if there is another."""
    if told is None:
        return None
    index, request_id, card, amount, currency, outcome = told
    failed = type(outcome) is Failure
    return Row(
        index,
        request_id,
        card,
        None if amount is None else Decimal(amount),
        currency,
        None if failed else receipt_of(outcome),
        error_of(outcome) if failed else None,
    )
