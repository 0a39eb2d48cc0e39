"""A program that has posa raise in every way, and prints what an error tracker is told of each."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any
from unittest.mock import patch

import posa
import sentry_sdk
from posa.testing import Sandbox
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

SECRET = "hunter2hunter2"
KEY = posa.Credentials("AKIDEXAMPLE", SECRET)
JOURNAL = f"postgres://till:{SECRET}@127.0.0.1:1/posa"

# Not among the variables of a frame that trackers collect, or they would collect what they collected.
told: list[dict[str, Any]] = []
cases: list[dict[str, Any]] = []


class Kept(Transport):
    def capture_envelope(self, envelope: Envelope) -> None:
        event = envelope.get_event()
        if event is not None:
            told.append(dict(event))


def run(call: Any, *values: Any, **more: Any) -> Any:
    return asyncio.run(call(*values, **more))


def constructors() -> Iterator[Callable[[], Any]]:
    good: dict[str, Any] = {"journal": JOURNAL, "credentials": KEY, "marketplace": "US"}
    mistakes: list[dict[str, Any]] = [
        {"marketplace": "Mars"},
        {"deadline": -1},
        {"deadline": 1e9},
        {"timeout": 3},
        {"extra_ca": "/nowhere"},
        {"credentials": object()},
        {"signer": SECRET},
        {"proxy": f"http://till:{SECRET}@:x"},
        {"journal": f"mysql://till:{SECRET}@db"},
    ]
    for wrong in mistakes:
        yield partial(posa.Client, "Awssb", **{**good, **wrong})
        yield partial(run, posa.AsyncClient.open, "Awssb", **{**good, **wrong})
    rules: dict[str, Any] = {"partner_id": "Awssb", "credentials": KEY, "id_tag": "S042", "region": "mars-1"}
    yield lambda: posa.SigningRules(**rules)
    yield lambda: posa.SigningRules(**{**rules, "limits": {"USD": 1.0}})


def verbs(client: Any, card: str) -> Iterator[Callable[[], Any]]:
    source: Any = card
    for amount in ("0", 25.0, "25.00"):
        yield partial(client.activate, card, amount, "USD")
        yield partial(client.adopt, "AwssbNobody", card, amount, "USD")
    yield lambda: client.activate(card, "25.00", "USD", source=source)
    yield lambda: client.activate(card, "25.00", "USD", request_id=card)
    for verb in (client.deactivate, client.status):
        yield partial(verb, card)
        yield partial(verb, card, "Nobody1")
        yield partial(verb, card, "AwssbNobody")
    yield lambda: client.resolve(card)
    yield lambda: client.void("AwssbNobody")
    yield lambda: client.acknowledge(card)


def fails(sale: posa.Sale) -> Iterator[posa.Sale]:
    yield sale
    raise LookupError("no more")


def batches(client: posa.Client, card: str) -> Iterator[Callable[[], Any]]:
    sale, wrong = posa.Sale(card, "25.00", "USD"), posa.Sale(card, 25.0, "USD")  # type: ignore[arg-type]
    yield lambda: list(client.activate_many("orders", [wrong]))
    yield lambda: list(client.activate_many("orders", [card]))  # type: ignore[list-item]
    yield lambda: list(client.activate_many("orders", fails(sale)))
    yield lambda: client.activate_many("orders", [sale], concurrency=0)


def others(client: posa.Client, sandbox: Sandbox, card: str) -> Iterator[Callable[[], Any]]:
    rules = posa.SigningRules("Awssb", KEY, id_tag="S042", endpoint=sandbox.url, region="us-east-1")
    yield lambda: posa.sign_request(json.dumps({"body": card}), rules)
    yield lambda: posa.typed_amount(card, "USD", decimal_separator=".")
    yield lambda: client.reconcile(None, None, [posa.RegisterSale(card, "25.00", "USD")])  # type: ignore[arg-type]
    yield lambda: sandbox.card("1" * 16)
    yield lambda: sandbox.add_card(card[:16])
    yield lambda: sandbox.set_condition(card, "lost")  # type: ignore[arg-type]


def left(client: posa.Client, sandbox: Sandbox, card: str) -> Iterator[Callable[[], Any]]:
    """Whoever waits goes away."""

    def interrupt(_: Any) -> Any:
        raise KeyboardInterrupt

    def interrupted() -> None:
        with patch("posa._client.receipt_of", interrupt):
            client.activate(card, "25.00", "USD")

    async def cancelled() -> None:
        async with posa.AsyncClient(**sandbox.settings, journal="memory") as other:
            sandbox.inject("delay", delay_ms=200)
            await asyncio.wait_for(other.activate(card, "25.00", "USD"), 0.05)

    yield interrupted
    yield lambda: asyncio.run(cancelled())


def refused(sandbox: Sandbox, card: str) -> Iterator[Callable[[], Any]]:
    """By the gateway, and by a client that is closed."""
    client = posa.Client(**sandbox.settings, journal="memory", rate_limit=None, retry_base=0.001)
    for number in range(300):
        client.activate(sandbox.add_card(f"55{number:014}").digits, "25.00", "USD")
    rows = client.transactions()
    for _ in range(256):
        next(rows)
    sandbox.set_condition(card, "claimed")
    yield from verbs(client, card)
    client.close()
    yield lambda: list(rows)
    yield from verbs(client, card)
    yield from batches(client, card)


def frames_of(error: BaseException) -> Iterator[tuple[str, str]]:
    """What any tracker may see: the file and the variables of each frame, of whatever led to an exception too; those of
    this program aside."""
    seen: set[int] = set()
    led: list[BaseException | None] = [error]
    while led:
        one = led.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        for frame, _ in traceback.walk_tb(one.__traceback__):
            file = frame.f_code.co_filename
            yield file, "" if file == __file__ else repr(frame.f_locals)
        led += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def main() -> None:
    sentry_sdk.init(dsn="http://public@127.0.0.1:1/1", transport=Kept)
    with Sandbox(throttle=None) as sandbox:
        cards = [card.digits for card in sandbox.cards(currency="USD") if card.denomination is None]
        client = posa.Client(**sandbox.settings, journal="memory", rate_limit=None, retry_base=0.001, attempts=2)
        other = posa.AsyncClient(**sandbox.settings, journal="memory", rate_limit=None, retry_base=0.001, attempts=2)
        run_each = [partial(run, call) for call in verbs(other, cards[0])]
        sandbox.inject("drop_before_commit", times=2)
        calls: Iterator[Callable[[], Any]] = chain(
            constructors(),
            verbs(client, cards[0]),
            run_each,
            batches(client, cards[1]),
            others(client, sandbox, cards[0]),
            left(client, sandbox, cards[2]),
            refused(sandbox, cards[3]),
        )
        for call in calls:
            told.clear()
            try:
                call()
            except BaseException as error:  # noqa: BLE001 - Ctrl-C too
                sentry_sdk.capture_exception(error)
                frames = [frame for frame in frames_of(error) if frame[0] != __file__]
                own = any(file == __file__ for file, _ in frames_of(error))
                cases.append({"error": repr(error), "event": told[-1], "frames": frames, "own": own})
        digits = [card[:16] for card in cards]
    json.dump({"cases": cases, "hidden": [SECRET, *digits]}, sys.stdout, default=str)


if __name__ == "__main__":
    main()
