"""Many threads, many calls."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import posa
import pytest
from posa.testing import Sandbox
from programs import SETTINGS, environment


def test_threads_share_a_client(posa_sandbox: Sandbox, posa_client: posa.Client) -> None:
    cards = [card.digits for card in posa_sandbox.cards(currency="USD") if card.denomination is None][:24]
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda card: posa_client.activate(card, "25.00", "USD"), cards))
    assert len({receipt.request_id for receipt in receipts}) == len(cards)
    assert len(posa_sandbox.movements()) == len(cards)


def test_one_card_is_sold_once_however_many_ask(posa_sandbox: Sandbox, posa_client: posa.Client, card: str) -> None:
    def sell(_: int) -> str:
        try:
            return posa_client.activate(card, "25.00", "USD").request_id
        except posa.PosaError as error:
            return error.kind

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(sell, range(16)))
    assert len([one for one in ended if one.startswith("Awssb")]) == 1
    assert {one for one in ended if not one.startswith("Awssb")} <= {"CONFLICT", "ALREADY_ACTIVATED"}
    assert len(posa_sandbox.movements()) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_ten_thousand_calls_leave_no_memory_behind(posa_sandbox: Sandbox) -> None:
    program = """
import asyncio, gc
from posa import AsyncClient
def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
sync, other = Client(**settings()), AsyncClient(**settings())
def some(count):
    for _ in range(count):
        try:
            sync.activate("12", "25.00", "USD")
        except posa.InvalidInput:
            pass
        sync.status(CARDS[0], "Awssb1")
    async def many():
        for _ in range(count // 50):
            await asyncio.gather(*(other.status(CARDS[0], "Awssb1") for _ in range(50)))
    asyncio.run(many())
some(500)
before = resident()
for _ in range(7):
    some(500)
print(resident() - before)
"""
    out = subprocess.run(
        [sys.executable, "-c", SETTINGS + program],
        env=environment(posa_sandbox, journal="none"),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert float(out.stdout) < 4
