"""What happens to clients when the process forks or ends."""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Callable

from . import _native

_EXIT_SECONDS = 10.0

_clients: weakref.WeakSet[_native.Core] = weakref.WeakSet()
_in_child: list[Callable[[], None]] = []
_at_end: list[Callable[[], None]] = []


def watch(core: _native.Core) -> None:
    """Has a client closed when the interpreter ends."""
    _clients.add(core)


def in_child(reset: Callable[[], None]) -> None:
    """Has something reset in a forked child."""
    _in_child.append(reset)


def at_end(flush: Callable[[], None]) -> None:
    """Has something done once the clients are closed."""
    _at_end.append(flush)


def _forked() -> None:
    for reset in _in_child:
        reset()


@atexit.register
def _ending() -> None:
    """Lets sales under way reach the journal, for ten seconds at the most; recovery settles what takes longer."""
    for core in list(_clients):
        core.retire()
    _native.finish(_EXIT_SECONDS)
    for flush in _at_end:
        flush()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
