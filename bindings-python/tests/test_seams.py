"""Keys from elsewhere, signatures from elsewhere, certificates, proxies, logs, fixtures, the command."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import posa
import pytest
from posa.testing import Sandbox

pytest_plugins = ["pytester"]


def without_key(sandbox: Sandbox) -> dict[str, Any]:
    return {name: value for name, value in sandbox.settings.items() if name != "credentials"}


def test_keys_from_a_function_are_asked_for_once_and_again_after_a_refusal(posa_sandbox: Sandbox, card: str) -> None:
    right = posa_sandbox.settings["credentials"]
    given = [posa.Credentials(right.access_key_id, "wrong"), right]
    asked = []

    def load() -> posa.Credentials:
        asked.append(threading.current_thread())
        return given[min(len(asked), 2) - 1]

    with posa.Client(**without_key(posa_sandbox), credentials=load, journal="memory") as client:
        assert client.activate(card, "25.00", "USD").attempts == 2
        client.status(card, next(client.transactions()).request_id)
    assert len(asked) == 2
    assert threading.main_thread() not in asked


def test_a_function_that_fails_says_its_type_and_not_its_words(posa_sandbox: Sandbox, card: str) -> None:
    def load() -> posa.Credentials:
        raise LookupError("the secret is hunter2")

    with (
        posa.Client(**without_key(posa_sandbox), credentials=load, journal="memory") as client,
        pytest.raises(posa.ConfigurationError, match="raised LookupError") as raised,
    ):
        client.activate(card, "25.00", "USD")
    assert "hunter2" not in f"{raised.value} {raised.value!r}"
    assert posa_sandbox.requests() == []


def test_keys_from_the_environment_and_from_a_file(
    posa_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: str
) -> None:
    key = posa_sandbox.settings["credentials"]
    path = tmp_path / "keys"
    path.write_text(f"access_key_id = {key.access_key_id}\nsecret_access_key = {key.secret_access_key}\n")
    with posa.Client(**without_key(posa_sandbox), credentials=posa.FileCredentials(path), journal="memory") as client:
        receipt = client.activate(card, "25.00", "USD")
    monkeypatch.setenv("POSA_ACCESS_KEY_ID", key.access_key_id)
    monkeypatch.setenv("POSA_SECRET_ACCESS_KEY", key.secret_access_key)
    with posa.Client(**without_key(posa_sandbox), credentials=posa.EnvironmentCredentials(), journal="none") as client:
        assert client.status(receipt).card_status == "Activated"


def test_somebody_else_signs(posa_sandbox: Sandbox, card: str) -> None:
    seen: list[posa.Unsigned] = []

    rules = posa.SigningRules(**place(posa_sandbox), operations=["ActivateGiftCard"], limits={"USD": "25.00"})

    def remote(request: posa.Unsigned) -> Mapping[str, str]:
        seen.append(request)
        signed = posa.sign_request(request.question, rules)
        assert (signed.operation, signed.card_number, signed.amount) == ("ActivateGiftCard", card, Decimal("25.00"))
        assert card not in repr(signed)
        assert "Signature" not in repr(signed)
        headers: dict[str, str] = json.loads(signed.answer)["headers"]
        return headers

    with posa.Client(**without_key(posa_sandbox), id_tag="S042", signer=remote, journal="memory") as client:
        assert client.activate(card, "25.00", "USD").card_status == "Activated"
    (request,) = seen
    assert (request.operation, request.format) == ("ActivateGiftCard", "json")
    assert request.host in posa_sandbox.url
    assert card.encode() in request.body
    assert request.time.tzinfo is not None
    assert card not in repr(request)
    with pytest.raises(posa.ConfigurationError, match="either credentials or a signer"):
        posa.Client(**posa_sandbox.settings, signer=remote, journal="none")


def place(sandbox: Sandbox) -> dict[str, Any]:
    """What rules for the sandbox's till are made of."""
    names = ("partner_id", "credentials", "endpoint", "region")
    return {"id_tag": "S042", **{name: value for name, value in sandbox.settings.items() if name in names}}


