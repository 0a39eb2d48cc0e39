"""Forks while a journal's file is open: what the child may do, and what it must never hold on to."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from pathlib import Path

import posa
import pytest
from posa.testing import Sandbox
from programs import another_process, close_the_books, hears, needs_fork, reached, run, start, tell

pytestmark = needs_fork


@pytest.mark.parametrize("before", ["pass", "client.close(); client = Client(**settings())"], ids=["open", "closed"])
def test_a_daemon(posa_sandbox: Sandbox, tmp_path: Path, before: str) -> None:
    """Opens, recovers, forks; the parent exits, and another process looks while the child sells."""
    journal = tmp_path / "posa.db"
    daemon = start(
        posa_sandbox,
        f"""
        client = Client(**settings())
        client.recover()
        sell(client, CARDS[0])
        {before}
        if os.fork() != 0:
            os._exit(0)
        os.setsid()
        sell(client, CARDS[1])
        say("sold")
        input()
        sell(client, *CARDS[2:6])
        say("sold again")
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        journal=str(journal),
    )
    with daemon:
        hears(daemon, "sold")
        assert len(another_process(posa_sandbox, journal)) == 2
        with (
            contextlib.closing(sqlite3.connect(journal)) as elsewhere,
            contextlib.closing(sqlite3.connect(":memory:")) as copy,
        ):
            elsewhere.backup(copy)
        tell(daemon)
        hears(daemon, "sold again")
        daemon.communicate(timeout=30)
    assert close_the_books(posa_sandbox, journal) == 6


def test_parent_and_child_sell_on(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "posa.db"
    run(
        posa_sandbox,
        """
        client = Client(**settings())
        sell(client, CARDS[0])
        child = os.fork()
        sell(client, *CARDS[1:6] if child else CARDS[6:11])
        if child == 0:
            os._exit(0)
        assert ended(child) == 0
        sell(client, *CARDS[11:13])
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        ends=-signal.SIGKILL,
        journal=str(journal),
    )
    assert close_the_books(posa_sandbox, journal) == 13


def test_forks_while_other_threads_sell(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    """Each child sells at once; so does the parent, all the time."""
    journal = tmp_path / "posa.db"
    run(
        posa_sandbox,
        """
        import warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        client = Client(**settings(), deadline=10)
        sold, failed, stop = [], [], threading.Event()
        def busy(card):
            try:
                while not stop.is_set():
                    client.deactivate(client.activate(card, "25.00", "USD"))
                    sold.append(card)
            except BaseException as error:
                failed.append(error)
        threads = [threading.Thread(target=busy, args=(card,)) for card in CARDS[:4]]
        for thread in threads:
            thread.start()
        for card in CARDS[4:24]:
            child = os.fork()
            if child == 0:
                began = time.monotonic()
                try:
                    sell(client, card)
                    assert time.monotonic() - began < 10, "beyond its deadline"
                    os._exit(0)
                except BaseException as error:
                    print(error, flush=True)
                    os._exit(1)
            assert ended(child) == 0
        before = len(sold)
        while not failed and len(sold) < before + 8:
            time.sleep(0.005)
        stop.set()
        for thread in threads:
            thread.join()
        assert failed == []
        """,
        journal=str(journal),
    )
    assert close_the_books(posa_sandbox, journal) == 20


def test_forks_while_a_thread_opens_and_closes(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    """Children that idle on keep nobody out, whatever was open in the parent when they began."""
    journal = tmp_path / "posa.db"
    program = start(
        posa_sandbox,
        """
        import warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        failed, stop = [], threading.Event()
        def busy():
            try:
                while not stop.is_set():
                    with Client(**settings(), deadline=10) as client:
                        client.recover()
            except BaseException as error:
                failed.append(error)
        threads = [threading.Thread(target=busy) for _ in range(2)]
        for thread in threads:
            thread.start()
        reading, writing = os.pipe()
        children = []
        for card in CARDS[:12]:
            time.sleep(0.01)
            child = os.fork()
            if child == 0:
                os.close(writing)
                os.read(reading, 1)
                try:
                    sell(Client(**settings(), deadline=10), card)
                    os._exit(0)
                except BaseException as error:
                    print(error, flush=True)
                    os._exit(1)
            children.append(child)
        stop.set()
        for thread in threads:
            thread.join()
        say("forked")
        input()
        os.close(writing)
        assert [ended(child) for child in children] == [0] * 12
        assert failed == []
        say("sold")
        """,
        journal=str(journal),
    )
    with program:
        hears(program, "forked")
        assert another_process(posa_sandbox, journal) == {}
        tell(program)
        hears(program, "sold")
        program.communicate(timeout=40)
    assert close_the_books(posa_sandbox, journal) == 12


def test_a_till_that_died_is_recovered_at_once_though_its_child_lives(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "posa.db"
    posa_sandbox.inject("delay", delay_ms=60_000)
    till = start(
        posa_sandbox,
        """
        client = Client(**settings(), attempt_timeout=50, deadline=50)
        threading.Thread(target=sell, args=(client, CARDS[0]), daemon=True).start()
        input()
        child = os.fork()
        if child == 0:
            signal.pause()
        say(child)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        journal=str(journal),
    )
    with till:
        reached(posa_sandbox, 1)
        tell(till)
        assert till.stdout is not None
        child = int(till.stdout.readline())
        till.wait(timeout=30)
        try:
            with posa.Client(**posa_sandbox.settings, journal=journal) as client:
                assert [sale.state for sale in client.recover().settled] == ["activated"]
        finally:
            os.kill(child, signal.SIGKILL)
    assert close_the_books(posa_sandbox, journal) == 1


def test_a_pool_of_forked_workers_uses_the_client_it_was_born_with(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "posa.db"
    out = run(
        posa_sandbox,
        """
        import multiprocessing, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        client = Client(**settings())
        sell(client, CARDS[0])
        def one(card):
            return sell(client, card)[0]
        with multiprocessing.get_context("fork").Pool(3) as pool:
            selling = pool.map_async(one, CARDS[1:13])
            sell(client, *CARDS[13:16])
            print(len(set(selling.get(timeout=40))))
            pool.close()
            pool.join()
        client.close()
        print(*sorted(name for name in os.listdir(os.path.dirname(settings()["journal"])) if "-wal" in name))
        """,
        journal=str(journal),
    )
    assert out.split() == ["12"]
    assert close_the_books(posa_sandbox, journal) == 16


def test_a_child_of_a_child(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "posa.db"
    run(
        posa_sandbox,
        """
        client = Client(**settings())
        for card in CARDS[:5]:
            sell(client, card)
            child = os.fork()
            if child:
                code = ended(child, 40)
                sell(client, CARDS[5 + CARDS.index(card)])
                os._exit(code)
        client.close()
        os._exit(0)
        """,
        journal=str(journal),
    )
    assert close_the_books(posa_sandbox, journal) == 10
