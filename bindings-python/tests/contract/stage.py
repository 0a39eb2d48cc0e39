"""A sandbox, its clients, and what the steps of a scenario have left behind."""

from __future__ import annotations

import collections
from decimal import Decimal
from pathlib import Path
from typing import Any

import posa
from posa.testing import Card, Sandbox

CALL = {
    "do", "client", "as", "card", "card_number", "amount", "currency", "request_id", "request_id_of", "source",
    "program_id", "product_type", "external_reference", "expect",
}  # fmt: skip
SETTINGS = {
    "journal", "format", "marketplace", "environment", "endpoint", "region", "tls", "partner_id", "access_key_id",
    "secret_access_key", "attempts", "attempt_timeout_ms", "deadline_ms",
}  # fmt: skip
EXPECT = {
    "outcome", "kind", "delivery", "code", "error_type", "field", "card_status", "amount", "currency", "attempts",
    "expires", "request_id", "request_id_of",
}  # fmt: skip
AFTER = {"cards", "charges", "refunds", "available", "requests", "request_ids", "journal"}


def known(members: dict[str, Any], names: set[str]) -> None:
    """A runner refuses members it does not know."""
    assert members.keys() <= names, members.keys() - names


class Stage:
    def __init__(self, scenario: dict[str, Any], make: Any, directory: Path) -> None:
        known(scenario, {"name", "invariants", "sandbox", "cards", "clients", "steps", "after"})
        self.make = make
        self.directory = directory
        settings = scenario.get("sandbox", {})
        known(settings, {"throttle", "f1000", "strict_card_numbers", "server_error_status"})
        self.sandbox = Sandbox(**{"throttle": None, **settings})
        inventory = self.sandbox.cards()
        self.cards = {name: select(inventory, chosen) for name, chosen in scenario["cards"].items()}
        self.ids: dict[str, str] = {}
        clients = scenario.get("clients", {"till": {}})
        self.clients = {name: self.connect(members) for name, members in clients.items()}

    def connect(self, members: dict[str, Any]) -> Any:
        known(members, SETTINGS)
        own = self.sandbox.settings
        settings: dict[str, Any] = {"retry_base": 0.001, "retry_cap": 0.01, "rate_limit": None, "attempts": 3}
        if members.get("environment") != "production":
            settings["endpoint"] = self.sandbox.tls_url if members.get("tls") else own["endpoint"]
            settings["region"] = own["region"]
        for name in ("format", "marketplace", "environment", "endpoint", "region", "attempts"):
            if name in members:
                settings[name] = members[name]
        for name in ("attempt_timeout", "deadline"):
            if f"{name}_ms" in members:
                settings[name] = members[f"{name}_ms"] / 1000
        settings["credentials"] = posa.Credentials(
            members.get("access_key_id", own["credentials"].access_key_id),
            members.get("secret_access_key", own["credentials"].secret_access_key),
        )
        settings["extra_ca"] = self.sandbox.ca_pem.encode()
        return self.make(
            members.get("partner_id", own["partner_id"]), journal=members.get("journal", "memory"), **settings
        )

    def arguments(self, step: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The positional and the named arguments of a call."""
        known(step, CALL)
        number = self.cards[step["card"]] if "card" in step else step["card_number"]
        names = ("program_id", "product_type", "external_reference")
        named = {name: step[name] for name in names if step.get(name) is not None}
        request_id = self.ids[step["request_id_of"]] if "request_id_of" in step else step.get("request_id")
        if step["do"] != "activate":
            return (number, request_id), named
        if step.get("source"):
            named["source"] = source(step["source"])
        return (number, step["amount"], step["currency"]), {**named, "request_id": request_id}

    def settle(self, step: dict[str, Any], place: str, ended: Any) -> None:
        """Compares how a call ended with what the step expects, and remembers its id."""
        expect = step["expect"]
        known(expect, EXPECT)
        outcome = self.failure(ended) if isinstance(ended, posa.PosaError) else success(ended)
        wanted = {name: value for name, value in expect.items() if name != "request_id_of"}
        if "request_id_of" in expect:
            wanted["request_id"] = self.ids[expect["request_id_of"]]
        got = {name: outcome.get(name) for name in wanted}
        assert got == wanted, f"{place}: {ended!r}"
        if "as" in step:
            assert outcome["request_id"], place
            self.ids[step["as"]] = outcome["request_id"]

    def failure(self, error: posa.PosaError) -> dict[str, Any]:
        for digits in self.cards.values():
            assert digits[:12] not in f"{error}\n{error!r}\n{error.__dict__}"
        assert isinstance(error, posa.OutcomeUnknown) == (error.delivery == "unknown")
        outcome = "unknown" if error.delivery == "unknown" else "rejected"
        return {"outcome": outcome, "kind": error.kind, **error.__dict__}

    def control(self, step: dict[str, Any]) -> None:
        """A step that the sandbox takes, and no client."""
        members = {name: value for name, value in step.items() if name != "do"}
        match step["do"]:
            case "fault":
                self.sandbox.inject(**members)
            case "release":
                known(members, set())
                assert self.sandbox.release()
            case "clock":
                known(members, {"frozen", "advance_seconds"})
                self.sandbox.set_clock(**members)
            case "condition":
                known(members, {"card", "condition"})
                self.sandbox.set_condition(self.cards[members["card"]], members["condition"])
            case "funds":
                known(members, {"currency", "available"})
                self.sandbox.set_funds(**members)
            case other:
                raise AssertionError(f"no step is called {other}")

    def check(self, after: dict[str, Any], journals: dict[str, list[posa.Transaction]]) -> None:
        """Compares what the sandbox and the journals hold with what the scenario says and what is always true."""
        known(after, AFTER)
        for name, status in after.get("cards", {}).items():
            assert self.sandbox.card(self.cards[name]).status == status, name
        movements = self.sandbox.movements()
        kinds = collections.Counter(movement.kind for movement in movements)
        assert (kinds["charge"], kinds["refund"]) == (after["charges"], after["refunds"])
        charged: collections.Counter[str] = collections.Counter()
        for movement in movements:
            charged[movement.card_number] += 1 if movement.kind == "charge" else -1
            assert charged[movement.card_number] in (0, 1), movement
        for funds in self.sandbox.funds():
            assert funds.available == Decimal(after.get("available", {}).get(funds.currency, funds.available)), funds
        log = self.sandbox.requests()
        if "requests" in after:
            assert collections.Counter(entry.operation for entry in log) == after["requests"]
        if "request_ids" in after:
            assert len({entry.request_id for entry in log} - {None}) == after["request_ids"]
        for client, sales in after.get("journal", {}).items():
            held = {row.request_id: row.state for row in journals[client]}
            assert held == {self.ids[label]: state for label, state in sales.items()}, client


def success(receipt: posa.Receipt | None) -> dict[str, Any]:
    if receipt is None:
        return {"outcome": "done"}
    return {
        "outcome": "done",
        "card_status": receipt.card_status,
        "amount": None if receipt.amount is None else str(receipt.amount),
        "currency": receipt.currency,
        "attempts": receipt.attempts,
        "expires": receipt.expiration is not None,
        "request_id": receipt.request_id,
    }


def select(inventory: list[Card], chosen: dict[str, Any]) -> str:
    known(chosen, {"currency", "marketplace", "denomination", "index", "digits", "checksum"})
    denomination = None if chosen.get("denomination") is None else Decimal(chosen["denomination"])
    fits = [
        card
        for card in inventory
        if card.denomination == denomination
        and chosen.get("currency", card.currency) == card.currency
        and chosen.get("marketplace", card.marketplace) == card.marketplace
    ]
    card: Card = fits[chosen["index"]]
    checksum: str = chosen.get("checksum", card.checksum)
    if chosen.get("digits") == 16:
        return card.card_number
    return card.card_number + checksum


def source(given: dict[str, Any]) -> posa.TransactionSource:
    """A transactionSource as the vectors write it down."""
    known(
        given,
        {"form", "source_id", "institution_id", "details", "details_json", "max_characters", "shape", "upc"},
    )
    store = (given["source_id"], given["institution_id"])
    if given["form"] == "short":
        return posa.TransactionSource.short(*store, upc=given.get("upc"), two_members=given["shape"] == "members")
    if "details_json" in given:
        return posa.TransactionSource.long(*store, given["details_json"])
    names = {
        "institutionName": "institution_name",
        "institutionParentCompany": "institution_parent_company",
        "phoneNumber": "phone_number",
        "UPC": "upc",
    }
    members = {names.get(name, name): value for name, value in given["details"].items()}
    members.setdefault("institution_name", "")
    details = posa.SourceDetails(**members, max_characters=given.get("max_characters"))
    return posa.TransactionSource.long(*store, details)
