"""Whatever of the package is printed shows four digits of a card and no secret: every class that is exported."""

from __future__ import annotations

import logging
import pprint
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from types import ModuleType
from typing import Any, get_origin

import posa
import posa.testing
import pytest
from posa.testing import Sandbox

SECRET = "hunter2hunter2"
NOW = datetime.now(timezone.utc)


def exported() -> Iterator[tuple[ModuleType, str, Any]]:
    for module in (posa, posa.testing):
        for name in module.__all__:
            yield module, name, getattr(module, name)


CLASSES = [value for _, _, value in exported() if isinstance(value, type) and get_origin(value) is None]


@pytest.fixture
def samples(posa_sandbox: Sandbox, posa_client: posa.Client, card: str) -> dict[type, Any]:
    """One object of each class, with a card and a secret in it wherever there is room for them."""
    key = posa.Credentials("AKIDEXAMPLE", SECRET)
    rules = posa.SigningRules("Awssb", key, id_tag="S042", endpoint=posa_sandbox.url, region="us-east-1")
    asked: list[posa.Unsigned] = []

    def signer(unsigned: posa.Unsigned) -> dict[str, str]:
        asked.append(unsigned)
        raise posa.SigningRefused("no")

    without_key: dict[str, Any] = {**posa_sandbox.settings, "id_tag": "S042", "journal": "memory"}
    del without_key["credentials"]
    with posa.Client(**without_key, signer=signer) as till, pytest.raises(posa.AuthenticationError):
        till.activate(card, "25.00", "USD")
    sale = posa.Sale(card, "25.00", "USD")
    rows = posa_client.activate_many("orders", [sale])
    (row,) = rows
    assert row.receipt is not None
    other = posa.AsyncClient(**posa_sandbox.settings, journal="none")
    register_sale = posa.RegisterSale(card, "30.00", "USD", row.request_id, NOW)
    hour = timedelta(hours=1)
    report = posa_client.reconcile(NOW - hour, NOW + hour, [register_sale])
    details = posa.SourceDetails(institution_name="A Store")
    settings = posa.Settings(credentials=key, signer=signer)
    objects = [
        *(key, posa.EnvironmentCredentials(), posa.FileCredentials("keys"), rules, *asked),
        posa.sign_request(asked[0].question, rules),
        *(posa_client, other, rows, other.activate_many("orders", [sale]), rows.progress, sale, row, row.receipt),
        *(posa_client.transaction(row.receipt), *posa_client.history(row.receipt)[:1], posa_client.recover()),
        *(register_sale, report, report.differences[0], details),
        posa.TransactionSource.long("0042", "0042", details),
        posa.SigningRefused("no"),
        posa_sandbox,
        *(posa_sandbox.cards()[0], posa_sandbox.card(card).history[0], posa_sandbox.clock(), posa_sandbox.funds()[0]),
        *(posa_sandbox.movements()[0], posa_sandbox.transactions()[0], posa_sandbox.requests()[-1]),
    ]
    return {**{type(one): one for one in objects}, posa.Settings: settings, **errors(posa_client, card)}


def errors(client: posa.Client, card: str) -> dict[type, Any]:
    """Of each class of errors one that was raised, or else one as it would be."""
    raised: dict[type, Any] = {cls: cls("text", card="...7585") for cls in CLASSES if issubclass(cls, posa.PosaError)}
    return {**raised, **{type(error): error for error in map(refused, mistaken(client, card))}}


def refused(call: Callable[[], Any]) -> Exception:
    with pytest.raises((posa.PosaError, TypeError)) as raised:
        call()
    return raised.value


def mistaken(client: posa.Client, card: str) -> Iterator[Callable[[], Any]]:
    """The card's number where something else belongs."""
    yield lambda: client.activate(f"{card}0", "25.00", "USD")
    yield lambda: client.activate(card, card, "USD")
    yield lambda: client.activate(card, "25.00", card)
    yield lambda: client.activate(card, "25.00", "USD", request_id=card)
    for name in ("program_id", "product_type", "external_reference"):
        more: dict[str, Any] = {name: f"{card}\n"}
        yield partial(client.activate, card, "25.00", "USD", **more)
    yield lambda: client.deactivate(card, card)
    yield lambda: client.resolve(card)
    yield lambda: client.adopt(card, card, "25.00", "USD")
    yield lambda: client.reconcile(NOW, NOW, [posa.RegisterSale(f"{card}0", card, "USD")])


def test_every_class_has_its_sample(samples: dict[type, Any]) -> None:
    missing = [cls.__name__ for cls in CLASSES if cls not in samples]
    assert not missing


def test_nothing_that_is_printed_shows_a_card_or_a_secret(samples: dict[type, Any], card: str) -> None:
    for cls, one in samples.items():
        shown = f"{one} {one!r} {one!s} {[one]} {pprint.pformat(one)} {vars(one) if isinstance(one, Exception) else ''}"
        assert card[:16] not in shown, cls
        assert SECRET not in shown, cls


def test_no_mistake_repeats_a_card(posa_client: posa.Client, card: str) -> None:
    for error in map(refused, mistaken(posa_client, card)):
        text = "".join(traceback.format_exception_only(type(error), error))
        assert card[:16] not in text


def test_a_number_that_is_no_text_is_masked_too(card: str) -> None:
    mistyped = posa.Sale(int(card), "25.00", "USD")  # type: ignore[arg-type]
    assert card[:16] not in repr(mistyped)
    assert "card_number=None" in repr(posa.Sale(None, "25.00", "USD"))  # type: ignore[arg-type]


def test_nothing_is_logged_of_them(
    posa_client: posa.Client, card: str, caplog: pytest.LogCaptureFixture, samples: dict[type, Any]
) -> None:
    with caplog.at_level(logging.DEBUG):
        posa_client.status(samples[posa.Receipt])
        posa_client.close()
    assert card[:16] not in caplog.text
    assert SECRET not in caplog.text
