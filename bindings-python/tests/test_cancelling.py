"""Whoever stops waiting hears which sale it was, and what comes of it is listed until somebody has heard it."""

from __future__ import annotations

import asyncio
import gc
import pickle
import select
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import posa
import pytest
from posa._loops import mailbox_of
from posa.testing import Sandbox
from programs import reached, unknown_of

UNBOUND: dict[str, Any] = {"rate_limit": None, "retry_base": 0.001}


def open_client(sandbox: Sandbox, journal: Path, **more: Any) -> posa.AsyncClient:
    return posa.AsyncClient(**sandbox.settings, journal=journal, **UNBOUND, **more)


def untold(sandbox: Sandbox, journal: Path) -> list[posa.Transaction]:
    """What another program lists, once this one has closed its client."""
    with posa.Client(**sandbox.settings, journal=journal) as client:
        return client.untold()


async def unheard(task: asyncio.Task[Any]) -> posa.Cancelled:
    """What a cancelled task raised. Python 3.10 has it as the context of another for those who wait for the task."""
    with pytest.raises(asyncio.CancelledError) as raised:
        await task
    assert task.cancelled()
    error = unknown_of(raised.value)
    assert isinstance(error, posa.Cancelled)
    return error


async def cancelled(sandbox: Sandbox, call: Coroutine[Any, Any, Any]) -> posa.Cancelled:
    """Begins a call whose answer takes its time, and cancels it when the gateway has the request."""
    seen = len(sandbox.requests())
    sandbox.inject("delay", delay_ms=300)
    task = asyncio.create_task(call)
    await asyncio.to_thread(reached, sandbox, seen + 1)
    task.cancel("closing time")
    return await unheard(task)


def test_a_cancelled_sale_is_known_by_its_id_and_found_once_it_went_through(
    posa_sandbox: Sandbox, card: str, tmp_path: Path
) -> None:
    journal = tmp_path / "posa.db"

    async def main() -> posa.Cancelled:
        async with open_client(posa_sandbox, journal) as client:
            return await cancelled(posa_sandbox, client.activate(card, "25.00", "USD"))

    error = asyncio.run(main())
    assert isinstance(error, asyncio.CancelledError)
    assert isinstance(error, posa.OutcomeUnknown)
    assert (error.kind, error.delivery, error.card) == ("OUTCOME_UNKNOWN", "unknown", f"...{card[12:16]}")
    assert error.args == ("closing time",)
    assert "the sale goes on" in str(error)
    assert error.request_id is not None
    assert error.request_id in str(error)
    assert card[:12] not in f"{error} {error!r} {error.__dict__}"
    (row,) = untold(posa_sandbox, journal)
    assert (row.request_id, row.state, row.told) == (error.request_id, "activated", False)
    assert posa_sandbox.card(card).request_id == error.request_id


