"""The gateway, in a process of its own: the driver forks, and has no thread and no open journal when it does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

CARDS = 160


class Gateway:
    """Asks the sandbox in the other process, one question at a time."""

    def __enter__(self) -> Gateway:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.settings = self.ask("settings")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(timeout=20)

    def ask(self, question: str, **values: Any) -> Any:
        """What the sandbox answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([question, values]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def answer() -> None:
    """The other end."""
    from posa.testing import Sandbox

    with Sandbox(throttle=None) as sandbox:
        for line in sys.stdin:
            question, values = json.loads(line)
            print(json.dumps(QUESTIONS[question](sandbox, **values)), flush=True)


def settings(sandbox: Any) -> dict[str, Any]:
    key = sandbox.settings["credentials"]
    return {**sandbox.settings, "credentials": [key.access_key_id, key.secret_access_key]}


def reset(sandbox: Any) -> list[str]:
    """A new day; the cards that may be sold."""
    sandbox.reset()
    sandbox.set_funds("USD", "100000.00")
    return [sandbox.add_card(f"51{number:014}").digits for number in range(CARDS)]


def books(sandbox: Any) -> dict[str, Any]:
    """What it charged and gave back, and the sales that it has."""
    return {
        "sales": {sale.request_id: sale.status for sale in sandbox.transactions()},
        "movements": [[movement.kind, movement.request_id] for movement in sandbox.movements()],
    }


QUESTIONS: dict[str, Callable[..., Any]] = {
    "settings": settings,
    "reset": reset,
    "books": books,
    "inject": lambda sandbox, **fault: sandbox.inject(**fault),
    "clear": lambda sandbox: sandbox.clear_faults(),
}

if __name__ == "__main__":
    answer()
