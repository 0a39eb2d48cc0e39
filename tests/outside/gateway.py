"""The sandbox under test, as its ready file describes it."""

import itertools
import json
import os
import urllib.request

with open(os.environ["POSA_READY_FILE"], encoding="utf-8") as file:
    READY = json.load(file)

URLS = {"http": READY["url"], "https": READY["tls_url"]}
PARTNER = READY["partner_id"]

_cards = itertools.cycle(card["card_number"] for card in READY["cards"][:20])
_ids = itertools.count(1)


def fresh_card():
    """A non-denominated USD card that no other test has used."""
    return next(_cards)


def fresh_id():
    """A request id that no other test has used."""
    return f"{PARTNER}outside{next(_ids):04}"


def requests():
    """The sandbox's own log of the requests it has answered."""
    # No proxy: the control API is on loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{READY['url']}/_sandbox/requests", timeout=10) as answer:
        return json.load(answer)