def test_what_the_rules_forbid_is_not_signed_and_not_sent(posa_sandbox: Sandbox, card: str) -> None:
    rules = posa.SigningRules(**place(posa_sandbox), limits={"USD": Decimal("24.99")}, stores=["S1"])
    refusals: list[posa.InvalidInput] = []

    def remote(request: posa.Unsigned) -> Mapping[str, str]:
        try:
            posa.sign_request(request.question, rules)
        except posa.InvalidInput as error:
            refusals.append(error)
            raise
        raise AssertionError("signed")

    with posa.Client(**without_key(posa_sandbox), id_tag="S042", signer=remote, journal="memory") as client:
        for amount in ("25.00", "24.99"):
            with pytest.raises(posa.PosaError) as failed:
                client.activate(card, amount, "USD")
            assert (failed.value.kind, failed.value.delivery) == ("AUTHENTICATION", "not_sent")
    assert [refusal.field for refusal in refusals] == ["amount", "source_id"]
    assert posa_sandbox.requests() == []


def test_a_card_that_other_tills_sold_is_not_taken_back(posa_sandbox: Sandbox, posa_client: posa.Client) -> None:
    rules = posa.SigningRules(**place(posa_sandbox))

    def remote(request: posa.Unsigned) -> Mapping[str, str]:
        headers: dict[str, str] = json.loads(posa.sign_request(request.question, rules).answer)["headers"]
        return headers

    cards = [card for card in posa_sandbox.cards(currency="USD") if card.denomination is None]
    theirs, own = (card.digits for card in cards[:2])
    receipt = posa_client.activate(theirs, "25.00", "USD")
    with posa.Client(**without_key(posa_sandbox), id_tag="S042", signer=remote, journal="none") as till:
        with pytest.raises(posa.AuthenticationError, match="id_tag") as refused:
            till.status(receipt)
        assert (refused.value.delivery, refused.value.field) == ("not_sent", "signer")
        # Without a journal, nobody knows whether the till sent this return before.
        with pytest.raises(posa.OutcomeUnknown, match="id_tag"):
            till.deactivate(receipt)
        mine = till.activate(own, "25.00", "USD")
        assert mine.request_id.startswith("AwssbS042")
        assert till.deactivate(mine).card_status == "AwaitingActivation"
    assert posa_client.status(receipt).card_status == "Activated"


def test_a_signer_that_cannot_be_reached_is_asked_again(posa_sandbox: Sandbox, card: str) -> None:
    rules = posa.SigningRules(**place(posa_sandbox))
    failures: list[Exception] = []
    asked: list[str] = []

    def remote(request: posa.Unsigned) -> Mapping[str, str]:
        asked.append(request.operation)
        if failures:
            raise failures.pop()
        headers: dict[str, str] = json.loads(posa.sign_request(request.question, rules).answer)["headers"]
        return headers

    settings: dict[str, Any] = {"id_tag": "S042", "signer": remote, "retry_base": 0.001, "attempts": 3}
    with posa.Client(**without_key(posa_sandbox), **settings, journal="memory") as client:
        failures += [ConnectionRefusedError("hunter2"), LookupError("hunter2")]
        receipt = client.activate(card, "25.00", "USD")
        assert (receipt.attempts, len(asked)) == (1, 3)
        failures += [TimeoutError("hunter2")] * 3
        with pytest.raises(posa.Unreachable, match="raised TimeoutError") as away:
            client.status(receipt)
        assert "hunter2" not in f"{away.value} {away.value!r}"
        failures[:] = [posa.SigningRefused("closed on Sundays")]
        asked.clear()
        with pytest.raises(posa.AuthenticationError, match="closed on Sundays"):
            client.status(receipt)
        assert len(asked) == 1


@pytest.mark.parametrize("question", ["", "[]", b"\xff", "{}", "\ud800", '{"method": 1}'])
def test_a_question_that_cannot_be_read_is_refused(posa_sandbox: Sandbox, question: str | bytes) -> None:
    rules = posa.SigningRules(**place(posa_sandbox))
    with pytest.raises(posa.InvalidInput) as failed:
        posa.sign_request(question, rules)
    assert failed.value.field == "message"


def test_rules_that_cannot_be_kept_are_refused(posa_sandbox: Sandbox) -> None:
    good = place(posa_sandbox)
    cases: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"region": "mars-1"}, posa.ConfigurationError),
        ({"partner_id": "nobody"}, posa.InvalidInput),
        ({"operations": ["Sell"]}, posa.ConfigurationError),
        ({"limits": {"USD": 25.0}}, TypeError),
        ({"limits": {"XYZ": "25"}}, posa.InvalidInput),
        ({"stores": [1]}, TypeError),
        ({"id_tag": "s042"}, posa.ConfigurationError),
        ({"institutions": [1]}, TypeError),
        ({"programs": [1]}, TypeError),
        ({"product_types": [1]}, TypeError),
    ]
    for wrong, error in cases:
        with pytest.raises(error):
            posa.SigningRules(**{**good, **wrong})


