"""What shops do to a journal's file while it is open: another SQLite in the process, copies."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
from pathlib import Path

import posa
import pytest
from posa.testing import Sandbox
from programs import another_process, close_the_books, dollars, hears, needs_fork, run, start, tell

ACTS = {
    "reads": "beside = sqlite3.connect(PATH); beside.execute('SELECT count(*) FROM sqlite_master').fetchall()",
    "reads only": "beside = sqlite3.connect(f'file:{PATH}?mode=ro', uri=True); beside.execute('PRAGMA user_version')",
    "backs up": "beside, to = sqlite3.connect(PATH), sqlite3.connect(PATH + '.copy'); beside.backup(to); to.close()",
    "checkpoints": "beside = sqlite3.connect(PATH); beside.execute('PRAGMA wal_checkpoint(TRUNCATE)')",
}
ENDS = {"killed": "os.kill(os.getpid(), signal.SIGKILL)", "closed": "client.close()"}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("act", ACTS)
def test_another_sqlite_of_the_process(posa_sandbox: Sandbox, tmp_path: Path, act: str, end: str) -> None:
    """Python's own SQLite is another copy than the journal's: closing it gives back every lock of the process."""
    journal = tmp_path / "posa.db"
    process = start(
        posa_sandbox,
        f"""
        import sqlite3
        PATH = settings()["journal"]
        client = Client(**settings())
        sell(client, *CARDS[:4])
        {ACTS[act]}
        beside.close()
        sell(client, *CARDS[4:8])
        say("sold")
        input()
        sell(client, *CARDS[8:12])
        {ACTS[act]}
        beside.close()
        say("sold again")
        {ENDS[end]}
        """,
        journal=str(journal),
    )
    with process:
        hears(process, "sold")
        assert len(another_process(posa_sandbox, journal)) == 8
        tell(process)
        hears(process, "sold again")
        _, err = process.communicate(timeout=30)
        # That the journal was created is all there is to say.
        assert [line for line in err.splitlines() if "was created; no earlier sale is in it" not in line] == []
    assert close_the_books(posa_sandbox, journal) == 12


def test_a_copy_of_a_file_in_use_is_refused(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    """Its newest sales may lie beside it: never is it taken for a journal with fewer sales."""
    journal, cards = tmp_path / "posa.db", dollars(posa_sandbox)
    copies = [tmp_path / name for name in ("copied.db", "backed_up.db")]
    with posa.Client(**posa_sandbox.settings, journal=journal, rate_limit=None) as client:
        for card in cards[:6]:
            client.activate(card, "25.00", "USD")
        shutil.copy(journal, copies[0])
        with (
            contextlib.closing(sqlite3.connect(journal)) as other,
            contextlib.closing(sqlite3.connect(copies[1])) as to,
        ):
            other.backup(to)
        client.activate(cards[6], "25.00", "USD")
    for copy in copies:
        with posa.Client(**posa_sandbox.settings, journal=copy, rate_limit=None) as client:
            with pytest.raises(posa.JournalError, match="posa journal restore"):
                list(client.transactions())
            with pytest.raises(posa.JournalError):
                client.activate(cards[7], "25.00", "USD")
    assert len(posa_sandbox.movements()) == 7


def test_a_journal_is_not_opened_while_somebody_keeps_its_mark_in_the_log(
    posa_sandbox: Sandbox, tmp_path: Path
) -> None:
    """Else a copy of the file alone could not be told from a journal that was closed."""
    journal, copy, cards = tmp_path / "posa.db", tmp_path / "copy.db", dollars(posa_sandbox)
    with posa.Client(**posa_sandbox.settings, journal=journal, rate_limit=None) as client:
        client.activate(cards[0], "25.00", "USD")
    reader = sqlite3.connect(journal, isolation_level=None)
    with contextlib.closing(reader):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sale").fetchall()
        with (
            posa.Client(**posa_sandbox.settings, journal=journal, rate_limit=None) as client,
            pytest.raises(posa.JournalError, match="another program has been reading it"),
        ):
            client.activate(cards[1], "25.00", "USD")
    with posa.Client(**posa_sandbox.settings, journal=journal, rate_limit=None) as client:
        for card in cards[1:4]:
            client.activate(card, "25.00", "USD")
        shutil.copy(journal, copy)
    with (
        posa.Client(**posa_sandbox.settings, journal=copy, rate_limit=None) as client,
        pytest.raises(posa.JournalError),
    ):
        list(client.transactions())


def test_a_copy_after_close_is_whole(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    journal, elsewhere = tmp_path / "posa.db", tmp_path / "elsewhere"
    cards = dollars(posa_sandbox)
    with posa.Client(**posa_sandbox.settings, journal=journal, rate_limit=None) as client:
        sold = [client.activate(card, "25.00", "USD").request_id for card in cards[:6]]
    assert beside(journal) == []
    elsewhere.mkdir()
    copy = Path(shutil.copy(journal, elsewhere))
    with posa.Client(**posa_sandbox.settings, journal=copy, rate_limit=None) as client:
        assert [row.request_id for row in client.transactions()] == sold
    assert list(another_process(posa_sandbox, copy)) == sold


@needs_fork
def test_the_whole_folder_after_a_kill_is_whole(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    run(
        posa_sandbox,
        """
        client = Client(**settings())
        sell(client, *CARDS[:6])
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        ends=-signal.SIGKILL,
        journal=str(folder / "posa.db"),
    )
    moved = Path(shutil.copytree(folder, tmp_path / "moved"))
    assert close_the_books(posa_sandbox, moved / "posa.db") == 6


def beside(journal: Path) -> list[str]:
    """What SQLite left beside a file."""
    return [path.name for path in journal.parent.glob(f"{journal.name}-*") if path.is_file()]
