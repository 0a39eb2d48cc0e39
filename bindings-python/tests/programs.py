"""Programs of their own, for what only a process can break, and the books that are closed after them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import posa
import pytest
from posa.testing import Sandbox

SETTINGS = """
import json, os, signal, sys, threading, time
import posa
from posa import Client, Credentials

# Whatever hangs is ended, children too.
if hasattr(signal, "alarm"):
    signal.alarm(50)
    os.register_at_fork(after_in_child=lambda: signal.alarm(30))

def settings(**more):
    given = json.loads(os.environ["POSA_TEST"])
    return {**given, "credentials": Credentials(*given["credentials"]), "rate_limit": None, **more}

CARDS = json.loads(os.environ["POSA_TEST_CARDS"])

def sell(client, *cards):
    return [client.activate(card, "25.00", "USD").request_id for card in cards]

def say(word):
    print(word, flush=True)

def ended(child, within=20):
    until = time.monotonic() + within
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid != 0:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    raise SystemExit("a child hangs")
"""

ANOTHER = """
with Client(**settings()) as client:
    client.recover()
    print(json.dumps({row.request_id: row.state for row in client.transactions()}))
"""

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def environment(sandbox: Sandbox, **more: Any) -> dict[str, str]:
    """What :data:`SETTINGS` reads."""
    given = sandbox.settings
    pair = (given["credentials"].access_key_id, given["credentials"].secret_access_key)
    settings = json.dumps({**given, "credentials": pair, **more})
    return {**os.environ, "POSA_TEST": settings, "POSA_TEST_CARDS": json.dumps(dollars(sandbox))}


def dollars(sandbox: Sandbox) -> list[str]:
    """Cards of variable amount, in US dollars: 32 of them."""
    cards = [card.digits for card in sandbox.cards(currency="USD") if card.denomination is None]
    return cards + [sandbox.add_card(f"51{number:014}").digits for number in range(len(cards), 32)]


def start(sandbox: Sandbox, program: str, **more: Any) -> subprocess.Popen[str]:
    """A program that has begun; it reads from and prints to pipes."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SETTINGS + textwrap.dedent(program)],
        env=environment(sandbox, **more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(sandbox: Sandbox, program: str, *, ends: int = 0, **more: Any) -> str:
    """What a program printed, which has to end with that code."""
    process = start(sandbox, program, **more)
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == ends, f"{out}\n{err}"
    return out


def hears(process: subprocess.Popen[str], word: str) -> None:
    """Waits until a program says that word."""
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    if said != word:
        process.kill()
        raise AssertionError(f"{said!r} in place of {word!r}: {process.communicate()}")


def tell(process: subprocess.Popen[str]) -> None:
    """Lets a program that waits for a line go on."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def unknown_of(error: BaseException | None) -> posa.OutcomeUnknown:
    """The unknown outcome that an exception is, or that led to it."""
    while error is not None and not isinstance(error, posa.OutcomeUnknown):
        error = error.__cause__ or error.__context__
    assert error is not None
    return error


def reached(sandbox: Sandbox, requests: int) -> None:
    """Waits until the gateway has heard that many requests."""
    for _ in range(4_000):
        if len(sandbox.requests()) >= requests:
            return
        time.sleep(0.005)
    raise AssertionError("the request did not come")


def another_process(sandbox: Sandbox, journal: Path) -> dict[str, str]:
    """Recovers in a process that starts now and ends cleanly; the state of each sale that it finds."""
    states: dict[str, str] = json.loads(run(sandbox, ANOTHER, journal=str(journal)))
    return states


def close_the_books(sandbox: Sandbox, journal: Path) -> int:
    """Compares the gateway with the journal as another process recovers it; how many cards are active."""
    kept = another_process(sandbox, journal)
    charged = {sale.request_id: sale.status for sale in sandbox.transactions()}
    missing = {request_id: status for request_id, status in charged.items() if kept.get(request_id) != status}
    assert not missing, f"{len(missing)} of {len(charged)} charges are not in the journal"
    others = {request_id: state for request_id, state in kept.items() if request_id not in charged}
    assert set(others.values()) <= {"rejected"}, f"the gateway has nothing of {others}"
    movements = [(movement.kind, movement.request_id) for movement in sandbox.movements()]
    assert len(movements) == len(set(movements)), "a card was charged twice"
    return sum(status == "activated" for status in charged.values())
