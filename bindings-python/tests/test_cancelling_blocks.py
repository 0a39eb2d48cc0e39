"""A sale's cancellation is one for whatever cancels: timeouts, task groups, cancel scopes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio
import posa
import pytest
from posa.testing import Sandbox
from programs import reached, unknown_of

before_311 = pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python has no such block")


@pytest.fixture(autouse=True)
def answers_late(posa_sandbox: Sandbox) -> None:
    posa_sandbox.inject("delay", delay_ms=300, times=100)


@asynccontextmanager
async def sales(sandbox: Sandbox, card: str) -> AsyncIterator[Callable[[], Coroutine[Any, Any, posa.Receipt]]]:
    """How sales are begun whose answers take their time, each of another card."""
    cards = [card, *(sandbox.add_card(f"54{number:014}").digits for number in range(3))]
    async with posa.AsyncClient(**sandbox.settings, journal="memory", rate_limit=None) as client:
        yield lambda: client.activate(cards.pop(0), "25.00", "USD")


def test_wait_for_converts_it(posa_sandbox: Sandbox, card: str) -> None:
    async def main() -> None:
        async with sales(posa_sandbox, card) as sell:
            with pytest.raises(asyncio.TimeoutError) as raised:
                await asyncio.wait_for(sell(), 0.05)
            assert unknown_of(raised.value).request_id is not None

    asyncio.run(main())


@before_311
def test_a_timeout_converts_it(posa_sandbox: Sandbox, card: str) -> None:
    async def main() -> None:
        async with sales(posa_sandbox, card) as sell:
            with pytest.raises(TimeoutError) as raised:
                async with asyncio.timeout(0.05):  # type: ignore[attr-defined]
                    await sell()
            assert unknown_of(raised.value).request_id is not None
            task = asyncio.current_task()
            assert task is not None
            assert task.cancelling() == 0  # type: ignore[attr-defined]

    asyncio.run(main())


@before_311
def test_inside_a_timeout_it_is_an_unknown_outcome(posa_sandbox: Sandbox, card: str) -> None:
    async def main() -> None:
        async with sales(posa_sandbox, card) as sell:
            seen: list[posa.OutcomeUnknown] = []

            async def inside() -> None:
                async with asyncio.timeout(0.05):  # type: ignore[attr-defined]
                    try:
                        await sell()
                    except posa.OutcomeUnknown as unknown:
                        seen.append(unknown)
                        raise

            with pytest.raises(TimeoutError):
                await inside()
            assert seen[0].request_id is not None

    asyncio.run(main())


@before_311
def test_another_s_cancellation_passes_a_timeout(posa_sandbox: Sandbox, card: str) -> None:
    async def main() -> None:
        async with sales(posa_sandbox, card) as sell:

            async def inside() -> None:
                async with asyncio.timeout(60):  # type: ignore[attr-defined]
                    await sell()

            task = asyncio.create_task(inside())
            await asyncio.to_thread(reached, posa_sandbox, 1)
            task.cancel()
            with pytest.raises(posa.Cancelled):
                await task
            assert task.cancelled()

    asyncio.run(main())


@before_311
@pytest.mark.parametrize("where", ["body", "child"])
def test_a_task_group_that_is_cancelled_is_cancelled(posa_sandbox: Sandbox, card: str, where: str) -> None:
    async def main() -> None:
        async with sales(posa_sandbox, card) as sell:

            async def inside() -> None:
                async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined]
                    await (sell() if where == "body" else group.create_task(sell()))

            task = asyncio.create_task(inside())
            await asyncio.to_thread(reached, posa_sandbox, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert task.cancelled()

    asyncio.run(main())


@before_311
@pytest.mark.parametrize("where", ["body", "child"])
def test_a_task_group_tells_of_the_error_alone_that_ended_it(posa_sandbox: Sandbox, card: str, where: str) -> None:
    async def main() -> None:
        async with sales(posa_sandbox, card) as sell:

            async def fails() -> None:
                await asyncio.to_thread(reached, posa_sandbox, 1)
                raise LookupError("no more")

            async def inside() -> None:
                async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined]
                    group.create_task(fails())
                    await (sell() if where == "body" else group.create_task(sell()))

            with pytest.raises(Exception, match="unhandled errors in a TaskGroup") as raised:
                await inside()
            (error,) = raised.value.exceptions  # type: ignore[attr-defined]
            assert isinstance(error, LookupError)

    asyncio.run(main())


def test_gather_passes_it_on(posa_sandbox: Sandbox, card: str) -> None:
    async def main() -> None:
        async with sales(posa_sandbox, card) as sell:
            both = asyncio.gather(sell(), asyncio.sleep(60))
            await asyncio.to_thread(reached, posa_sandbox, 1)
            both.cancel()
            with pytest.raises(asyncio.CancelledError):
                await both

    asyncio.run(main())


def test_cancel_scopes_of_anyio_take_it_for_their_own(posa_sandbox: Sandbox, card: str) -> None:
    async def main() -> None:
        async with sales(posa_sandbox, card) as sell:
            with anyio.move_on_after(0.05) as scope:
                await sell()
            assert scope.cancelled_caught
            with pytest.raises(TimeoutError):
                with anyio.fail_after(0.05):
                    await sell()
            async with anyio.create_task_group() as group:
                group.start_soon(sell)
                await asyncio.to_thread(reached, posa_sandbox, 2)
                group.cancel_scope.cancel()

    asyncio.run(main())


def test_the_end_of_the_loop_ends_it(posa_sandbox: Sandbox, card: str) -> None:
    ended: list[Any] = []

    async def main() -> None:
        client = posa.AsyncClient(**posa_sandbox.settings, journal="memory", rate_limit=None)

        async def sell() -> None:
            try:
                await client.activate(card, "25.00", "USD")
            except posa.OutcomeUnknown as unknown:
                ended.append(unknown)
                raise

        ended.append(asyncio.create_task(sell()))
        await asyncio.to_thread(reached, posa_sandbox, 1)

    asyncio.run(main())
    task, unknown = ended
    assert task.cancelled()
    assert unknown.request_id is not None
