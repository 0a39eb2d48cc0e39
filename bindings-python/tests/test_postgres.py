"""The journal in a PostgreSQL database, on a server that is thrown away afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path

import posa
import pytest
from posa.testing import Sandbox


def programs() -> Path | None:
    """The folder of the server's own programs: that of the PATH, or Debian's newest."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    return debian[-1].parent if debian else None


@pytest.fixture(scope="module")
def database() -> Generator[str, None, None]:
    """The URL of an empty database."""
    folder = programs()
    if folder is None:
        assert os.environ.get("CI") != "true", "PostgreSQL is not installed; tests/postgres/ensure.sh installs it"
        pytest.skip("!!! NOT TESTED: the PostgreSQL journal: PostgreSQL is not installed")
    # The server refuses root.
    user = "postgres" if os.geteuid() == 0 else None
    place = Path(tempfile.mkdtemp(prefix="posa-postgres-"))
    if user is not None:
        shutil.chown(place, user)
    data = place / "data"

    def run(program: str, *arguments: str) -> None:
        command = [str(folder / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        run("initdb", "--username=posa", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={place}"
        run("pg_ctl", "start", "-w", "-o", options, "-l", str(place / "log"))
        yield f"postgres://posa@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run("pg_ctl", "stop", "-w", "-m", "immediate")
        shutil.rmtree(place, ignore_errors=True)


def test_two_tills_share_one_journal(posa_sandbox: Sandbox, card: str, database: str) -> None:
    with (
        posa.Client(**posa_sandbox.settings, journal=database) as one,
        posa.Client(**posa_sandbox.settings, journal=database) as other,
    ):
        posa_sandbox.inject("drop_after_commit", times=8)
        with pytest.raises(posa.OutcomeUnknown) as unknown:
            one.activate(card, "25.00", "USD")
        assert other.resolve(unknown.value).state == "activated"
        replay = one.activate(card, "25.00", "USD", request_id=unknown.value.request_id)
        assert replay.attempts == 0
    assert len(posa_sandbox.movements()) == 1


def test_a_database_that_is_not_there_is_named_without_the_password(posa_sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"postgres://till:hunter2@127.0.0.1:{port}/shop"
    with (
        posa.Client(**posa_sandbox.settings, journal=url) as client,
        pytest.raises(posa.JournalError, match="cannot be reached") as failed,
    ):
        client.recover()
    assert "hunter2" not in str(failed.value)
