"""Many sales at once, read by an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import TYPE_CHECKING

from ._batch import Progress, Row, Sale, begin, maybe_row_of, values_of
from ._frames import unseen, unseen_methods
from ._models import whole

if TYPE_CHECKING:
    from ._async_client import AsyncClient


@unseen_methods
class AsyncRows(AsyncIterator[Row]):
    """The rows of a batch, in the order in which they end. The sales are read as places come free.

    Nothing is started before the first row is asked for. To stop early, await :meth:`aclose`, or leave its
    ``async with``: nothing more is started, and sales under way go on.

    A call that is cancelled while it waits for a row loses none: the next call has it.
    """

    def __init__(
        self,
        client: AsyncClient,
        name: str,
        sales: Iterable[Sale] | AsyncIterable[Sale],
        concurrency: int,
        patience: float,
    ) -> None:
        """See :meth:`posa.AsyncClient.activate_many`."""
        self._client = client
        self._batch = begin(client, name, concurrency, patience)
        self._sales = sales
        self._feeder: asyncio.Task[None] | None = None

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return Progress(*self._batch.progress())

    def __aiter__(self) -> AsyncRows:
        return self

    async def __anext__(self) -> Row:
        if self._feeder is None:
            self._feeder = asyncio.create_task(self._feed())
        row = await self._client._call(maybe_row_of, self._batch.next)
        if row is None:
            # What the source raised is heard after the rows of the sales before it.
            await self._feeder
            raise StopAsyncIteration
        return row

    @unseen
    async def _feed(self) -> None:
        try:
            if isinstance(self._sales, AsyncIterable):
                async for sale in self._sales:
                    await self._client._call(whole, self._client._core.push, self._batch, *values_of(sale))
            else:
                for sale in self._sales:
                    await self._client._call(whole, self._client._core.push, self._batch, *values_of(sale))
        finally:
            self._batch.finish()

    async def aclose(self) -> None:
        """Starts nothing more, and gives up what was not read: it is among the ``untold()`` of the client."""
        self._batch.finish()
        if self._feeder is not None:
            self._feeder.cancel()
            await asyncio.wait([self._feeder])
        self._batch.leave()

    async def __aenter__(self) -> AsyncRows:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
