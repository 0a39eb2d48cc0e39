"""What error trackers and debug pages collect when posa raises: no variable of posa's, so no card and no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import posa
import pytest

PACKAGE = os.path.join(os.path.dirname(posa.__file__), "")


@pytest.fixture(scope="module")
def raised() -> dict[str, Any]:
    """Every case of the program beside this file, with what Sentry was told of it by its default settings."""
    program = Path(__file__).with_name("raising.py")
    ended = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, timeout=120, check=False, cwd=program.parent
    )
    assert ended.returncode == 0, ended.stderr
    cases: dict[str, Any] = json.loads(ended.stdout)
    return cases


def frames_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        frame for value in event["exception"]["values"] for frame in (value.get("stacktrace") or {}).get("frames", [])
    ]


def test_sentry_collects_variables(raised: dict[str, Any]) -> None:
    assert len(raised["cases"]) > 80
    callers = [
        frame for case in raised["cases"] for frame in frames_of(case["event"]) if "raising" in frame["abs_path"]
    ]
    assert any(hidden in json.dumps(frame.get("vars")) for frame in callers for hidden in raised["hidden"])


def test_no_frame_of_posa_holds_a_card_or_a_secret(raised: dict[str, Any]) -> None:
    for case in raised["cases"]:
        for frame in frames_of(case["event"]):
            if frame["abs_path"].startswith(PACKAGE):
                held = json.dumps(frame)
                assert not [hidden for hidden in raised["hidden"] if hidden in held], (case["error"], frame)


def test_nor_does_any_frame_but_the_caller_s(raised: dict[str, Any]) -> None:
    for case in raised["cases"]:
        for file, held in case["frames"]:
            assert not [hidden for hidden in raised["hidden"] if hidden in held], (case["error"], file)


def test_the_caller_s_own_frames_stay(raised: dict[str, Any]) -> None:
    for case in raised["cases"]:
        assert case["own"], case["error"]
    of_a_source = [case for case in raised["cases"] if "no more" in case["error"]]
    assert of_a_source
    for case in of_a_source:
        assert "fails" in [frame["function"] for frame in frames_of(case["event"])]


def test_no_text_of_an_error_holds_a_card_or_a_secret(raised: dict[str, Any]) -> None:
    for case in raised["cases"]:
        texts = json.dumps([case["error"], [value["value"] for value in case["event"]["exception"]["values"]]])
        assert not [hidden for hidden in raised["hidden"] if hidden in texts], case["error"]
