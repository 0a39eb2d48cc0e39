"""A gateway of one's own: the sandbox in this process, and fixtures for pytest (``posa_sandbox``, ``posa_client``)."""

from __future__ import annotations

from ._models import Activation, Card, CardState, Clock, Condition, Event, FaultName, Funds, Movement, Request
from ._sandbox import Sandbox

__all__ = [
    "Card",
    "CardState",
    "Clock",
    "Condition",
    "Event",
    "FaultName",
    "Funds",
    "Movement",
    "Request",
    "Activation",
    "Sandbox",
]
