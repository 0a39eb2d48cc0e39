"""gunicorn --preload: the client is made, and used, before the workers are forked."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from posa.testing import Sandbox
from programs import SETTINGS, close_the_books, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn is for Unix")

SERVICE = """
client = Client(**settings())
client.recover()
sell(client, CARDS[0])

def app(environ, start_response):
    sold = sell(client, environ["PATH_INFO"].lstrip("/"))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([os.getpid(), *sold]).encode()]
"""


def test_workers_of_a_preloaded_service_sell(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "posa.db"
    (tmp_path / "service.py").write_text(SETTINGS + SERVICE)
    given = environment(posa_sandbox, journal=str(journal))
    cards = json.loads(given["POSA_TEST_CARDS"])[1:21]
    # Long enough that a second sale finds its worker busy and goes to the other.
    posa_sandbox.inject("delay", delay_ms=50, times=len(cards))
    command = ["--preload", "--workers", "2", "--bind", "127.0.0.1:0", "--no-control-socket", "service:app"]
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *command], cwd=tmp_path, env=given, stderr=subprocess.PIPE, text=True
    ) as service:
        try:
            url = address(service)
            with ThreadPoolExecutor(4) as shop:
                sold = list(shop.map(lambda card: ask(f"{url}/{card}"), cards))
        finally:
            service.send_signal(signal.SIGTERM)
            _, log = service.communicate(timeout=30)
    assert service.returncode == 0, log
    workers = {pid for pid, _ in sold}
    assert len(workers) == 2
    assert service.pid not in workers
    assert close_the_books(posa_sandbox, journal) == 21
    assert [path.name for path in tmp_path.glob("posa.db-*") if path.is_file()] == []


def address(service: subprocess.Popen[str]) -> str:
    """Where it listens, as its log says."""
    assert service.stderr is not None
    read = ""
    for line in service.stderr:
        read += line
        if found := re.search(r"Listening at: (\S+)", line):
            return found[1]
    raise AssertionError(read)


def ask(url: str) -> tuple[int, str]:
    """The worker that sold the card, and the request id."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        pid, request_id = json.load(answer)
    return pid, request_id
