"""The journal, the gateway and the register compared."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import posa
import pytest
from posa.testing import Sandbox

NOW = datetime.now(timezone.utc)
PERIOD = (NOW - timedelta(hours=1), NOW + timedelta(hours=1))


@pytest.fixture
def cards(posa_sandbox: Sandbox) -> list[str]:
    return [card.digits for card in posa_sandbox.cards(currency="USD") if card.denomination is None][:3]


def test_what_agrees_is_no_difference(posa_client: posa.Client, cards: list[str]) -> None:
    receipt = posa_client.activate(cards[0], "25.00", "USD")
    register = [posa.RegisterSale(cards[0], "25.00", "USD", receipt.request_id, NOW)]
    report = posa_client.reconcile(*PERIOD, register)
    assert report.differences == ()
    assert (report.sales, report.asked, report.register) == (1, 1, 1)
    assert "Differences: 0" in str(report)


def test_what_differs_is_told_with_its_reason(
    posa_client: posa.Client, posa_sandbox: Sandbox, cards: list[str], tmp_path: Path
) -> None:
    for card in cards[:2]:
        posa_client.activate(card, "25.00", "USD")
    posa_sandbox.set_condition(cards[0], "invalidated")
    path = tmp_path / "register.csv"
    path.write_text(f"card_number,amount\n{cards[1]},30.00\n{cards[2]},25.00\n")
    report = posa_client.reconcile(*PERIOD, path, register_currency="USD")
    reasons = {difference.reason: difference for difference in report.differences}
    assert reasons.keys() == {"gateway_not_active", "activated_not_sold", "amount_differs", "sold_not_activated"}
    differs = reasons["amount_differs"]
    assert (differs.amount, differs.register_amount, differs.register_line) == (Decimal("25.00"), Decimal("30.00"), 2)
    assert differs.at is not None
    assert PERIOD[0] < differs.at < PERIOD[1]
    assert differs.card == f"...{cards[1][12:16]}"
    assert reasons["gateway_not_active"].gateway == "Invalidated"
    assert report.csv.count("\n") == 1 + len(report.differences)
    assert not any(card[:12] in f"{report}{report!r}{report.csv}" for card in cards)


def test_periods_and_registers_that_cannot_be(posa_client: posa.Client, cards: list[str]) -> None:
    with pytest.raises(posa.InvalidInput, match="period"):
        posa_client.reconcile(PERIOD[1], PERIOD[0])
    with pytest.raises(posa.InvalidInput, match="cannot be read"):
        posa_client.reconcile(*PERIOD, "missing.csv")
    with pytest.raises(TypeError, match="not exact"):
        posa_client.reconcile(*PERIOD, [posa.RegisterSale(cards[0], 25.0, "USD")])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="since is None"):
        posa_client.reconcile(None, PERIOD[1])  # type: ignore[arg-type]


def test_the_async_client_does_it_too(posa_sandbox: Sandbox, cards: list[str]) -> None:
    async def main() -> posa.Report:
        async with posa.AsyncClient(**posa_sandbox.settings, journal="memory", rate_limit=None) as client:
            await client.activate(cards[0], "25.00", "USD")
            return await client.reconcile(*PERIOD)

    assert asyncio.run(main()).asked == 1
