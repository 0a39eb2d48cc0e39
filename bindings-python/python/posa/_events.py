"""The core's events in Python's ``logging``, under the logger ``posa``.

The core leaves events in a queue; one thread takes them out and logs them. So no thread of the core ever waits for a
handler, and a record comes a moment after what it tells of.
"""

from __future__ import annotations

import logging
import threading

from . import _native, _process

logger = logging.getLogger("posa")

_thread: threading.Thread | None = None
_lock = threading.Lock()
_level = logging.WARNING


def follow() -> None:
    """Makes the core keep what the logger wants, and sees to it that somebody logs it."""
    global _level
    level = logger.getEffectiveLevel()
    if level != _level:
        _native.set_log_level(min(max(level, 0), 255))
        _level = level
    if _thread is None:
        _start()


def _start() -> None:
    global _thread
    with _lock:
        if _thread is None:
            _thread = threading.Thread(target=_drain, name="posa-events", daemon=True)
            _thread.start()


def _drain() -> None:
    while (taken := _native.next_events()) is not None:
        events, lost = taken
        if lost:
            logger.warning("%d events were lost: the log's handlers are too slow", lost)
        for level, name, operation, request_id, card, attempt, text in events:
            logger.log(
                level,
                "%s %s [request id %s, card %s, attempt %d]",
                operation,
                text,
                request_id,
                card,
                attempt,
                extra={
                    "posa_event": name,
                    "posa_operation": operation,
                    "posa_request_id": request_id,
                    "posa_card": card,
                    "posa_attempt": attempt,
                    "posa_text": text,
                },
            )


def _forked() -> None:
    """A child has neither its parent's threads nor its events."""
    global _thread, _lock, _level
    _thread, _lock, _level = None, threading.Lock(), logging.WARNING


def _flush() -> None:
    if _thread is not None:
        _native.stop_events()
        _thread.join(2)


_process.in_child(_forked)
_process.at_end(_flush)
