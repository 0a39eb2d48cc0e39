"""Signals: whoever stops a thread's waiting hears which sale it was, whatever the signal's handler raised."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import posa
import pytest
from posa.testing import Sandbox
from programs import run, unknown_of

SOON = """
# Whoever starts the tests in the background has Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
client = Client(**settings())
def soon(number):
    # The sale is in the journal before it is sent.
    def kill():
        while not list(client.transactions(open=True)):
            time.sleep(0.01)
        os.kill(os.getpid(), number)
    threading.Thread(target=kill).start()
"""


@pytest.fixture
def late(posa_sandbox: Sandbox) -> Sandbox:
    """A gateway whose first answer takes its time."""
    posa_sandbox.inject("delay", delay_ms=600)
    return posa_sandbox


def test_ctrl_c_tells_which_sale_was_left_and_it_is_found_once_it_went_through(late: Sandbox, tmp_path: Path) -> None:
    out = run(
        late,
        SOON
        + """
soon(signal.SIGINT)
try:
    client.activate(CARDS[0], "25.00", "USD")
except posa.OutcomeUnknown as error:
    assert isinstance(error, posa.Interrupted) and isinstance(error, KeyboardInterrupt)
    assert (error.kind, error.card) == ("OUTCOME_UNKNOWN", "..." + CARDS[0][12:16])
    assert CARDS[0][:12] not in f"{error} {error!r} {error.__dict__}"
    left = error.request_id
client.close()
with Client(**settings()) as again:
    (row,) = again.untold()
    assert (row.request_id, row.state) == (left, "activated")
    again.acknowledge(row)
    assert again.untold() == []
    receipt = again.activate(CARDS[0], "25.00", "USD", request_id=left)
    print(receipt.attempts)
""",
        journal=str(tmp_path / "posa.db"),
    )
    assert out.split() == ["0"]
    assert len(late.movements()) == 1


def test_a_repeat_after_ctrl_c_joins_the_sale_and_hears_it(late: Sandbox, tmp_path: Path) -> None:
    run(
        late,
        SOON
        + """
soon(signal.SIGINT)
try:
    client.activate(CARDS[0], "25.00", "USD")
except KeyboardInterrupt as error:
    left = error.request_id
assert client.activate(CARDS[0], "25.00", "USD", request_id=left).request_id == left
assert client.untold() == []
client.close()
""",
        journal=str(tmp_path / "posa.db"),
    )
    assert len(late.requests()) == 1


def test_what_another_handler_raises_stays_what_it_is_and_leads_to_the_id(late: Sandbox, tmp_path: Path) -> None:
    run(
        late,
        SOON
        + """
class Enough(Exception):
    pass
def handler(*_):
    raise Enough("of it") from LookupError("the reason")
signal.signal(signal.SIGTERM, handler)
soon(signal.SIGTERM)
try:
    client.activate(CARDS[0], "25.00", "USD")
except Enough as error:
    reason = error.__cause__
    assert type(reason) is LookupError
    left = reason.__cause__
client.close()
with Client(**settings()) as again:
    assert [row.request_id for row in again.untold()] == [left.request_id]
""",
        journal=str(tmp_path / "posa.db"),
    )


def test_a_program_that_ends_by_a_signal_leaves_its_sale_among_the_untold(late: Sandbox, tmp_path: Path) -> None:
    """As a service does that is told to stop: its handler raises SystemExit."""
    run(
        late,
        SOON
        + """
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
soon(signal.SIGTERM)
client.activate(CARDS[0], "25.00", "USD")
""",
        ends=3,
        journal=str(tmp_path / "posa.db"),
    )
    with posa.Client(**late.settings, journal=tmp_path / "posa.db") as client:
        assert [row.state for row in client.untold()] == ["activated"]


def interrupt(*_: Any) -> Any:
    raise KeyboardInterrupt


def test_an_outcome_that_crosses_with_ctrl_c_is_not_lost(
    posa_sandbox: Sandbox, card: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = posa.Client(**posa_sandbox.settings, journal=tmp_path / "posa.db")
    # It is heard once the core has handed the outcome over.
    monkeypatch.setattr("posa._client.receipt_of", interrupt)
    with pytest.raises(posa.Interrupted) as raised:
        client.activate(card, "25.00", "USD")
    client.close()
    with posa.Client(**posa_sandbox.settings, journal=tmp_path / "posa.db") as again:
        assert [row.request_id for row in again.untold()] == [raised.value.request_id]


def test_a_row_of_a_batch_that_crosses_with_ctrl_c_is_the_next_one(
    posa_client: posa.Client, card: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = posa_client.activate_many("orders", [posa.Sale(card, "25.00", "USD")])
    with monkeypatch.context() as patched:
        patched.setattr("posa._batch.maybe_row_of", interrupt)
        with pytest.raises(KeyboardInterrupt):
            next(rows)
    (row,) = rows
    assert row.receipt is not None
    assert posa_client.untold() == []


def test_rows_that_were_dropped_unread_are_listed(posa_sandbox: Sandbox, tmp_path: Path) -> None:
    cards = [posa_sandbox.add_card(f"53{number:014}").digits for number in range(4)]
    with posa.Client(**posa_sandbox.settings, journal=tmp_path / "posa.db") as client:
        rows = client.activate_many("orders", [posa.Sale(card, "25.00", "USD") for card in cards], concurrency=4)
        read = next(rows)
        del rows
    with posa.Client(**posa_sandbox.settings, journal=tmp_path / "posa.db") as again:
        listed = {row.request_id for row in [*again.untold(), *again.transactions(open=True)]}
    charged = {movement.request_id for movement in posa_sandbox.movements()}
    assert charged - {read.request_id} <= listed


def test_ctrl_c_before_anything_was_begun_is_a_plain_one(
    posa_client: posa.Client, card: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posa._events.follow", interrupt)
    with pytest.raises(KeyboardInterrupt) as raised:
        posa_client.activate(card, "25.00", "USD")
    assert type(raised.value) is KeyboardInterrupt


def test_an_interruption_pickles() -> None:
    error = posa.Interrupted("text [request id Awssb1]", message="text", delivery="unknown", request_id="Awssb1")
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), back.__dict__) == (posa.Interrupted, str(error), error.__dict__)
    assert unknown_of(back) is back
