"""The sandbox under test, as its ready file describes it."""

import itertools
import json
import os
import urllib.request

with open(os.environ["POSA_READY_FILE"], encoding="utf-8") as file:
    READY = json.load(file)

URLS = {"http": READY["url"], "https": READY["tls_url"]}
PARTNER = READY["partner_id"]

_cards = (c["card_number"] for c in READY["cards"] if c["currency"] == "USD" and c["denomination"] is None)
_ids = itertools.count(1)
# The control API is on loopback, whatever proxy the environment names.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fresh_card():
    """A non-denominated USD card that no other test has used."""
    return next(_cards)


def fresh_id():
    """A request id that no other test has used."""
    return f"{PARTNER}outside{next(_ids):04}"


def activations(card):
    """How often the sandbox has activated a card, as its ledger tells."""
    with _opener.open(f"{READY['url']}/_sandbox/state", timeout=10) as answer:
        cards = json.load(answer)["cards"]
    return next(c["activations"] for c in cards if c["card_number"] == card)
