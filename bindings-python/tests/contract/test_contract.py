"""Plays the repository's contract scenarios: both clients against the sandbox, over real HTTP on loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import posa
import pytest
from conftest import REPOSITORY

from .stage import Stage

FILES = sorted((REPOSITORY / "tests" / "contract").glob("*.json"))
SCENARIOS = [scenario for file in FILES for scenario in json.loads(file.read_text())["scenarios"]]


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) >= 86
    assert len({scenario["name"] for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_client(scenario: dict[str, Any], tmp_path: Path) -> None:
    stage = Stage(scenario, posa.Client, tmp_path)
    for at, step in enumerate(scenario["steps"], 1):
        place = f"step {at}"
        match step["do"]:
            case "activate" | "deactivate" | "status":
                positional, named = stage.arguments(step)
                verb = getattr(stage.clients[step.get("client", "till")], step["do"])
                ended: Any
                try:
                    ended = verb(*positional, **named)
                except posa.PosaError as error:
                    ended = error
                stage.settle(step, place, ended)
            case "connect":
                connect(stage, step, place)
            case _:
                stage.control(step)
    stage.check(scenario["after"], {name: list(client.transactions()) for name, client in stage.clients.items()})
    for client in stage.clients.values():
        client.close()
    stage.sandbox.stop()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_async_client(scenario: dict[str, Any], tmp_path: Path) -> None:
    asyncio.run(play(scenario, tmp_path))


async def play(scenario: dict[str, Any], directory: Path) -> None:
    stage = Stage(scenario, posa.AsyncClient, directory)
    for at, step in enumerate(scenario["steps"], 1):
        place = f"step {at}"
        match step["do"]:
            case "activate" | "deactivate" | "status":
                positional, named = stage.arguments(step)
                verb = getattr(stage.clients[step.get("client", "till")], step["do"])
                ended: Any
                try:
                    ended = await verb(*positional, **named)
                except posa.PosaError as error:
                    ended = error
                stage.settle(step, place, ended)
            case "connect":
                connect(stage, step, place)
            case _:
                stage.control(step)
    journals = {}
    for name, client in stage.clients.items():
        journals[name] = [row async for row in client.transactions()]
    stage.check(scenario["after"], journals)
    for client in stage.clients.values():
        await client.close()
    stage.sandbox.stop()


def connect(stage: Stage, step: dict[str, Any], place: str) -> None:
    """Sets a client up and drops it."""
    members = {name: value for name, value in step.items() if name not in ("do", "expect")}
    ended: Any = None
    try:
        stage.connect(members)
    except posa.PosaError as error:
        ended = error
    stage.settle(step, place, ended)
