"""Every error of the vectors ends in its class, and every class carries its attributes through a pickle."""

from __future__ import annotations

import pickle
from typing import Any

import posa
import pytest
from conftest import vectors
from posa._errors import CLASSES
from scripted import gateway

ERRORS = vectors("errors")["errors"]


def ask(row: dict[str, Any], url: str) -> Any:
    with posa.Client(
        row.get("partner_id", "Awssb"),
        endpoint=url,
        region="us-east-1",
        credentials=posa.Credentials("AKIDEXAMPLE", "not-a-secret"),
        # Without a journal, an id that is given may have been sent before, and a refusal settles less.
        journal="memory" if row["operation"] == "ActivateGiftCard" else "none",
        rate_limit=None,
        attempts=2,
        retry_base=0.001,
    ) as client:
        if row["operation"] == "ActivateGiftCard":
            return client.activate(row["card_number"], row["amount"], row["currency"], request_id=row["request_id"])
        verb = client.deactivate if row["operation"] == "DeactivateGiftCard" else client.status
        return verb(row["card_number"], row["request_id"])


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: row["name"])
def test_an_answer_ends_in_its_class(row: dict[str, Any]) -> None:
    with gateway(row["status"], row["content_type"], row["body"]) as url, pytest.raises(posa.PosaError) as raised:
        ask(row, url)
    error = raised.value
    assert type(error) is CLASSES[row["kind"]]
    assert (error.kind, error.delivery) == (row["kind"], row["delivery"])
    assert (error.code, error.error_type) == (row.get("code"), row.get("error_type"))
    assert error.request_id == row["request_id"]
    assert error.attempts >= 1
    assert row["card_number"] not in f"{error} {error!r} {error.__dict__}"


def test_the_vectors_walk_every_class_that_a_gateway_can_cause() -> None:
    own = {"INVALID_INPUT", "CONFIGURATION", "CONFLICT", "JOURNAL", "UNREACHABLE", "NEEDS_ATTENTION"}
    assert {row["kind"] for row in ERRORS} | own == CLASSES.keys()


@pytest.mark.parametrize("cls", CLASSES.values())
def test_a_pickle_keeps_everything(cls: type[posa.PosaError]) -> None:
    error = cls(
        "text [request id Awssb1]",
        message="text",
        delivery="unknown",
        code="F200",
        error_type="CardNumberNotFound",
        field="amount",
        request_id="Awssb1",
        card="...7585",
        attempts=3,
    )
    error.own = "mark"  # type: ignore[attr-defined]
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is cls
    assert str(back) == "text [request id Awssb1]"
    assert back.__dict__ == error.__dict__
    assert issubclass(cls, posa.PosaError)
    assert cls.__module__ == "posa"


def test_one_class_for_each_reaction() -> None:
    assert len(CLASSES) == 13
    assert all(name == cls.kind for name, cls in CLASSES.items())
    assert not any(issubclass(cls, posa.OutcomeUnknown) for cls in CLASSES.values() if cls is not posa.OutcomeUnknown)
