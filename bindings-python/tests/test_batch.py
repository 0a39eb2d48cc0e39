"""Many sales at once, with either client."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import posa
import pytest
from posa.testing import Sandbox


@pytest.fixture
def sales(posa_sandbox: Sandbox) -> list[posa.Sale]:
    cards = [card.digits for card in posa_sandbox.cards(currency="USD") if card.denomination is None]
    return [posa.Sale(card, Decimal("25.00"), "USD") for card in cards[:12]]


def test_every_sale_has_its_row_and_a_second_run_charges_nothing(
    posa_sandbox: Sandbox, posa_client: posa.Client, sales: list[posa.Sale]
) -> None:
    rows = posa_client.activate_many("orders", sales, concurrency=4)
    first = list(rows)
    assert sorted(row.index for row in first) == list(range(12))
    assert all(row.receipt is not None and row.error is None for row in first)
    assert rows.progress == posa.Progress(started=12, done=12, rejected=0, not_sent=0, unknown=0)
    again = list(posa_client.activate_many("orders", sales))
    assert {row.request_id for row in again} == {row.request_id for row in first}
    assert {row.receipt.attempts for row in again if row.receipt} == {0}
    assert len(posa_sandbox.movements()) == 12


def test_what_is_wrong_with_a_sale_is_in_its_row(
    posa_sandbox: Sandbox, posa_client: posa.Client, sales: list[posa.Sale]
) -> None:
    posa_sandbox.inject("drop_before_commit", times=8, card_number=sales[0].card_number)
    wrong = posa.Sale("12", "25.00", "USD")
    rows = {row.index: row for row in posa_client.activate_many("orders", [sales[0], wrong, sales[1]])}
    assert isinstance(rows[0].error, posa.OutcomeUnknown)
    assert rows[0].error.request_id == rows[0].request_id
    assert isinstance(rows[1].error, posa.InvalidInput)
    assert (rows[1].card_number, rows[1].amount) == (None, None)
    assert rows[2].receipt is not None
    assert (rows[2].amount, rows[2].currency) == (Decimal("25.00"), "USD")
    assert sales[0].card_number[:15] not in repr(rows[0])
    assert sales[0].card_number[:15] not in repr(sales[0])


def test_sales_are_read_one_at_a_time_and_no_further_than_asked(
    posa_client: posa.Client, sales: list[posa.Sale]
) -> None:
    read = itertools.count()

    def source() -> Iterator[posa.Sale]:
        for sale in sales:
            next(read)
            yield sale

    rows = posa_client.activate_many("orders", source(), concurrency=3)
    assert rows.progress.started == 0
    next(rows)
    assert next(read) == 3
    next(rows)
    assert rows.progress.started == 4


def test_what_is_no_sale_is_a_type_error(posa_client: posa.Client) -> None:
    wrong: Any
    for wrong in (["1400000005567585358"], [posa.Sale("1400000005567585358", 25.0, "USD")]):  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            next(posa_client.activate_many("orders", wrong))
    with pytest.raises(posa.InvalidInput, match="concurrency"):
        posa_client.activate_many("orders", [], concurrency=0)
    assert list(posa_client.activate_many("orders", [])) == []


@pytest.mark.parametrize("kind", ["a list", "an async generator"])
def test_the_async_client_reads_either_kind_of_source(posa_sandbox: Sandbox, sales: list[posa.Sale], kind: str) -> None:
    async def source() -> AsyncIterator[posa.Sale]:
        for sale in sales:
            await asyncio.sleep(0)
            yield sale

    async def main() -> None:
        async with posa.AsyncClient(**posa_sandbox.settings, journal="memory", rate_limit=None) as client:
            rows = client.activate_many("orders", sales if kind == "a list" else source(), concurrency=4)
            got = [row async for row in rows]
            assert sorted(row.index for row in got) == list(range(12))
            assert rows.progress.done == 12

    asyncio.run(main())
    assert len(posa_sandbox.movements()) == 12


def test_leaving_early_starts_nothing_more(posa_sandbox: Sandbox, sales: list[posa.Sale]) -> None:
    async def main() -> None:
        async with posa.AsyncClient(**posa_sandbox.settings, journal="memory", rate_limit=None) as client:
            async with client.activate_many("orders", sales, concurrency=2) as rows:
                async for row in rows:
                    assert row.receipt is not None
                    break
            assert rows.progress.started <= 4

    asyncio.run(main())
    assert len(posa_sandbox.movements()) <= 4


def test_what_the_source_raises_is_heard_after_its_rows(posa_sandbox: Sandbox, sales: list[posa.Sale]) -> None:
    def source() -> Iterator[posa.Sale]:
        yield sales[0]
        raise LookupError("no more")

    async def main() -> None:
        async with posa.AsyncClient(**posa_sandbox.settings, journal="memory", rate_limit=None) as client:
            rows = client.activate_many("orders", source())
            assert (await rows.__anext__()).receipt is not None
            with pytest.raises(LookupError):
                await rows.__anext__()

    asyncio.run(main())
