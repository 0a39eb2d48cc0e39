"""Each event loop's mailbox, through which the core's outcomes reach it."""

from __future__ import annotations

import asyncio
import weakref

from . import _native, _process

_mailboxes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _native.Mailbox] = weakref.WeakKeyDictionary()


def mailbox_of(loop: asyncio.AbstractEventLoop) -> _native.Mailbox:
    """The mailbox of a running loop; made at its first call."""
    mailbox = _mailboxes.get(loop)
    return _open(loop) if mailbox is None else mailbox


def _open(loop: asyncio.AbstractEventLoop) -> _native.Mailbox:
    try:
        mailbox = _native.Mailbox()
        loop.add_reader(mailbox.fileno(), mailbox.drain)
    except NotImplementedError:
        mailbox = _without_readers(loop)
    _mailboxes[loop] = mailbox
    return mailbox


def _without_readers(loop: asyncio.AbstractEventLoop) -> _native.Mailbox:
    """For loops that watch no file descriptors, such as Windows's own."""
    known = weakref.ref(loop)

    def ring() -> None:
        running = known()
        if running is not None:
            running.call_soon_threadsafe(mailbox.drain)

    mailbox = _native.Mailbox(ring)
    return mailbox


_process.in_child(_mailboxes.clear)
