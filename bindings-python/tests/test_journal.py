"""What the journal keeps, and what is done with it later."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import posa
import pytest
from posa.testing import Sandbox


def test_sales_are_listed_in_order_and_by_time(posa_client: posa.Client, posa_sandbox: Sandbox) -> None:
    before = datetime.now(timezone.utc) - timedelta(minutes=1)
    cards = posa_sandbox.cards(currency="USD")[:3]
    ids = [posa_client.activate(card.digits, str(card.denomination or "25.00"), "USD").request_id for card in cards]
    assert [row.request_id for row in posa_client.transactions()] == ids
    assert [row.request_id for row in posa_client.transactions(since=before)] == ids
    assert list(posa_client.transactions(until=before)) == []
    assert list(posa_client.transactions(open=True)) == []


def test_pages_have_no_seam(posa_client: posa.Client, posa_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("posa._books.PAGE", 2)
    cards = [card for card in posa_sandbox.cards(currency="USD") if card.denomination is None][:5]
    ids = [posa_client.activate(card.digits, "25.00", "USD").request_id for card in cards]
    assert [row.request_id for row in posa_client.transactions()] == ids


def test_a_lost_answer_is_resolved_from_the_error(posa_client: posa.Client, posa_sandbox: Sandbox, card: str) -> None:
    posa_sandbox.inject("drop_after_commit", times=8)
    with pytest.raises(posa.OutcomeUnknown) as raised:
        posa_client.activate(card, "25.00", "USD")
    assert [row.request_id for row in posa_client.transactions(open=True)] == [raised.value.request_id]
    assert posa_client.resolve(raised.value).state == "activated"
    assert len(posa_sandbox.movements()) == 1


def test_a_sale_is_given_up(posa_client: posa.Client, posa_sandbox: Sandbox, card: str) -> None:
    posa_sandbox.inject("drop_after_commit", times=8)
    with pytest.raises(posa.OutcomeUnknown) as raised:
        posa_client.activate(card, "25.00", "USD")
    row = posa_client.void(raised.value)
    assert (row.state, row.voided) == ("deactivated", True)
    assert posa_sandbox.card(card).status == "AwaitingActivation"


def test_recover_settles_what_is_open(posa_client: posa.Client, posa_sandbox: Sandbox) -> None:
    cards = [card.digits for card in posa_sandbox.cards(currency="USD") if card.denomination is None][:2]
    posa_sandbox.inject("drop_after_commit", times=16)
    for card in cards:
        with pytest.raises(posa.OutcomeUnknown):
            posa_client.activate(card, "25.00", "USD")
    posa_sandbox.inject("resend", times=8, card_number=cards[1])
    recovered = posa_client.recover(concurrency=1)
    assert [row.state for row in recovered.settled] == ["activated"]
    ((request_id, error),) = recovered.open
    assert isinstance(error, posa.OutcomeUnknown)
    assert posa_client.resolve(request_id).state == "activated"


def test_a_file_outlives_its_client(posa_sandbox: Sandbox, card: str, tmp_path: Path) -> None:
    path = tmp_path / "posa.db"
    with posa.Client(**posa_sandbox.settings, journal=path) as client:
        receipt = client.activate(card, "25.00", "USD")
    with posa.Client(**posa_sandbox.settings, journal=str(path)) as client:
        row = client.transaction(receipt)
        assert row is not None
        assert row.state == "activated"
        assert client.activate(card, "25.00", "USD", request_id=receipt.request_id).attempts == 0
    with pytest.raises(posa.ConfigurationError, match="closed"):
        client.deactivate(receipt)


def test_a_journal_that_cannot_be_had(posa_sandbox: Sandbox, card: str, tmp_path: Path) -> None:
    with (
        posa.Client(**posa_sandbox.settings, journal=tmp_path / "missing" / "posa.db") as client,
        pytest.raises(posa.JournalError, match="missing"),
    ):
        client.activate(card, "25.00", "USD")
    assert posa_sandbox.movements() == []
    with pytest.raises(posa.ConfigurationError, match="journal"):
        posa.Client(**posa_sandbox.settings, journal="mysql://127.0.0.1/posa")
