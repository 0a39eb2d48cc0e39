"""Whatever is given, what comes back is a receipt, an error of posa or a TypeError."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import posa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from posa.testing import Sandbox

ANYTHING = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Cs", "Nd", "L"])),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.binary(),
    st.none(),
    st.booleans(),
    st.just("\ud800"),
    st.just(Decimal("1E+999999")),
    st.lists(st.integers()),
)
WITHIN = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def refuses(call: Any) -> None:
    with pytest.raises((posa.PosaError, TypeError)):
        call()


@WITHIN
@given(ANYTHING)
def test_any_value_in_any_place(posa_client: posa.Client, card: str, value: Any) -> None:
    every_place(posa_client, card, value)


@pytest.mark.parametrize("character", ["9", " ", "\u00e9", "\U0001f4a9"])
def test_ten_megabytes_in_any_place(posa_client: posa.Client, card: str, character: str) -> None:
    every_place(posa_client, card, character * 10_000_000)


def every_place(posa_client: posa.Client, card: str, value: Any) -> None:
    client: Any = posa_client
    refuses(lambda: client.activate(value, "25.00", "USD"))
    refuses(lambda: client.activate(card, value, "ZZZ"))
    refuses(lambda: client.activate(card, "25.00", value))
    refuses(lambda: client.activate(card, "0", "USD", request_id=value))
    refuses(lambda: client.activate(card, "0", "USD", external_reference=value, program_id=value, source=value))
    refuses(lambda: client.status(value, value))
    refuses(lambda: client.resolve(value))
    refuses(lambda: client.void(value))
    refuses(lambda: client.recover(concurrency=0, void=value))
    refuses(lambda: client.recover(concurrency=0, void_older_than=value, leave_older_than=value))
    refuses(lambda: client.adopt(value, card, "0", "USD"))
    refuses(lambda: client.acknowledge(value))
    refuses(lambda: client.activate_many("orders", [], concurrency=0, patience=value))
    assert client.transactions is not None


@WITHIN
@given(ANYTHING, st.sampled_from(sorted(posa.Settings.__annotations__)))
def test_any_value_of_any_setting(posa_sandbox: Sandbox, value: Any, name: str) -> None:
    given: dict[str, Any] = {**posa_sandbox.settings, "journal": "none", name: value}
    allowed: tuple[type[Exception], ...] = (posa.PosaError, TypeError)
    if name == "extra_ca":
        # A path that is none is refused by the system or by Python's own open().
        allowed += (OSError, ValueError)
    with contextlib.suppress(*allowed):
        posa.Client(**given).close()


@pytest.mark.parametrize("amount", [25.0, 25, True, None, b"25.00"])
def test_an_amount_is_a_decimal_or_a_str(posa_client: posa.Client, card: str, amount: Any) -> None:
    with pytest.raises(TypeError, match="amount is"):
        posa_client.activate(card, amount, "USD")
    with pytest.raises(TypeError, match=r'a float, which is not exact; write Decimal\("25.00"\)'):
        posa_client.activate(card, 25.0, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1", "1E+30", "25.001", "0"])
def test_decimals_that_are_no_money(posa_client: posa.Client, card: str, amount: str) -> None:
    with pytest.raises(posa.InvalidInput) as raised:
        posa_client.activate(card, Decimal(amount), "USD")
    assert (raised.value.field, raised.value.delivery) == ("amount", "not_sent")


def test_a_wrong_type_names_the_argument_and_never_the_value(posa_client: posa.Client) -> None:
    with pytest.raises(TypeError, match=r"^card_number: a str is needed, not a value of type int$") as raised:
        posa_client.activate(1400000005567585358, "25.00", "USD")  # type: ignore[arg-type]
    assert "1400000005567585" not in str(raised.value)


def test_times_need_a_zone_and_settings_a_name(posa_client: posa.Client) -> None:
    with pytest.raises(TypeError, match="no time zone"):
        posa_client.transactions(since=datetime(2026, 1, 1))
    with pytest.raises(TypeError, match="no setting 'timeout'"):
        posa.Client("Awssb", journal="none", timeout=3)  # type: ignore[call-arg]
    with pytest.raises(posa.ConfigurationError, match="deadline"):
        posa.Client(
            "Awssb",
            journal="none",
            marketplace="US",
            credentials=posa.Credentials("id", "secret"),
            deadline=timedelta(days=1),
        )


def test_one_call_may_have_its_own_times(posa_sandbox: Sandbox, posa_client: posa.Client, card: str) -> None:
    posa_sandbox.inject("drop_after_commit", times=2)
    with pytest.raises(posa.OutcomeUnknown) as raised:
        posa_client.activate(card, "25.00", "USD", attempts=1, deadline=20, attempt_timeout=timedelta(seconds=5))
    assert raised.value.attempts == 1
    assert posa_client.activate(card, "25.00", "USD", request_id=raised.value.request_id).attempts == 2
    with pytest.raises(posa.ConfigurationError, match="deadline"):
        posa_client.status(card, "Awssb1", deadline=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("request_id", 5), ("program_id", b"x"), ("external_reference", "\ud800"), ("attempts", -1), ("deadline", "soon")],
)
def test_every_argument_is_named_when_its_type_is_wrong(
    posa_client: posa.Client, card: str, name: str, value: Any
) -> None:
    with pytest.raises(TypeError, match=f"^{name}: "):
        posa_client.activate(card, "25.00", "USD", **{name: value})


def test_every_setting_is_named_when_its_type_is_wrong(posa_sandbox: Sandbox) -> None:
    given: dict[str, Any] = {**posa_sandbox.settings, "journal": "none"}
    for name in sorted(posa.Settings.__annotations__.keys() - {"credentials", "signer", "extra_ca"}):
        with pytest.raises(TypeError, match=f"^{name}: "):
            posa.Client(**{**given, name: object()})


def test_a_source_names_what_is_wrong_in_it(posa_client: posa.Client, card: str) -> None:
    source = posa.TransactionSource.short(7, "chain")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="source: source_id: a str is needed"):
        posa_client.activate(card, "25.00", "USD", source=source)
