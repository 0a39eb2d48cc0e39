"""Keys from elsewhere, signatures from elsewhere, certificates, proxies, logs, fixtures, the command."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
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

    def remote(request: posa.Unsigned) -> posa.SignedHeaders:
        seen.append(request)
        return posa.sign(request, posa_sandbox.settings["credentials"], "us-east-1")

    with posa.Client(**without_key(posa_sandbox), signer=remote, journal="memory") as client:
        assert client.activate(card, "25.00", "USD").card_status == "Activated"
    (request,) = seen
    assert (request.operation, request.format) == ("ActivateGiftCard", "json")
    assert request.host in posa_sandbox.url
    assert card.encode() in request.body
    assert request.time.tzinfo is not None
    with pytest.raises(posa.ConfigurationError, match="region"):
        posa.sign(request, posa_sandbox.settings["credentials"], "mars-1")
    with pytest.raises(posa.ConfigurationError, match="either credentials or a signer"):
        posa.Client(**posa_sandbox.settings, signer=remote, journal="none")


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
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.settled = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        if getattr(record, "posa_event", "") == "settled":
            self.settled.set()


def test_events_arrive_in_logging(posa_sandbox: Sandbox, posa_client: posa.Client, card: str) -> None:
    logger, handler = logging.getLogger("posa"), Records()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        posa_sandbox.inject("drop_after_commit")
        receipt = posa_client.activate(card, "25.00", "USD")
        assert handler.settled.wait(10)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
    told = [(record.posa_event, record.levelno) for record in handler.records]  # type: ignore[attr-defined]
    assert told == [("sending", 10), ("retrying", 20), ("sending", 10), ("settled", 20)]
    for record in handler.records:
        assert card[:12] not in f"{record.getMessage()} {record.__dict__}"
        assert record.posa_request_id == receipt.request_id  # type: ignore[attr-defined]
        assert record.threadName == "posa-events"


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
