"""Amounts as people type them, by the repository's vectors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import posa
import pytest
from conftest import vectors


def test_what_is_typed_is_read_by_the_rules_of_the_place() -> None:
    for row in vectors("typed_amounts")["valid"]:
        amount = posa.typed_amount(row["text"], row["currency"], decimal_separator=row["separator"])
        assert amount == Decimal(row["decimal"]), row


def test_nothing_is_guessed() -> None:
    for row in vectors("typed_amounts")["invalid"]:
        with pytest.raises(posa.InvalidInput) as refused:
            posa.typed_amount(row["text"], row["currency"], decimal_separator=row["separator"])
        assert refused.value.field == row["field"], row
        assert row["says"] in refused.value.message, row


@pytest.mark.parametrize("value", [25, 25.0, None, b"25", Decimal(25)])
def test_only_text_is_typed(value: Any) -> None:
    with pytest.raises(TypeError, match="text"):
        posa.typed_amount(value, "EUR", decimal_separator=",")
