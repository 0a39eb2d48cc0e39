"""The programs on the pages and the examples run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY

HERE = REPOSITORY / "bindings-python"
PAGES = [HERE / "README.md", REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
PROGRAMS = [
    pytest.param(program, id=f"{page.relative_to(REPOSITORY)}:{at}")
    for page in PAGES
    for at, program in enumerate(re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S))
]


def run(*command: str, directory: Path) -> str:
    ended = subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def test_the_programs_are_found() -> None:
    assert len(PROGRAMS) >= 13


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_pages(program: str, tmp_path: Path) -> None:
    file = tmp_path / "test_program.py"
    file.write_text(program)
    if "def test_" in program:
        assert "1 passed" in run("-m", "pytest", "-q", str(file), *plugin(), directory=tmp_path)
    else:
        run(str(file), directory=tmp_path)


def test_events_become_spans(tmp_path: Path) -> None:
    out = run(str(HERE / "examples" / "opentelemetry_events.py"), directory=tmp_path)
    assert '"name": "ActivateGiftCard"' in out
    assert out.count('"name": "sending"') == 2
    assert '"posa.outcome": "done"' in out


def plugin() -> list[str]:
    """Where posa is installed its fixtures are there; beside its sources they are named."""
    from importlib.metadata import entry_points

    there = any(entry.value == "posa.testing.plugin" for entry in entry_points(group="pytest11"))
    return [] if there else ["-p", "posa.testing.plugin"]
