"""The gateway, the journal as the next start reads it, and what each till was told: where they differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

Lines = list[dict[str, Any]]


def differences(
    lines: Lines, gateway: dict[str, Any], journal: dict[str, Any], copies: dict[str, Any], left: list[str]
) -> list[str]:
    """One line for each; none if all is well."""
    sales = {request_id: row["state"] for request_id, row in journal["sales"].items()}
    return [
        *(f"{line['who']} failed: {line['error']}" for line in lines if line["what"] == "failed"),
        *between(gateway, sales),
        *left_open(gateway, journal),
        *of_what_was_told(lines, gateway["sales"], sales),
        *of_copies(lines, copies),
        *(f"{name} is left though everyone has closed" for name in left),
    ]


def between(gateway: dict[str, Any], sales: dict[str, str]) -> Iterator[str]:
    for movement, times in Counter(map(tuple, gateway["movements"])).items():
        if times > 1:
            yield f"{movement} happened {times} times"
    for request_id, status in gateway["sales"].items():
        if sales.get(request_id) != status:
            yield f"{request_id} is {status} at the gateway, and {sales.get(request_id, 'missing')} in the journal"
    for request_id, state in sales.items():
        if state == "activated" and request_id not in gateway["sales"]:
            yield f"{request_id} is activated in the journal, and the gateway has never heard of it"


def left_open(gateway: dict[str, Any], journal: dict[str, Any]) -> Iterator[str]:
    """Only what the gateway knows nothing of may wait, for a request that might still arrive (the quarantine)."""
    for request_id, why in journal["open"]:
        if request_id in gateway["sales"]:
            yield f"{request_id} is open after all have recovered: {why}"


def of_what_was_told(lines: Lines, gateway: dict[str, str], sales: dict[str, str]) -> Iterator[str]:
    heard: dict[tuple[str, str], Lines] = defaultdict(list)
    for line in lines:
        verb, told, _ = line["what"].partition(": told")
        if told:
            heard[verb, line["id"]].append(line)
            if line["kind"] == "JOURNAL":
                yield f"{line['who']} was told of the journal at {verb}: {line['text']}"
    returned = {request_id for verb, request_id in asked(lines) if verb == "return"}
    for (verb, request_id), answers in heard.items():
        done = any(answer["kind"] == "done" for answer in answers)
        if verb == "sell" and done:
            allowed = {"activated", "deactivated"} if request_id in returned else {"activated"}
            if gateway.get(request_id) not in allowed:
                yield f"{request_id} was told as sold, and is {gateway.get(request_id, 'unknown')} at the gateway"
            if sales.get(request_id) not in allowed:
                yield f"{request_id} was told as sold, and is {sales.get(request_id, 'missing')} in the journal"
        if verb == "return" and done and gateway.get(request_id) != "deactivated":
            yield f"{request_id} was told as returned, and is {gateway.get(request_id, 'unknown')} at the gateway"
        # Everything that was ever asked under this id ended so, and nobody was killed while he waited.
        not_sent = all(answer["kind"] != "done" and answer["delivery"] == "not_sent" for answer in answers)
        if verb == "sell" and not_sent and len(answers) == asked(lines)[verb, request_id] and request_id in gateway:
            yield f"{request_id} was told as never sent, and is {gateway[request_id]} at the gateway"


def asked(lines: Lines) -> Counter[tuple[str, str]]:
    return Counter((line["what"], line["id"]) for line in lines if line["what"] in ("sell", "return"))


def of_copies(lines: Lines, copies: dict[str, Any]) -> Iterator[str]:
    """What was told before a copy was begun is in it, or it is refused; a backup of posa's is never refused."""
    for line in (line for line in lines if line["what"] == "copied"):
        found = copies[line["path"]]
        if found is None:
            if line["by"] == "backup":
                yield f"{line['path']} is a backup, and is refused"
            continue
        for told in lines:
            sold_before = told["what"] == "sell: told" and told["kind"] == "done" and told["at"] < line["since"]
            if sold_before and told["id"] not in found:
                yield f"{told['id']} was sold before {line['path']} was made by {line['by']}, and is not in it"
