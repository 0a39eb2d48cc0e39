"""What only a process can break: forks, spawns, signals, its end. Each test runs a program of its own."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import posa
import pytest
from posa.testing import Sandbox
from programs import SETTINGS, environment, needs_fork, reached, run, start


@needs_fork
@pytest.mark.parametrize("journal", ["memory", "posa.db"])
def test_four_workers_forked_after_the_client_was_used(posa_sandbox: Sandbox, tmp_path: Path, journal: str) -> None:
    """As gunicorn does with --preload."""
    path = journal if journal == "memory" else str(tmp_path / journal)
    out = run(
        posa_sandbox,
        """
        client = Client(**settings())
        client.activate(CARDS[0], "25.00", "USD")
        workers = []
        for worker in range(4):
            child = os.fork()
            if child == 0:
                for card in CARDS[2 + worker * 3 : 5 + worker * 3]:
                    receipt = client.activate(card, "25.00", "USD")
                    assert client.status(receipt).card_status == "Activated"
                client.close()
                os._exit(0)
            workers.append(child)
        client.activate(CARDS[1], "25.00", "USD")
        assert [os.waitpid(worker, 0)[1] for worker in workers] == [0] * 4
        print(len(list(client.transactions())))
        client.close()
        """,
        journal=path,
    )
    assert out.strip() == ("2" if journal == "memory" else "14")
    assert len(posa_sandbox.movements()) == 14


@needs_fork
def test_a_child_that_leaves_by_the_front_door(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    run(
        posa_sandbox,
        """
        client = Client(**settings())
        client.activate(CARDS[0], "25.00", "USD")
        child = os.fork()
        if child == 0:
            client.activate(CARDS[1], "25.00", "USD")
            sys.exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        client.activate(CARDS[2], "25.00", "USD")
        """,
        journal=str(tmp_path / "posa.db"),
    )
    assert len(posa_sandbox.movements()) == 3


@needs_fork
@pytest.mark.parametrize("journal", ["none", "posa.db"])
def test_a_fork_while_other_threads_and_a_loop_are_busy(posa_sandbox: Sandbox, tmp_path: Path, journal: str) -> None:
    run(
        posa_sandbox,
        """
        import asyncio, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        from posa import AsyncClient
        client, other = Client(**settings(), deadline=10), AsyncClient(**settings(), deadline=10)
        stop = threading.Event()
        def busy(card):
            while not stop.is_set():
                client.deactivate(client.activate(card, "25.00", "USD"))
        threads = [threading.Thread(target=busy, args=(card,)) for card in CARDS[:4]]
        for thread in threads:
            thread.start()
        async def both(cards):
            return await asyncio.gather(*(other.activate(card, "25.00", "USD") for card in cards))
        asyncio.run(both(CARDS[4:6]))
        for first in range(6, 26, 4):
            child = os.fork()
            if child == 0:
                sell(client, CARDS[first])
                asyncio.run(both(CARDS[first + 1 : first + 4]))
                os._exit(0)
            assert ended(child) == 0
        stop.set()
        for thread in threads:
            thread.join()
        """,
        journal=journal if journal == "none" else str(tmp_path / journal),
    )
    assert sum(sale.status == "activated" for sale in posa_sandbox.transactions()) == 22


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(posa_sandbox: Sandbox, tmp_path: Path, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    program = tmp_path / "program.py"
    program.write_text(
        SETTINGS
        + textwrap.dedent(f"""
        import multiprocessing, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        def sell(card):
            with Client(**settings()) as client:
                return client.activate(card, "25.00", "USD")
        if __name__ == "__main__":
            with Client(**settings()) as client:
                client.activate(CARDS[0], "25.00", "USD")
                with multiprocessing.get_context({method!r}).Pool(3) as pool:
                    receipts = pool.map(sell, CARDS[1:10])
                    pool.close()
                    pool.join()
                print(len({{receipt.request_id for receipt in receipts}}))
                assert len(list(client.transactions())) == 10
        """)
    )
    out = subprocess.run(
        [sys.executable, str(program)],
        env=environment(posa_sandbox, journal=str(tmp_path / "posa.db")),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (out.returncode, out.stdout.strip()) == (0, "9"), out.stderr


def test_ctrl_c_is_heard_at_once_while_the_sale_goes_on(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    posa_sandbox.inject("delay", delay_ms=600, times=3)
    out = run(
        posa_sandbox,
        """
        def soon():
            global sent
            time.sleep(0.2)
            sent = time.monotonic()
            os.kill(os.getpid(), signal.SIGINT)
        client = Client(**settings())
        waits = []
        for card in CARDS[:3]:
            threading.Thread(target=soon).start()
            try:
                client.activate(card, "25.00", "USD")
                raise SystemExit("nobody stopped the waiting")
            except KeyboardInterrupt:
                waits.append(time.monotonic() - sent)
        assert min(waits) < 0.1, waits
        client.close()
        with Client(**settings()) as again:
            print(*[row.state for row in again.transactions()])
        """,
        journal=str(tmp_path / "posa.db"),
    )
    assert out.split() == ["activated"] * 3
    assert len(posa_sandbox.movements()) == 3


def test_a_sale_under_way_reaches_the_journal_before_the_interpreter_ends(
    posa_sandbox: Sandbox, tmp_path: Path
) -> None:
    path = str(tmp_path / "posa.db")
    posa_sandbox.inject("delay", delay_ms=500, times=2)
    process = start(
        posa_sandbox,
        """
        def sell(card):
            Client(**settings()).activate(card, "25.00", "USD")
        threading.Thread(target=sell, args=(CARDS[0],), daemon=True).start()
        client = Client(**settings())
        try:
            client.activate(CARDS[1], "25.00", "USD")
        except KeyboardInterrupt:
            print("stopped")
        """,
        journal=path,
    )
    reached(posa_sandbox, 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out.strip()) == (0, "stopped"), err
    with posa.Client(**posa_sandbox.settings, journal=path) as client:
        assert [row.state for row in client.transactions()] == ["activated", "activated"]


def test_the_interpreter_ends_although_an_answer_never_comes(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    path = str(tmp_path / "posa.db")
    posa_sandbox.inject("delay", delay_ms=60_000)
    program = """
        from posa import _process
        _process._EXIT_SECONDS = 0.3
        client = Client(**settings(), attempt_timeout=50, deadline=50)
        threading.Thread(target=client.activate, args=(CARDS[0], "25.00", "USD"), daemon=True).start()
        while not list(client.transactions()):
            time.sleep(0.01)
        """
    began = time.monotonic()
    run(posa_sandbox, program, journal=path)
    assert time.monotonic() - began < 20
    with posa.Client(**posa_sandbox.settings, journal=path) as client:
        (row,) = client.transactions(open=True)
        assert client.resolve(row).state == "activated"


def test_a_dropped_client_leaves_nothing_unfinished(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    path = str(tmp_path / "posa.db")
    posa_sandbox.inject("delay", delay_ms=300)
    run(
        posa_sandbox,
        """
        import asyncio
        from posa import AsyncClient
        async def main():
            client = AsyncClient(**settings())
            call = asyncio.create_task(client.activate(CARDS[0], "25.00", "USD"))
            while not [row async for row in client.transactions()]:
                await asyncio.sleep(0)
            call.cancel()
        asyncio.run(main())
        """,
        journal=path,
    )
    with posa.Client(**posa_sandbox.settings, journal=path) as client:
        assert [row.state for row in client.transactions()] == ["activated"]
