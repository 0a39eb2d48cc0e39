"""The service against the sandbox: a sale, its replay, a lost answer, a void."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from posa.testing import Sandbox
from service import create_app


@pytest.fixture
def till(posa_sandbox: Sandbox, tmp_path: Path) -> Iterator[TestClient]:
    settings = {**posa_sandbox.settings, "journal": str(tmp_path / "posa.db"), "retry_base": 0.001, "attempts": 3}
    till = TestClient(create_app(settings))
    with till:
        yield till


@pytest.fixture
def sale(posa_sandbox: Sandbox) -> dict[str, str]:
    return {"card_number": posa_sandbox.cards(currency="USD")[0].digits, "amount": "25.00", "currency": "USD"}


def test_a_sale_its_state_and_its_void(till: TestClient, sale: dict[str, str]) -> None:
    sold = till.post("/sales", json=sale)
    assert (sold.status_code, sold.json()["status"]) == (201, "Activated")
    assert sale["card_number"] not in sold.text
    address = f"/sales/{sold.json()['request_id']}"
    assert till.get(address).json()["status"] == "Activated"
    assert till.delete(address).json()["status"] == "deactivated"
    assert till.get(address).json()["status"] == "AwaitingActivation"


def test_a_lost_answer_is_neither_done_nor_refused(
    till: TestClient, posa_sandbox: Sandbox, sale: dict[str, str]
) -> None:
    posa_sandbox.inject("drop_after_commit", times=3)
    lost = till.post("/sales", json=sale)
    assert (lost.status_code, lost.json()["error"]) == (202, "OUTCOME_UNKNOWN")
    again = till.post("/sales", json={**sale, "request_id": lost.json()["request_id"]})
    assert again.status_code == 201
    assert len(posa_sandbox.movements()) == 1


@pytest.mark.parametrize("amount", ["2500.00", "-1", "twenty"])
def test_what_is_wrong_is_said(till: TestClient, sale: dict[str, str], amount: str) -> None:
    refused = till.post("/sales", json={**sale, "amount": amount})
    assert (refused.status_code, refused.json()["error"]) == (422, "INVALID_INPUT")
    assert "amount" in refused.json()["message"]


def test_a_number_is_no_amount_and_an_unknown_sale_is_none(till: TestClient, sale: dict[str, str]) -> None:
    assert till.post("/sales", json={**sale, "amount": 25.0}).status_code == 422
    assert till.get("/sales/AwssbNobody").status_code == 409
