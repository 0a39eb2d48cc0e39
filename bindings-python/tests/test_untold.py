"""Outcomes that nobody heard, sales of elsewhere, and what recovery does about those whose customers may have left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import posa
import pytest
from posa.testing import Sandbox


def lost(sandbox: Sandbox, client: posa.Client, card: str) -> posa.OutcomeUnknown:
    """A sale that was charged, and whose answer never came."""
    sandbox.inject("drop_after_commit", card_number=card[:16])
    with pytest.raises(posa.OutcomeUnknown) as raised:
        client.activate(card, "25.00", "USD", attempts=1)
    return raised.value


def test_what_was_heard_is_not_listed(posa_client: posa.Client, card: str) -> None:
    receipt = posa_client.activate(card, "25.00", "USD")
    row = posa_client.transaction(receipt)
    assert row is not None
    assert row.told
    assert "version" not in repr(row)
    assert posa_client.untold() == []
    assert list(posa_client.transactions(untold=True)) == []


def test_what_recovery_settles_is_listed_until_it_is_acknowledged(
    posa_sandbox: Sandbox, posa_client: posa.Client, card: str
) -> None:
    error = lost(posa_sandbox, posa_client, card)
    (settled,) = posa_client.recover().settled
    assert (settled.request_id, settled.told) == (error.request_id, False)
    assert posa_client.untold() == [settled] == list(posa_client.transactions(untold=True))
    posa_client.acknowledge(settled)
    assert posa_client.untold() == []
    events = [entry.event for entry in posa_client.history(settled)]
    assert (events[0], events[-2:]) == ("activate", ["activated", "told"])


def test_an_outcome_that_changed_since_is_not_acknowledged(
    posa_sandbox: Sandbox, posa_client: posa.Client, card: str
) -> None:
    lost(posa_sandbox, posa_client, card)
    (sold,) = posa_client.recover().settled
    posa_client.deactivate(sold)
    posa_client.acknowledge(sold)
    row = posa_client.transaction(sold)
    assert row is not None
    assert row.version > sold.version


def test_a_till_may_have_its_outcomes_untold_until_it_acknowledges_them(posa_sandbox: Sandbox, card: str) -> None:
    with posa.Client(**posa_sandbox.settings, journal="memory", acknowledged=True) as client:
        receipt = client.activate(card, "25.00", "USD")
        (row,) = client.untold()
        assert row.request_id == receipt.request_id
        client.acknowledge(row)
        assert client.untold() == []


def test_only_what_was_listed_can_be_acknowledged(posa_client: posa.Client, card: str) -> None:
    receipt: Any = posa_client.activate(card, "25.00", "USD")
    with pytest.raises(TypeError, match="give the Transaction"):
        posa_client.acknowledge(receipt)


def test_a_history_has_every_step(posa_sandbox: Sandbox, posa_client: posa.Client, card: str) -> None:
    error = lost(posa_sandbox, posa_client, card)
    receipt = posa_client.activate(card, "25.00", "USD", request_id=error.request_id)
    posa_client.deactivate(receipt)
    history = posa_client.history(receipt)
    assert [entry.event for entry in history] == [
        *("activate", "unknown", "activate", "activated"),
        *("return", "deactivated"),
    ]
    assert history[1].note is not None
    assert all(entry.at.tzinfo is not None for entry in history)
    assert posa_client.history("AwssbNobody") == []


@pytest.fixture
def elsewhere(posa_sandbox: Sandbox) -> Iterator[posa.Client]:
    """Another client, with a journal of its own."""
    with posa.Client(**posa_sandbox.settings, journal="memory", rate_limit=None) as client:
        yield client


def test_a_sale_of_another_client_is_adopted_and_returned(
    posa_sandbox: Sandbox, posa_client: posa.Client, elsewhere: posa.Client, card: str
) -> None:
    sold = elsewhere.activate(card, "25.00", "USD", request_id="Awssb-2026_11-1")
    adopted = posa_client.adopt(sold.request_id, card, "25.00", "USD")
    assert (adopted.card_status, adopted.request_id) == ("Activated", sold.request_id)
    assert len(posa_sandbox.movements()) == 1
    assert posa_client.deactivate(adopted).card_status == "AwaitingActivation"


def test_what_was_not_sold_under_that_id_is_not_adopted(
    posa_sandbox: Sandbox, posa_client: posa.Client, elsewhere: posa.Client, card: str
) -> None:
    with pytest.raises(posa.Rejected, match="no sale to adopt"):
        posa_client.adopt("Awssb1", card, "25.00", "USD")
    elsewhere.activate(card, "25.00", "USD")
    with pytest.raises(posa.AlreadyActivated):
        posa_client.adopt("Awssb1", card, "25.00", "USD")
    assert len(posa_sandbox.movements()) == 1
    with pytest.raises(TypeError, match=r"^request_id: "):
        posa_client.adopt(None, card, "25.00", "USD")  # type: ignore[arg-type]


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("choice", "state"),
    [
        ({}, "activated"),
        ({"void": True}, "deactivated"),
        ({"void_older_than": DAY}, "activated"),
        ({"void_older_than": 0}, "deactivated"),
        ({"leave_older_than": DAY}, "activated"),
        ({"leave_older_than": timedelta(0)}, "unknown"),
    ],
)
def test_recovery_does_about_open_sales_what_was_chosen(
    posa_sandbox: Sandbox, posa_client: posa.Client, card: str, choice: dict[str, Any], state: str
) -> None:
    error = lost(posa_sandbox, posa_client, card)
    # It was asked for two hours ago, by the gateway's clock.
    posa_sandbox.set_clock(advance_seconds=7200)
    recovered = posa_client.recover(**choice)
    row = posa_client.transaction(error)
    assert row is not None
    assert (row.state, len(recovered.open)) == (state, 1 if state == "unknown" else 0)


def test_one_choice_at_a_time(posa_client: posa.Client) -> None:
    for choice, field in [
        ({"void": True, "void_older_than": DAY}, "void_older_than"),
        ({"void": True, "leave_older_than": DAY}, "leave_older_than"),
        ({"void_older_than": DAY, "leave_older_than": DAY}, "leave_older_than"),
    ]:
        with pytest.raises(posa.InvalidInput) as raised:
            posa_client.recover(**choice)  # type: ignore[arg-type]
        assert raised.value.field == field
    with pytest.raises(TypeError, match=r"^void_older_than: "):
        posa_client.recover(void_older_than=-1)


def test_the_async_client_has_the_same_verbs(posa_sandbox: Sandbox, card: str, tmp_path: Path) -> None:
    async def main() -> None:
        settings: dict[str, Any] = {**posa_sandbox.settings, "rate_limit": None}
        async with (
            posa.AsyncClient(**settings, journal=tmp_path / "elsewhere.db") as elsewhere,
            posa.AsyncClient(**settings, journal=tmp_path / "posa.db", acknowledged=True) as client,
        ):
            sold = await elsewhere.activate(card, "25.00", "USD")
            await client.adopt(sold.request_id, card, "25.00", "USD")
            (row,) = await client.untold()
            await client.acknowledge(row)
            assert [row async for row in client.transactions(untold=True)] == []
            assert (await client.history(row))[-1].event == "told"
            with pytest.raises(posa.InvalidInput):
                await client.recover(void=True, leave_older_than=DAY)

    asyncio.run(main())


def test_an_error_tells_its_cause(posa_sandbox: Sandbox, posa_client: posa.Client, card: str) -> None:
    error = lost(posa_sandbox, posa_client, card)
    assert error.cause is None
    with pytest.raises(posa.Conflict) as raised:
        posa_client.activate(card, "25.00", "USD")
    assert raised.value.cause == "open_sale"
    with pytest.raises(posa.Conflict) as raised:
        posa_client.deactivate(card, "AwssbNobody")
    assert raised.value.cause == "unknown_id"


def test_an_id_that_the_client_chose_is_new_without_a_journal_too(posa_sandbox: Sandbox, card: str) -> None:
    posa_sandbox.set_funds("USD", "0")
    with posa.Client(**posa_sandbox.settings, journal="none") as client:
        with pytest.raises(posa.InsufficientFunds) as raised:
            client.activate(card, "25.00", "USD")
        assert raised.value.request_id is not None
        with pytest.raises(posa.OutcomeUnknown):
            client.activate(card, "25.00", "USD", request_id=raised.value.request_id)


def test_a_batch_waits_no_longer_than_its_patience(posa_sandbox: Sandbox, card: str) -> None:
    settings: dict[str, Any] = {**posa_sandbox.settings, "proxy": "http://127.0.0.1:9"}
    with posa.Client(**settings, journal="memory", attempts=1) as client:
        rows = client.activate_many("orders", [posa.Sale(card, "25.00", "USD")], patience=0)
        (row,) = rows
        assert isinstance(row.error, posa.Unreachable)
        assert rows.progress.not_sent == 1
    with posa.Client(**settings, journal="memory") as client, pytest.raises(TypeError, match=r"^patience: "):
        client.activate_many("orders", [], patience=-1)


def test_a_job_may_take_a_share_of_the_account_s_rate(posa_sandbox: Sandbox, card: str) -> None:
    with posa.Client(**posa_sandbox.settings, journal="memory", rate_share=1, deadline=0.5) as client:
        receipt = client.activate(card, "25.00", "USD")
        with pytest.raises(posa.Throttled, match="no room"):
            client.status(receipt)
    with pytest.raises(posa.ConfigurationError, match="rate_share is 0"):
        posa.Client(**posa_sandbox.settings, journal="memory", rate_share=0)
