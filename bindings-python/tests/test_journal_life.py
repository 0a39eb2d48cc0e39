"""A journal's life: opened by the first call, copied while it is in use, closed by `close`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import posa
import pytest
from posa.testing import Sandbox
from programs import another_process, dollars, hears, run, start, tell


def names(folder: Path) -> list[str]:
    """The files of a folder; who holds a journal is told in a folder beside it."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


@contextlib.contextmanager
def locked(sandbox: Sandbox, journal: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program has the whole file until it is told to let go."""
    another_process(sandbox, journal)
    somebody = start(
        sandbox,
        """
        import sqlite3
        file = sqlite3.connect(settings()["journal"], isolation_level=None)
        file.execute("PRAGMA locking_mode = EXCLUSIVE")
        file.execute("BEGIN EXCLUSIVE")
        say("locked")
        input()
        file.close()
        """,
        journal=str(journal),
    )
    hears(somebody, "locked")
    try:
        yield somebody
    finally:
        somebody.kill()
        somebody.communicate()


def test_making_a_client_opens_nothing(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    client = posa.Client(**posa_sandbox.settings, journal=tmp_path / "posa.db")
    assert names(tmp_path) == []
    client.activate(dollars(posa_sandbox)[0], "25.00", "USD")
    assert "posa.db" in names(tmp_path)
    client.close()


def test_the_with_block_leaves_one_file(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    with posa.Client(**posa_sandbox.settings, journal=tmp_path / "posa.db") as client:
        for card in dollars(posa_sandbox)[:3]:
            client.activate(card, "25.00", "USD", deadline=20)
        client.transaction("AwssbNobody")
    assert names(tmp_path) == ["posa.db"]


def test_the_asyncio_block_leaves_one_file(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    async def main() -> None:
        async with posa.AsyncClient(**posa_sandbox.settings, journal=tmp_path / "posa.db") as client:
            await asyncio.gather(*(client.activate(card, "25.00", "USD") for card in dollars(posa_sandbox)[:3]))

    asyncio.run(main())
    assert names(tmp_path) == ["posa.db"]


@pytest.mark.parametrize("last", ["pass", "del client", "client = None; import gc; gc.collect()"])
def test_the_end_of_the_interpreter_leaves_one_file(posa_sandbox: Sandbox, tmp_path: Path, last: str) -> None:
    run(
        posa_sandbox,
        f"""
        client = Client(**settings())
        sell(client, *CARDS[:3])
        {last}
        """,
        journal=str(tmp_path / "posa.db"),
    )
    assert names(tmp_path) == ["posa.db"]
    assert len(another_process(posa_sandbox, tmp_path / "posa.db")) == 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_close_leaves_no_descriptor_and_no_thread(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    out = run(
        posa_sandbox,
        """
        def held():
            files = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if there(fd)]
            threads = [open(f"/proc/self/task/{task}/comm").read().strip() for task in os.listdir("/proc/self/task")]
            return [file for file in files if "till.db" in file], threads.count("posa-journal")
        def there(fd):
            return os.path.lexists(f"/proc/self/fd/{fd}")
        with Client(**settings()) as client:
            sell(client, *CARDS[:2])
            assert held()[0]
        print(held())
        """,
        journal=str(tmp_path / "till.db"),
    )
    assert out.strip() == "([], 0)"


def test_a_call_with_times_of_its_own_closes_nothing(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    """It is the same client with other times."""
    cards = dollars(posa_sandbox)
    with posa.Client(**posa_sandbox.settings, journal=tmp_path / "posa.db", rate_limit=None) as client:
        for own, plain in zip(cards[:8:2], cards[1:8:2], strict=True):
            client.activate(own, "25.00", "USD", deadline=20)
            client.activate(plain, "25.00", "USD")
        posa_sandbox.inject("delay", delay_ms=300)
        slow = threading.Thread(target=client.activate, args=(cards[8], "25.00", "USD"), kwargs={"deadline": 20})
        slow.start()
        while not list(client.transactions(open=True)):
            pass
    slow.join()
    assert names(tmp_path) == ["posa.db"]
    assert list(another_process(posa_sandbox, tmp_path / "posa.db").values()) == ["activated"] * 9


def test_a_closed_client_takes_no_call(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    client = posa.Client(**posa_sandbox.settings, journal=tmp_path / "posa.db")
    sold = client.activate(dollars(posa_sandbox)[0], "25.00", "USD")
    client.close()
    client.close()
    for call in (
        lambda: client.transaction(sold),
        lambda: list(client.transactions()),
        lambda: client.status(sold),
        lambda: client.recover(),
        lambda: client.backup(tmp_path / "copy.db"),
        lambda: client.activate(dollars(posa_sandbox)[1], "25.00", "USD", deadline=5),
    ):
        with pytest.raises(posa.ConfigurationError, match="closed"):
            call()
    assert names(tmp_path) == ["posa.db"]


def test_a_backup_while_others_sell_is_one_whole_file(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    cards = dollars(posa_sandbox)
    journal, copy = tmp_path / "posa.db", tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    with posa.Client(**posa_sandbox.settings, journal=journal, rate_limit=None) as client:
        told = [client.activate(card, "25.00", "USD").request_id for card in cards[:4]]
        others = threading.Thread(target=lambda: [client.activate(card, "25.00", "USD") for card in cards[4:12]])
        others.start()
        client.backup(copy)
        others.join()
        assert names(copy.parent) == ["copy.db"]
        assert len(list(client.transactions())) == 12
    found = another_process(posa_sandbox, copy)
    assert set(told) <= set(found)
    assert set(found.values()) == {"activated"}
    if os.name == "posix":
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_backup_is_refused_where_it_would_harm(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_text("something else")
    with posa.Client(**posa_sandbox.settings, journal=tmp_path / "posa.db") as client:
        client.activate(dollars(posa_sandbox)[0], "25.00", "USD")
        for place in (there, tmp_path / "posa.db", tmp_path / "missing" / "copy.db"):
            with pytest.raises(posa.JournalError):
                client.backup(place)
        with pytest.raises(TypeError):
            client.backup(3)  # type: ignore[arg-type]
    assert there.read_text() == "something else"
    with posa.Client(**posa_sandbox.settings, journal="memory") as client, pytest.raises(posa.JournalError):
        client.backup(tmp_path / "memory.db")


def test_a_backup_through_asyncio(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    async def main() -> None:
        async with posa.AsyncClient(**posa_sandbox.settings, journal=tmp_path / "posa.db") as client:
            await client.activate(dollars(posa_sandbox)[0], "25.00", "USD")
            await client.backup(tmp_path / "copy.db")

    asyncio.run(main())
    assert len(another_process(posa_sandbox, tmp_path / "copy.db")) == 1


def test_a_locked_file_holds_up_no_constructor(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    journal, card = tmp_path / "posa.db", dollars(posa_sandbox)[0]
    with locked(posa_sandbox, journal):
        began = time.monotonic()
        client = posa.Client(**posa_sandbox.settings, journal=journal, deadline=1)
        made = time.monotonic() - began
        with pytest.raises(posa.PosaError) as raised:
            client.activate(card, "25.00", "USD")
        waited = time.monotonic() - began
    assert made < 0.5
    assert waited < 2.5
    assert raised.value.kind in ("JOURNAL", "OUTCOME_UNKNOWN")
    assert posa_sandbox.movements() == []
    client.close()


def test_a_call_waits_for_a_locked_file_within_its_deadline(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    journal, card = tmp_path / "posa.db", dollars(posa_sandbox)[0]
    with (
        locked(posa_sandbox, journal) as somebody,
        posa.Client(**posa_sandbox.settings, journal=journal, deadline=20) as client,
    ):
        soon = threading.Timer(0.3, tell, [somebody])
        soon.start()
        assert client.activate(card, "25.00", "USD").card_status == "Activated"
        soon.join()
