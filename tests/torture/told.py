"""What was asked and told, a line each, written at once: it outlives whoever is killed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Told:
    """Where processes write; a line is one write, so that they never mix."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, who: str, what: str, **more: Any) -> None:
        """The clock is the machine's, so that lines of all processes have one order."""
        line = {"at": time.monotonic_ns(), "who": who, "pid": os.getpid(), "what": what, **more}
        os.write(self._file, (json.dumps(line) + "\n").encode())

    def lines(self) -> Iterator[dict[str, Any]]:
        yield from map(json.loads, self._path.read_text().splitlines())

    def close(self) -> None:
        os.close(self._file)


def trace(lines: list[dict[str, Any]]) -> str:
    """The lines as one reads them."""
    first = min((line["at"] for line in lines), default=0)
    shown = []
    for line in sorted(lines, key=lambda line: line["at"]):
        more = {name: value for name, value in line.items() if name not in ("at", "who", "pid", "what")}
        shown.append(f"{(line['at'] - first) / 1e6:10.1f} ms  {line['who']:<8} {line['pid']:>7}  {line['what']} {more}")
    return "\n".join(shown)
