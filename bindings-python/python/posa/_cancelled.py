"""What whoever cancels a sale's task hears, and asyncio's blocks that have to take it for a cancellation."""

from __future__ import annotations

import asyncio
import sys
from types import TracebackType
from typing import Any

from ._errors import STOPS, Stopped


class Cancelled(Stopped, asyncio.CancelledError):
    """The task was cancelled while it waited for a sale, and the sale goes on: an :class:`OutcomeUnknown` with its
    ``request_id``, and the ``asyncio.CancelledError`` that it was before, with its ``args``.

    What comes of the sale is in the journal. Once it is there, and nobody asked again, it is among the ``untold()``.
    Whoever waits for the task hears asyncio's own CancelledError in some cases (``gather``, Python 3.10), and a timeout
    raises a TimeoutError: this one led to it, by ``__cause__`` or ``__context__``.

    ``except posa.PosaError`` and ``except Exception`` catch it too. Raise it again, so that the task ends.
    """


STOPS[asyncio.CancelledError] = Cancelled


def _teach(block: Any) -> None:
    """Until Python 3.13, the end of a block took an exception for a cancellation only if its class was exactly
    CancelledError; from then on, subclasses too. Here it takes this one subclass."""
    ended = block.__aexit__

    def __aexit__(
        self: Any, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        return ended(self, asyncio.CancelledError if kind is Cancelled else kind, error, trace)

    block.__aexit__ = __aexit__


if (3, 11) <= sys.version_info < (3, 13):
    for _name in ("Timeout", "TaskGroup"):
        _teach(getattr(asyncio, _name))
