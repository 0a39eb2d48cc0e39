"""Fixtures for pytest, there as soon as posa is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from posa import Client

from ._sandbox import Sandbox


@pytest.fixture
def posa_sandbox() -> Iterator[Sandbox]:
    """A fresh sandbox without a throttle."""
    with Sandbox(throttle=None) as sandbox:
        yield sandbox


@pytest.fixture
def posa_client(posa_sandbox: Sandbox) -> Iterator[Client]:
    """A client of ``posa_sandbox`` with a journal in memory and no rate limit; it repeats quickly."""
    with Client(**posa_sandbox.settings, journal="memory", rate_limit=None, retry_base=0.001) as client:
        yield client
