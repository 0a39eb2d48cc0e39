"""Models compare, hash, pickle, and show four digits of a card."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import FrozenInstanceError
from datetime import datetime, timezone
from decimal import Decimal
from multiprocessing import get_context
from typing import Any, get_type_hints

import posa
import posa.testing
import pytest
from posa.testing import Sandbox


def same(value: Any) -> Any:
    return value


def raise_it(error: BaseException) -> None:
    raise error


@pytest.fixture
def receipt(posa_client: posa.Client, card: str) -> posa.Receipt:
    return posa_client.activate(card, Decimal("25.00"), "USD", external_reference="till 3")


def test_a_receipt_has_what_the_gateway_said(receipt: posa.Receipt, card: str) -> None:
    assert receipt.operation == "ActivateGiftCard"
    assert (receipt.amount, receipt.currency) == (Decimal("25.00"), "USD")
    assert receipt.card_number == card
    assert receipt.request_id.startswith("Awssb")
    assert card[:15] not in repr(receipt)
    assert f"...{card[12:16]}" in repr(receipt)


def test_an_expiration_is_a_time_with_a_zone(posa_client: posa.Client, posa_sandbox: Sandbox) -> None:
    receipt = posa_client.activate(posa_sandbox.cards(currency="JPY")[0].digits, "500", "JPY")
    assert receipt.expires_at is not None
    assert receipt.expires_at.tzinfo is timezone.utc
    assert receipt.expires_at > datetime.now(timezone.utc)
    assert receipt.amount == Decimal(500)


def test_receipts_and_transactions_are_values(posa_client: posa.Client, receipt: posa.Receipt, card: str) -> None:
    row = posa_client.transaction(receipt)
    assert row is not None
    assert (row.state, row.external_reference, row.is_open) == ("activated", "till 3", False)
    assert card[:15] not in repr(row)
    for value in (receipt, row):
        back = pickle.loads(pickle.dumps(value))
        assert back == value
        assert hash(back) == hash(value)
        assert len({back, value}) == 1
        with pytest.raises(FrozenInstanceError):
            value.request_id = "Awssb1"  # type: ignore[misc]


def test_everything_passes_through_a_process_pool(posa_client: posa.Client, receipt: posa.Receipt) -> None:
    recovered = posa_client.recover()
    error = posa.OutcomeUnknown("no answer", delivery="unknown", request_id="Awssb1")
    source = posa.TransactionSource.long("store", "chain", posa.SourceDetails(institution_name="A Store"))
    values = [receipt, posa_client.transaction(receipt), recovered, source, posa.Credentials("id", "secret")]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for value in values:
            assert pool.submit(same, value).result() == value
        with pytest.raises(posa.OutcomeUnknown) as raised:
            pool.submit(raise_it, error).result()
    assert raised.value.request_id == "Awssb1"


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(posa.Credentials("AKID", "hush"))


@pytest.mark.parametrize("module", [posa, posa.testing])
def test_other_libraries_can_read_the_types(module: Any) -> None:
    """As pydantic and FastAPI do for a response's model."""
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, type):
            get_type_hints(value)
