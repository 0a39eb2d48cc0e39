"""The command ``posa``: the same one that Rust users have."""

from __future__ import annotations

import signal
import sys

from . import _native


def main() -> int:
    """Runs the command with this process's arguments and returns its exit code."""
    # Ctrl-C is the command's own affair: Python's handler would only be heard once it has ended.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.main(["posa", *sys.argv[1:]], [sys.executable, "-m", "posa"])
