"""Event loops: cancelling, several loops, closed loops, loops without readers."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import posa
import pytest
from posa.testing import Sandbox

UNBOUND: dict[str, Any] = {"rate_limit": None, "retry_base": 0.001}


def variable(sandbox: Sandbox, count: int) -> list[str]:
    return [card.digits for card in sandbox.cards(currency="USD") if card.denomination is None][:count]


def until(sandbox: Sandbox, requests: int) -> None:
    """Waits for requests to have reached the sandbox; bounded by the test's own patience."""
    seen = threading.Event()
    for _ in range(2_000):
        if len(sandbox.requests()) >= requests:
            return
        seen.wait(0.005)
    raise AssertionError("the requests did not come")


def test_calls_run_side_by_side(posa_sandbox: Sandbox) -> None:
    async def main() -> None:
        async with posa.AsyncClient(**posa_sandbox.settings, journal="memory", **UNBOUND) as client:
            cards = variable(posa_sandbox, 20)
            receipts = await asyncio.gather(*(client.activate(card, "25.00", "USD") for card in cards))
            assert {receipt.card_number for receipt in receipts} == set(cards)
            assert len([row async for row in client.transactions()]) == 20

    asyncio.run(main())


def test_cancelling_stops_the_waiting_and_not_the_sale(posa_sandbox: Sandbox, card: str, tmp_path: Path) -> None:
    async def main() -> None:
        journal = tmp_path / "posa.db"
        client = posa.AsyncClient(**posa_sandbox.settings, journal=journal, **UNBOUND)
        posa_sandbox.inject("delay", delay_ms=300)
        call = asyncio.create_task(client.activate(card, "25.00", "USD"))
        await asyncio.to_thread(until, posa_sandbox, 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        (row,) = [row async for row in client.transactions()]
        assert row.state == "sending"
        await client.close()
        async with posa.AsyncClient(**posa_sandbox.settings, journal=journal) as again:
            settled = await again.transaction(row)
        assert settled is not None
        assert settled.state == "activated"

    asyncio.run(main())
    assert len(posa_sandbox.movements()) == 1


def test_a_timeout_is_a_cancellation(posa_sandbox: Sandbox, card: str) -> None:
    async def main() -> None:
        async with posa.AsyncClient(**posa_sandbox.settings, journal="memory", **UNBOUND) as client:
            posa_sandbox.inject("delay", delay_ms=200)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.activate(card, "25.00", "USD"), 0.05)

    asyncio.run(main())
    assert posa_sandbox.card(card).status == "Activated"


def test_one_client_serves_several_loops_one_after_the_other_and_at_once(posa_sandbox: Sandbox) -> None:
    client = posa.AsyncClient(**posa_sandbox.settings, journal="memory", **UNBOUND)
    cards = variable(posa_sandbox, 6)
    for card in cards[:2]:
        asyncio.run(client.activate(card, "25.00", "USD"))
    done: list[posa.Receipt] = []
    threads = [
        threading.Thread(target=lambda card=card: done.append(asyncio.run(client.activate(card, "25.00", "USD"))))
        for card in cards[2:]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {receipt.card_number for receipt in done} == set(cards[2:])
    asyncio.run(client.close())


def test_a_loop_that_is_closed_meanwhile_harms_nobody(posa_sandbox: Sandbox, card: str) -> None:
    client = posa.AsyncClient(**posa_sandbox.settings, journal="memory", **UNBOUND)
    posa_sandbox.inject("delay", delay_ms=200)

    async def abandon() -> None:
        call = asyncio.create_task(client.activate(card, "25.00", "USD"))
        await asyncio.to_thread(until, posa_sandbox, 1)
        call.cancel()

    asyncio.run(abandon())
    asyncio.run(client.close())
    assert posa_sandbox.card(card).status == "Activated"


def test_a_sync_client_works_inside_a_running_loop(posa_client: posa.Client, card: str) -> None:
    async def main() -> posa.Receipt:
        return posa_client.activate(card, "25.00", "USD")

    assert asyncio.run(main()).card_status == "Activated"


class WithoutReaders(asyncio.SelectorEventLoop):
    """As on Windows, whose own loop cannot watch a file descriptor."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError

    def _add_reader(self, fd: Any, callback: Any, *args: Any) -> Any:
        return super()._add_reader(fd, callback, *args)  # type: ignore[misc]


def loops() -> list[Any]:
    try:
        import uvloop
    except ImportError:  # Windows has none.
        return [asyncio.SelectorEventLoop, WithoutReaders]
    return [asyncio.SelectorEventLoop, WithoutReaders, uvloop.new_event_loop]


@pytest.mark.parametrize("loop_type", loops())
def test_loops_with_and_without_readers(posa_sandbox: Sandbox, loop_type: Any) -> None:
    client = posa.AsyncClient(**posa_sandbox.settings, journal="memory", **UNBOUND)
    cards = variable(posa_sandbox, 10)

    async def main() -> list[posa.Receipt]:
        return await asyncio.gather(*(client.activate(card, "25.00", "USD") for card in cards))

    loop = loop_type()
    try:
        assert len(loop.run_until_complete(main())) == 10
        loop.run_until_complete(client.close())
    finally:
        loop.close()


def test_opening_holds_up_no_loop(posa_sandbox: Sandbox) -> None:
    async def main() -> None:
        client = await posa.AsyncClient.open(**posa_sandbox.settings, journal="memory")
        await client.close()
        with pytest.raises(posa.ConfigurationError, match="closed"):
            await client.activate("1400000005567585358", "25.00", "USD")

    asyncio.run(main())


def test_errors_and_types_come_as_with_the_other_client(posa_sandbox: Sandbox, card: str) -> None:
    async def main() -> None:
        async with posa.AsyncClient(**posa_sandbox.settings, journal="memory", **UNBOUND) as client:
            with pytest.raises(posa.InvalidInput):
                await client.activate("12", "25.00", "USD")
            with pytest.raises(TypeError, match="float"):
                await client.activate(card, 25.0, "USD")  # type: ignore[arg-type]
            posa_sandbox.inject("drop_after_commit", times=8)
            with pytest.raises(posa.OutcomeUnknown) as raised:
                await client.activate(card, "25.00", "USD")
            assert (await client.resolve(raised.value)).state == "activated"
            assert (await client.recover()).settled == ()
            assert (await client.deactivate(await client.status(card, raised.value.request_id))).attempts == 1

    asyncio.run(main())
