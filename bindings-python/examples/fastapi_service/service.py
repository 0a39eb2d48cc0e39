"""A till's service: activate a card, ask for its state, give a sale up.

    uvicorn --factory service:create_app

reads POSA_PARTNER_ID, POSA_MARKETPLACE, POSA_ENVIRONMENT, POSA_JOURNAL and, for the key, POSA_ACCESS_KEY_ID and
POSA_SECRET_ACCESS_KEY.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import posa
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class Sale(BaseModel):
    """What the till asks for. The amount is text: a JSON number would be a binary float on its way."""

    card_number: str
    amount: str
    currency: str
    request_id: str | None = None
    """Repeat the one of a 202; leave it out for a new sale."""


class State(BaseModel):
    """What became of it. A card is shown by its last four digits."""

    request_id: str
    card: str
    status: str


# What a caller can do decides the status: correct it, wait, ask somebody, or try again.
STATUS: dict[type[posa.PosaError], int] = {
    posa.InvalidInput: 422,
    posa.Rejected: 422,
    posa.Conflict: 409,
    posa.AlreadyActivated: 409,
    posa.NeedsAttention: 409,
    posa.Throttled: 429,
    posa.Unreachable: 503,
    posa.JournalError: 503,
}


def settings_of_the_environment() -> dict[str, Any]:
    """The client's settings; a missing one is a KeyError that names it."""
    return {
        "partner_id": os.environ["POSA_PARTNER_ID"],
        "marketplace": os.environ["POSA_MARKETPLACE"],
        "environment": os.environ.get("POSA_ENVIRONMENT", "sandbox"),
        "journal": os.environ.get("POSA_JOURNAL", "posa.db"),
        "credentials": posa.EnvironmentCredentials(),
    }


def client_of(request: Request) -> posa.AsyncClient:
    """The client of the service that the request came to."""
    client: posa.AsyncClient = request.app.state.client
    return client


Client = Annotated[posa.AsyncClient, Depends(client_of)]


def create_app(settings: dict[str, Any] | None = None) -> FastAPI:
    """The service, with settings of its own or the environment's."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        async with await posa.AsyncClient.open(**(settings or settings_of_the_environment())) as client:
            # What an earlier run of this service left open.
            await client.recover()
            app.state.client = client
            yield

    app = FastAPI(title="Gift cards at the till", lifespan=lifespan)

    @app.exception_handler(posa.PosaError)
    async def not_done(_: Request, error: posa.PosaError) -> JSONResponse:
        if isinstance(error, posa.Cancelled):
            # The server ends this request; what comes of the sale is among the untold ones.
            raise error
        # 202: not refused, not done. The till calls again with this request id.
        status = 202 if isinstance(error, posa.OutcomeUnknown) else STATUS.get(type(error), 502)
        return JSONResponse({"error": error.kind, "message": error.message, "request_id": error.request_id}, status)

    @app.post("/sales", status_code=201)
    async def activate(sale: Sale, client: Client) -> State:
        receipt = await client.activate(sale.card_number, sale.amount, sale.currency, request_id=sale.request_id)
        return State(request_id=receipt.request_id, card=last_four(receipt.card_number), status=receipt.card_status)

    @app.get("/sales/{request_id}")
    async def status(request_id: str, client: Client) -> State:
        row = await known(client, request_id)
        receipt = await client.status(row)
        return State(request_id=request_id, card=last_four(row.card_number), status=receipt.card_status)

    @app.delete("/sales/{request_id}")
    async def void(request_id: str, client: Client) -> State:
        row = await client.void(request_id)
        return State(request_id=request_id, card=last_four(row.card_number), status=row.state)

    return app


async def known(client: posa.AsyncClient, request_id: str) -> posa.Transaction:
    """The journal's row of a sale."""
    row = await client.transaction(request_id)
    if row is None:
        raise posa.Conflict(f"there is no sale with request id {request_id}", request_id=request_id)
    return row


def last_four(card_number: str) -> str:
    """What may be shown of a card."""
    return f"...{card_number[12:16]}"