def test_a_repeat_joins_what_was_cancelled_and_hears_it(posa_sandbox: Sandbox, card: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with open_client(posa_sandbox, tmp_path / "posa.db") as client:
            error = await cancelled(posa_sandbox, client.activate(card, "25.00", "USD"))
            # A call with times of its own is the same client's.
            receipt = await client.activate(card, "25.00", "USD", request_id=error.request_id, deadline=20)
            assert receipt.request_id == error.request_id
            assert await client.untold() == []

    asyncio.run(main())
    assert len(posa_sandbox.requests()) == 1
    assert untold(posa_sandbox, tmp_path / "posa.db") == []


def test_an_acknowledged_sale_is_off_the_list(posa_sandbox: Sandbox, card: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with open_client(posa_sandbox, tmp_path / "posa.db") as client:
            await cancelled(posa_sandbox, client.activate(card, "25.00", "USD"))
        async with open_client(posa_sandbox, tmp_path / "posa.db") as client:
            (row,) = await client.untold()
            assert [row async for row in client.transactions(untold=True)] == [row]
            await client.acknowledge(row)
            assert await client.untold() == []
            assert [entry.event for entry in await client.history(row)] == ["activate", "activated", "told"]

    asyncio.run(main())


@pytest.mark.parametrize("verb", ["activate", "deactivate", "adopt", "void", "resolve"])
def test_every_verb_of_a_sale_says_which_one_was_left(
    posa_sandbox: Sandbox, card: str, tmp_path: Path, verb: str
) -> None:
    journal, request_id = tmp_path / "posa.db", "AwssbLeft1"

    async def begin(client: posa.AsyncClient) -> Coroutine[Any, Any, Any]:
        if verb == "activate":
            return client.activate(card, "25.00", "USD", request_id=request_id, deadline=20)
        if verb == "adopt":
            async with open_client(posa_sandbox, tmp_path / "another.db") as another:
                await another.activate(card, "25.00", "USD", request_id=request_id)
            return client.adopt(request_id, card, "25.00", "USD")
        if verb == "deactivate":
            return client.deactivate(await client.activate(card, "25.00", "USD", request_id=request_id))
        posa_sandbox.inject("drop_after_commit")
        with pytest.raises(posa.OutcomeUnknown):
            await client.activate(card, "25.00", "USD", request_id=request_id, attempts=1)
        return client.void(request_id) if verb == "void" else client.resolve(request_id)

    async def main() -> posa.Cancelled:
        async with open_client(posa_sandbox, journal) as client:
            return await cancelled(posa_sandbox, await begin(client))

    error = asyncio.run(main())
    assert (error.kind, error.request_id) == ("OUTCOME_UNKNOWN", request_id)
    (row,) = untold(posa_sandbox, journal)
    assert row.state == ("deactivated" if verb in ("deactivate", "void") else "activated")


def test_what_changes_nothing_is_cancelled_as_ever(posa_sandbox: Sandbox, card: str) -> None:
    async def main() -> None:
        async with posa.AsyncClient(**posa_sandbox.settings, journal="memory", **UNBOUND) as client:
            receipt = await client.activate(card, "25.00", "USD")
            posa_sandbox.inject("delay", delay_ms=200)
            asking = asyncio.create_task(client.status(receipt))
            await asyncio.to_thread(reached, posa_sandbox, 2)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError) as raised:
                await asking
            assert type(raised.value) is asyncio.CancelledError
            assert await client.untold() == []

    asyncio.run(main())


async def arrived() -> None:
    """Holds the loop up until an outcome has come to it, and leaves it untaken."""
    mailbox = mailbox_of(asyncio.get_running_loop())
    readable, _, _ = select.select([mailbox.fileno()], [], [], 20)
    assert readable, "no outcome came"


@pytest.mark.parametrize("taken_out", [False, True])
def test_an_outcome_that_crosses_with_the_cancellation_is_not_lost(
    posa_sandbox: Sandbox, card: str, tmp_path: Path, taken_out: bool
) -> None:
    journal = tmp_path / "posa.db"

    async def main() -> posa.Cancelled:
        async with open_client(posa_sandbox, journal) as client:
            task = asyncio.create_task(client.activate(card, "25.00", "USD"))
            await asyncio.sleep(0)
            await arrived()
            if taken_out:
                # The task is about to go on with the outcome.
                mailbox_of(asyncio.get_running_loop()).drain()
            task.cancel()
            return await unheard(task)

    error = asyncio.run(main())
    assert [(row.request_id, row.state) for row in untold(posa_sandbox, journal)] == [(error.request_id, "activated")]


def test_a_loop_that_stops_for_good_leaves_nothing_that_counts_as_heard(
    posa_sandbox: Sandbox, card: str, tmp_path: Path
) -> None:
    journal = tmp_path / "posa.db"
    loop = asyncio.new_event_loop()

    async def begin() -> asyncio.Task[posa.Receipt]:
        task = asyncio.create_task(client.activate(card, "25.00", "USD"))
        await asyncio.sleep(0)
        await arrived()
        return task

    client = open_client(posa_sandbox, journal)
    task = loop.run_until_complete(begin())
    asyncio.run(client.close())
    assert [row.state for row in untold(posa_sandbox, journal)] == ["activated"]
    task.cancel()
    loop.run_until_complete(unheard(task))
    loop.close()


@pytest.mark.filterwarnings("ignore:coroutine", "ignore:unclosed")
@pytest.mark.parametrize("how", ["closed", "collected"])
def test_a_coroutine_that_is_never_resumed_has_heard_nothing(
    posa_sandbox: Sandbox, card: str, tmp_path: Path, how: str
) -> None:
    journal = tmp_path / "posa.db"

    async def main() -> None:
        async with open_client(posa_sandbox, journal) as client:
            call = client.activate(card, "25.00", "USD")
            call.send(None)
            await asyncio.to_thread(reached, posa_sandbox, 1)
            if how == "closed":
                call.close()
            del call
            gc.collect()

    asyncio.run(main())
    assert [row.state for row in untold(posa_sandbox, journal)] == ["activated"]


def test_of_a_hundred_cancelled_at_any_moment_none_is_lost(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "posa.db"
    cards = [posa_sandbox.add_card(f"52{number:014}").digits for number in range(100)]
    posa_sandbox.inject("delay", delay_ms=200, times=10)
    posa_sandbox.inject("drop_after_commit", times=10)
    heard: set[str | None] = set()
    stopped: set[str | None] = set()

    async def main() -> None:
        async with open_client(posa_sandbox, journal) as client:
            tasks = [asyncio.create_task(client.activate(card, "25.00", "USD")) for card in cards]
            await asyncio.to_thread(reached, posa_sandbox, 20)
            for task in tasks:
                await asyncio.sleep(0)
                task.cancel()
            await asyncio.wait(tasks)
            for task in tasks:
                if task.cancelled():
                    stopped.add((await unheard(task)).request_id)
                else:
                    heard.add(task.result().request_id)

    asyncio.run(main())
    assert len(heard | stopped) == 100
    charged = {movement.request_id for movement in posa_sandbox.movements()}
    with posa.Client(**posa_sandbox.settings, journal=journal) as client:
        listed = {row.request_id for row in client.untold()} | {
            row.request_id for row in client.transactions(open=True)
        }
    assert charged - heard <= listed
    assert not heard & listed
    assert listed <= stopped


def test_a_row_of_a_batch_that_crosses_with_the_cancellation_is_the_next_one(
    posa_sandbox: Sandbox, card: str, tmp_path: Path
) -> None:
    async def main() -> None:
        async with open_client(posa_sandbox, tmp_path / "posa.db") as client:
            posa_sandbox.inject("delay", delay_ms=200)
            rows = client.activate_many("orders", [posa.Sale(card, "25.00", "USD")])
            reading = asyncio.ensure_future(rows.__anext__())
            await asyncio.to_thread(reached, posa_sandbox, 1)
            await arrived()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            (row,) = [row async for row in rows]
            assert row.receipt is not None

    asyncio.run(main())
    assert untold(posa_sandbox, tmp_path / "posa.db") == []


def test_rows_that_nobody_read_are_listed(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    cards = [posa_sandbox.add_card(f"53{number:014}").digits for number in range(6)]
    sales = [posa.Sale(card, "25.00", "USD") for card in cards]

    async def main() -> str | None:
        async with open_client(posa_sandbox, tmp_path / "posa.db") as client:
            async with client.activate_many("orders", sales, concurrency=6) as rows:
                heard = await rows.__anext__()
                await asyncio.to_thread(reached, posa_sandbox, 6)
            with pytest.raises(StopAsyncIteration):
                await rows.__anext__()
            assert rows.progress.started == 6
            return heard.request_id

    heard = asyncio.run(main())
    charged = {movement.request_id for movement in posa_sandbox.movements()}
    assert {row.request_id for row in untold(posa_sandbox, tmp_path / "posa.db")} == charged - {heard}


def test_a_cancellation_pickles() -> None:
    error = posa.Cancelled("text [request id Awssb1]", message="text", delivery="unknown", request_id="Awssb1")
    error.args = ("closing time",)
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), back.args, str(back), back.__dict__) == (posa.Cancelled, error.args, str(error), error.__dict__)


TASKS: list[Callable[..., Any] | None] = [None, asyncio.tasks._PyTask]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", TASKS, ids=["in C", "in Python"])
def test_a_cancelled_task_counts_as_cancelled(
    posa_sandbox: Sandbox, card: str, kind: Callable[..., Any] | None
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        if kind is not None:
            loop.set_task_factory(lambda loop, call, **more: kind(call, loop=loop, **more))
        async with posa.AsyncClient(**posa_sandbox.settings, journal="memory", **UNBOUND) as client:
            error = await cancelled(posa_sandbox, client.activate(card, "25.00", "USD"))
            assert error.request_id is not None

    asyncio.run(main())