def test_a_certificate_authority_of_ones_own(posa_sandbox: Sandbox, tmp_path: Path, card: str) -> None:
    settings: dict[str, Any] = {**posa_sandbox.settings, "endpoint": posa_sandbox.tls_url, "journal": "memory"}
    path = tmp_path / "ca.pem"
    path.write_text(posa_sandbox.ca_pem)
    with posa.Client(**settings, attempts=1) as client, pytest.raises(posa.Unreachable):
        client.activate(card, "25.00", "USD")
    with posa.Client(**settings, extra_ca=path) as client:
        assert client.activate(card, "25.00", "USD").card_status == "Activated"


def test_a_proxy_that_is_not_there_sends_nothing(posa_sandbox: Sandbox, card: str) -> None:
    with (
        posa.Client(**posa_sandbox.settings, proxy="http://127.0.0.1:9", journal="memory", attempts=1) as client,
        pytest.raises(posa.Unreachable) as raised,
    ):
        client.activate(card, "25.00", "USD")
    assert raised.value.delivery == "not_sent"
    assert posa_sandbox.requests() == []


def test_the_account_s_rate_is_kept(posa_sandbox: Sandbox) -> None:
    with pytest.raises(posa.ConfigurationError, match="rate_limit"):
        posa.Client(**posa_sandbox.settings, journal="none", rate_limit=0)


class Records(logging.Handler):
    def __init__(self, last: str) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.last = last
        self.come = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        if getattr(record, "posa_event", "") == self.last:
            self.come.set()


def test_events_arrive_in_logging(posa_sandbox: Sandbox, posa_client: posa.Client, card: str) -> None:
    logger, handler = logging.getLogger("posa"), Records("settled")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        posa_sandbox.inject("drop_after_commit")
        receipt = posa_client.activate(card, "25.00", "USD")
        assert handler.come.wait(10)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
    told = [(record.posa_event, record.levelno) for record in handler.records]  # type: ignore[attr-defined]
    assert told == [("sending", 10), ("retrying", 20), ("sending", 10), ("settled", 20)]
    for record in handler.records:
        assert card[:12] not in f"{record.getMessage()} {record.__dict__}"
        assert record.posa_request_id == receipt.request_id  # type: ignore[attr-defined]
        assert record.threadName == "posa-events"


def test_an_id_that_is_taken_and_not_sure_to_be_is_a_warning(posa_client: posa.Client, card: str) -> None:
    handler = Records("warning")
    logging.getLogger("posa").addHandler(handler)
    try:
        posa_client.activate(card, "25.00", "USD", request_id="Awssb-2026_11")
        assert handler.come.wait(10)
    finally:
        logging.getLogger("posa").removeHandler(handler)
    (record,) = handler.records
    assert (record.levelno, record.posa_request_id) == (logging.WARNING, "Awssb-2026_11")  # type: ignore[attr-defined]
    assert "letters and digits are sure" in record.getMessage()


def test_fixtures_are_there_without_asking(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_a_sale(posa_client, posa_sandbox):
            receipt = posa_client.activate(posa_sandbox.cards(currency="USD")[0].digits, "25.00", "USD")
            assert receipt.card_status == "Activated"
        """
    )
    plugin = [] if "posa.testing.plugin" in installed_plugins() else ["-p", "posa.testing.plugin"]
    pytester.runpytest_subprocess(*plugin).assert_outcomes(passed=1)


def installed_plugins() -> set[str]:
    from importlib.metadata import entry_points

    return {entry.value for entry in entry_points(group="pytest11")}


def test_the_command_is_the_same(posa_sandbox: Sandbox) -> None:
    demo = subprocess.run([sys.executable, "-m", "posa", "demo"], capture_output=True, text=True, timeout=120)
    assert demo.returncode == 0, demo.stderr
    assert "killed in flight" in demo.stdout, "it can start itself once more"
    wrong = subprocess.run([sys.executable, "-m", "posa", "nonsense"], capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 2
    version = subprocess.run([sys.executable, "-m", "posa", "--version"], capture_output=True, text=True, timeout=60)
    assert version.stdout.split() == ["posa", posa.__version__]


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_ctrl_c_ends_the_command(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "posa", "sandbox", "--listen", "127.0.0.1:0", "--ready-file", str(ready)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "127.0.0.1" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Traceback" not in err
