"""Hands posa's events to OpenTelemetry: one span for each operation, with its attempts as events.

    pip install posa opentelemetry-sdk
    python opentelemetry_events.py

posa tells what happens through ``logging`` (logger ``posa``), so a handler is all it takes.
"""

from __future__ import annotations

import logging
import threading

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.trace import Span, Status, StatusCode, Tracer
from posa import Client
from posa.testing import Sandbox


class Spans(logging.Handler):
    """Makes spans of posa's records; all of them come from one thread."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self._tracer = tracer
        self._open: dict[tuple[str, str], Span] = {}
        self.ended = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        told = record.__dict__
        if "posa_event" not in told:
            return
        key = (told["posa_operation"], told["posa_request_id"])
        span = self._open.get(key)
        if span is None:
            attributes = {"posa.request_id": told["posa_request_id"], "posa.card": told["posa_card"]}
            span = self._open[key] = self._tracer.start_span(told["posa_operation"], attributes=attributes)
        if told["posa_event"] != "settled":
            span.add_event(told["posa_event"], {"attempt": told["posa_attempt"], "text": told["posa_text"]})
            return
        outcome = told["posa_text"]
        span.set_attribute("posa.outcome", outcome)
        span.set_status(Status(StatusCode.OK if outcome == "done" else StatusCode.ERROR))
        span.end()
        del self._open[key]
        self.ended.set()


def main() -> None:
    """Sells a card whose first answer is lost, and prints the span."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
    trace.set_tracer_provider(provider)
    logger = logging.getLogger("posa")
    logger.setLevel(logging.DEBUG)
    spans = Spans(trace.get_tracer("posa"))
    logger.addHandler(spans)
    with Sandbox() as sandbox, Client(**sandbox.settings, journal="memory") as client:
        sandbox.inject("drop_after_commit")
        client.activate("1400000005567585358", "25.00", "USD")
        # A record comes a moment after what it tells of, and the provider takes no span once the program ends.
        spans.ended.wait(10)


if __name__ == "__main__":
    main()
