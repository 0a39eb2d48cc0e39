"""A till: it sells and returns, treats its journal's file badly, and forks."""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import posa
from acts import ACTS
from told import Told

# Whatever hangs longer than any call may take.
LONGEST = 25


class Till:
    """One program. Its name begins the ids of its sales, and so no two tills ever choose the same."""

    def __init__(self, name: str, day: Day, rng: Random, alive: int) -> None:
        self.name, self.day, self.rng = name, day, rng
        self.alive = alive
        """Held by each process that works for this till, and by none that idles."""
        self.client = day.client(rng)
        self.numbers = itertools.count(1)
        self.sold: list[tuple[str, str]] = []

    def run(self) -> None:
        """A day's work. Ends the process."""
        try:
            for _ in range(self.rng.randint(5, 12)):
                self.step()
            if self.rng.random() < 0.5:
                self.client.close()
            self.note("ends")
        except BaseException as error:
            self.note("failed", error=repr(error))
            os._exit(1)
        os._exit(0)

    def note(self, what: str, **more: Any) -> None:
        self.day.told.note(self.name, what, **more)

    def step(self) -> None:
        steps = [(self.sell, 10), (self.give_back, 3), (self.again, 2), (self.recover, 1), (self.treat, 4)]
        steps += [(self.back_up, 1), (self.reopen, 1), (self.fork_one_that_idles, 1), (self.fork_one_that_sells, 2)]
        steps += [(self.fork_among_threads, 1), (self.become_a_daemon, 1)]
        (step,) = self.rng.choices([step for step, _ in steps], [weight for _, weight in steps])
        step()

    def call(self, what: str, request_id: str, call: Any) -> bool:
        """Asks for something and writes down what was told."""
        self.note(what, id=request_id)
        began = time.monotonic()
        try:
            call()
        except posa.PosaError as error:
            self.note(f"{what}: told", id=request_id, kind=error.kind, delivery=error.delivery, text=error.message)
            done = False
        else:
            self.note(f"{what}: told", id=request_id, kind="done")
            done = True
        if time.monotonic() - began > self.day.deadline + 5:
            self.note("failed", error=f"{what} took {time.monotonic() - began:.1f} s, far beyond its deadline")
        return done

    def sell(self) -> None:
        request_id = f"Awssb{self.day.number}T{self.name}N{next(self.numbers)}"
        # Some cards are at the counter of several tills.
        card = self.rng.choice(self.day.cards)
        if self.call("sell", request_id, lambda: self.activate(card, request_id)):
            self.sold.append((card, request_id))

    def activate(self, card: str, request_id: str) -> None:
        own: dict[str, Any] = {"deadline": self.day.deadline} if self.rng.random() < 0.3 else {}
        self.client.activate(card, "25.00", "USD", request_id=request_id, **own)

    def again(self) -> None:
        if self.sold:
            card, request_id = self.rng.choice(self.sold)
            self.call("again", request_id, lambda: self.activate(card, request_id))

    def give_back(self) -> None:
        if self.sold:
            card, request_id = self.sold.pop(self.rng.randrange(len(self.sold)))
            self.call("return", request_id, lambda: self.client.deactivate(card, request_id))

    def recover(self) -> None:
        self.call("recover", "", self.client.recover)

    def treat(self) -> None:
        """Another SQLite of this very process, or a copy."""
        self.day.treat(self.name, self.rng)

    def back_up(self) -> None:
        copy = self.day.free_name(self.rng)
        began = time.monotonic_ns()
        if self.sold and self.call("backup", "", lambda: self.client.backup(copy)):
            self.note("copied", path=str(copy), by="backup", since=began)

    def reopen(self) -> None:
        self.client.close()
        self.client = self.day.client(self.rng)

    def fork(self, name: str) -> int:
        seed = self.rng.random()
        child = os.fork()
        if child == 0:
            signal.alarm(LONGEST)
            self.name, self.rng, self.numbers = name, Random(seed), itertools.count(1)
        return child

    def fork_one_that_idles(self) -> None:
        if self.fork(f"{self.name}i{next(self.numbers)}") == 0:
            os.close(self.alive)
            self.note("idles")
            while True:
                signal.pause()

    def fork_one_that_sells(self) -> None:
        child = self.fork(f"{self.name}c{next(self.numbers)}")
        if child == 0:
            try:
                self.sell()
                if self.rng.random() < 0.5:
                    self.give_back()
            except BaseException as error:
                self.note("failed", error=repr(error))
            if self.rng.random() < 0.3:
                # As at the end of a program, which closes its clients.
                atexit._run_exitfuncs()
            os._exit(0)
        if self.rng.random() < 0.5:
            os.waitpid(child, 0)

    def fork_among_threads(self) -> None:
        selling = [threading.Thread(target=self.sell) for _ in range(3)]
        for thread in selling:
            thread.start()
        self.fork_one_that_sells()
        for thread in selling:
            thread.join()

    def become_a_daemon(self) -> None:
        """The child goes on as this till, with the client it was born with or another."""
        if self.rng.random() < 0.3:
            self.reopen()
        if self.fork(f"{self.name}d{next(self.numbers)}") != 0:
            os._exit(0)
        self.note("is a daemon")


class Day:
    """What all tills of a round share."""

    def __init__(self, number: int, place: Path, given: dict[str, Any], cards: list[str]) -> None:
        self.number, self.place, self.cards = number, place, cards
        self.journal, self.told = place / "posa.db", Told(place / "told")
        self.deadline = 10.0
        logging.getLogger("posa").setLevel(logging.CRITICAL)
        self._given = {**given, "credentials": posa.Credentials(*given["credentials"])}

    def client(self, rng: Random | None = None, journal: Path | None = None) -> posa.Client:
        rate = None if rng is None else rng.choice([None, 500])
        pace: dict[str, Any] = {
            "retry_base": 0.001,
            "retry_cap": 0.01,
            "attempt_timeout": 3.0,
            "deadline": self.deadline,
        }
        return posa.Client(**self._given, **pace, rate_limit=rate, journal=journal or self.journal)

    def free_name(self, rng: Random) -> Path:
        return self.place / f"copy-{os.getpid()}-{rng.randrange(1 << 40)}.db"

    def treat(self, who: str, rng: Random) -> None:
        if not self.journal.exists():
            return
        act, copy, began = rng.choice(ACTS), self.free_name(rng), time.monotonic_ns()
        self.told.note(who, act.__name__)
        try:
            if act(self.journal, copy):
                self.told.note(who, "copied", path=str(copy), by=act.__name__, since=began)
        except sqlite3.OperationalError as error:
            # Another SQLite may be kept out; what matters is that it never keeps a till out.
            self.told.note(who, f"{act.__name__}: kept out", error=str(error))
