"""What shops do to a journal's file."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

# Each with the file and a free name beside it for whatever it makes; whether it made a copy.
Act = Callable[[Path, Path], bool]


def read(journal: Path, _: Path) -> bool:
    with contextlib.closing(sqlite3.connect(journal, timeout=10)) as other:
        other.execute("SELECT count(*) FROM sqlite_master").fetchall()
    return False


def read_only(journal: Path, _: Path) -> bool:
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=10)) as other:
        other.execute("SELECT count(*) FROM sqlite_master").fetchall()
    return False


def back_up(journal: Path, copy: Path) -> bool:
    with (
        contextlib.closing(sqlite3.connect(journal, timeout=10)) as other,
        contextlib.closing(sqlite3.connect(copy)) as to,
    ):
        other.backup(to)
    return True


def check(journal: Path, _: Path) -> bool:
    with contextlib.closing(sqlite3.connect(journal, timeout=10)) as other:
        assert other.execute("PRAGMA quick_check").fetchone() == ("ok",)
    return False


def checkpoint(journal: Path, _: Path) -> bool:
    with contextlib.closing(sqlite3.connect(journal, timeout=10)) as other:
        other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return False


def copy_file(journal: Path, copy: Path) -> bool:
    shutil.copy(journal, copy)
    return True


def open_and_close(journal: Path, _: Path) -> bool:
    """As a program that looks whether it may read, which gives back every lock of its process."""
    journal.read_bytes()
    return False


ACTS: list[Act] = [read, read_only, back_up, check, checkpoint, copy_file, open_and_close]
