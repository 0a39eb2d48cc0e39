"""What the tests share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import posa
import pytest
from posa.testing import Sandbox

REPOSITORY = Path(os.environ.get("POSA_REPOSITORY", Path(__file__).resolve().parents[2]))


if "POSA_INSTALLED" in os.environ:
    # What is tested is the wheel, as users have it.
    assert "site-packages" in posa.__file__, posa.__file__


def vectors(name: str) -> Any:
    """A file of the repository's test vectors."""
    return json.loads((REPOSITORY / "tests" / "vectors" / f"{name}.json").read_text())


@pytest.fixture
def card(posa_sandbox: Sandbox) -> str:
    """All 19 digits of a card of variable amount, in US dollars."""
    return posa_sandbox.cards(currency="USD")[0].digits
