"""Tills that sell on one journal's file while it is treated as shops treat files; then the books are compared.

usage: python tests/torture, with an interpreter that has posa installed. ROUNDS and SEED choose what is played; a
failure prints its round, and SEED=s FROM=round ROUNDS=1 plays that round's decisions again.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from gateway import Gateway
from rounds import Difference, play


def main() -> int:
    rounds, seed, first = (
        int(os.environ.get(name) or given) for name, given in (("ROUNDS", "100"), ("SEED", "1"), ("FROM", "0"))
    )
    began, active, told = time.monotonic(), 0, 0
    with Gateway() as gateway:
        for number in range(first, first + rounds):
            # No finalizer: a till's child that ends by the front door would remove it.
            place = Path(tempfile.mkdtemp(prefix="posa-torture-"))
            try:
                sold, calls = play(gateway, place, seed, number)
            except Difference as difference:
                print(difference)
                print(f"found by: SEED={seed} FROM={number} ROUNDS=1 tests/torture/run.sh; the files are in {place}")
                return 1
            shutil.rmtree(place)
            active, told = active + sold, told + calls
    took = time.monotonic() - began
    print(f"{rounds} rounds, {told} calls, {active} cards left active, no difference ({took:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
