"""One round: tills are started, disturbed and killed; then everyone recovers and the books are compared."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import posa
from books import differences
from gateway import Gateway
from till import LONGEST, Day, Till
from told import trace

FAULTS: list[dict[str, Any]] = [
    {"fault": "drop_after_commit"},
    {"fault": "drop_before_commit"},
    {"fault": "truncate"},
    {"fault": "resend"},
    {"fault": "http_500"},
    {"fault": "delay", "delay_ms": 15},
]


class Difference(Exception):
    """What was found, and everything that led to it."""


def play(gateway: Gateway, place: Path, seed: int, number: int) -> tuple[int, int]:
    """How many cards were left active, and how many calls were made."""
    rng = Random(f"{seed}/{number}")
    cards = gateway.ask("reset")
    day = Day(number, place, gateway.settings, rng.sample(cards, 40))
    for fault in rng.sample(FAULTS, rng.randint(0, 3)):
        gateway.ask("inject", **fault, times=rng.randint(1, 6))
    try:
        Crowd(day, rng).work()
        gateway.ask("clear")
        rows = after(day, "recovers", recovered)
        lines = list(day.told.lines())
        copies = {line["path"]: after(day, "looks", contents, Path(line["path"])) for line in lines if is_copy(line)}
        left = sorted(path.name for path in place.glob("posa.db-*") if path.is_file())
        found = differences(list(day.told.lines()), gateway.ask("books"), rows, copies, left)
    except Exception as error:
        found = [repr(error)]
    if found:
        what = "\n".join(f"  {line}" for line in found)
        raise Difference(f"round {number} of seed {seed}:\n{trace(list(day.told.lines()))}\n{what}")
    day.told.close()
    calls = sum(line["what"].endswith("told") for line in lines)
    return sum(row["state"] == "activated" for row in rows["sales"].values()), calls


def is_copy(line: dict[str, Any]) -> bool:
    return bool(line["what"] == "copied")


class Crowd:
    """The processes of a round, in a group of their own."""

    def __init__(self, day: Day, rng: Random) -> None:
        self.day, self.rng = day, rng
        self.group = 0
        self.tills: dict[int, int] = {}
        """The pipes that end with a till's last process that works, and each till's first process."""
        self.stopped: list[int] = []

    def work(self) -> None:
        try:
            for number in range(1, self.rng.randint(2, 4) + 1):
                self.start(str(number))
            until = time.monotonic() + LONGEST + 5
            while self.tills:
                if time.monotonic() > until:
                    raise TimeoutError("a till hangs")
                ended, _, _ = select.select(list(self.tills), [], [], self.rng.uniform(0, 0.02))
                for pipe in ended:
                    os.close(pipe)
                    del self.tills[pipe]
                self.let_go()
                if self.tills:
                    self.disturb()
        finally:
            self.end()

    def start(self, name: str) -> None:
        seed = self.rng.random()
        reading, alive = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            with contextlib.suppress(BaseException):
                signal.alarm(LONGEST)
                os.setpgid(0, self.group)
                Till(name, self.day, Random(seed), alive).run()
            os._exit(1)
        os.close(alive)
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setpgid(child, self.group)
        # The first one leads the group; it stays to be waited for, so that its number is nobody else's.
        self.group = self.group or child
        self.tills[reading] = child

    def disturb(self) -> None:
        acts: list[tuple[Callable[[], None], float]] = [
            (lambda: None, 10),
            (self.kill, 0.4),
            (self.stop, 0.6),
            (lambda: beside(self.day, "beside", lambda: self.day.treat("beside", self.rng)), 0.6),
            (lambda: beside(self.day, "looks", lambda: looked(self.day)), 0.6),
        ]
        (act,) = self.rng.choices([act for act, _ in acts], [weight for _, weight in acts])
        act()

    def one(self) -> int:
        """A process that works for a till now, and not only its first one."""
        working: set[int] = {line["pid"] for line in self.day.told.lines() if line["what"] != "idles"}
        for pid in self.rng.sample(sorted(working), len(working)):
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(pid) == self.group:
                    return pid
        return 0

    def kill(self) -> None:
        if pid := self.one():
            self.day.told.note("driver", "kills", pid=pid)
            send(pid, signal.SIGKILL)

    def stop(self) -> None:
        if pid := self.one():
            self.day.told.note("driver", "stops", pid=pid)
            send(pid, signal.SIGSTOP)
            self.stopped.append(pid)

    def let_go(self) -> None:
        while self.stopped:
            send(self.stopped.pop(), signal.SIGCONT)

    def end(self) -> None:
        """Nobody is left, not even those that idle."""
        self.let_go()
        for pipe in self.tills:
            os.close(pipe)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-self.group, 0)


def send(pid: int, kind: signal.Signals) -> None:
    """Who has just ended hears nothing."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, kind)


def looked(day: Day) -> None:
    if day.journal.exists():
        with day.client() as client:
            list(client.transactions())


def recovered(day: Day) -> Any:
    """As the next start does it. What would be tried again later, such as a reversal, is asked for now."""
    waiting = []
    with day.client() as client:
        for request_id, _ in client.recover().open:
            try:
                client.resolve(request_id)
            except posa.PosaError as error:
                waiting.append([request_id, str(error)])
        rows = {row.request_id: {"state": row.state, "note": row.note} for row in client.transactions()}
    return {"open": waiting, "sales": rows}


def contents(day: Day, copy: Path) -> Any:
    """The sales of a copy; nothing if it is refused."""
    try:
        with day.client(journal=copy) as client:
            return [row.request_id for row in client.transactions()]
    except posa.JournalError:
        return None


def beside(day: Day, who: str, act: Callable[[], Any]) -> None:
    """In a process of its own, which is waited for."""
    after(day, who, lambda _: act())


def after(day: Day, who: str, act: Callable[..., Any], *given: Any) -> Any:
    """What comes of it in a process of its own; this one opens nothing, for it forks."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(LONGEST)
            told = act(day, *given)
        except BaseException as error:
            day.told.note(who, "failed", error=repr(error))
            os._exit(1)
        with os.fdopen(writing, "w") as out:
            json.dump(told, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as out:
        told = out.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError(f"{who} ended with {os.waitstatus_to_exitcode(status)}")
    return json.loads(told)
