"""A store's server that signs for its tills, so that no till holds the key.

    uvicorn --factory signer:create_app

reads POSA_PARTNER_ID, POSA_MARKETPLACE and POSA_ENVIRONMENT (or POSA_ENDPOINT and POSA_REGION), POSA_ACCESS_KEY_ID and
POSA_SECRET_ACCESS_KEY; SIGNER_TOKEN, which tills send; SIGNER_ID_TAG, which their request ids have; SIGNER_STORE, the
store they may sell for; and SIGNER_LIMIT, the most that one card may cost in US dollars. In front of it belongs what ends TLS.
"""

from __future__ import annotations

import logging
import os
import secrets
from typing import Annotated

import posa
from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse

LOG = logging.getLogger("signer")


def rules_of_the_environment() -> posa.SigningRules:
    """What is signed; a missing variable is a KeyError that names it."""
    return posa.SigningRules(
        os.environ["POSA_PARTNER_ID"],
        posa.Credentials(os.environ["POSA_ACCESS_KEY_ID"], os.environ["POSA_SECRET_ACCESS_KEY"]),
        id_tag=os.environ["SIGNER_ID_TAG"],
        marketplace=os.environ.get("POSA_MARKETPLACE"),
        environment=os.environ.get("POSA_ENVIRONMENT"),
        endpoint=os.environ.get("POSA_ENDPOINT"),
        region=os.environ.get("POSA_REGION"),
        limits={"USD": os.environ["SIGNER_LIMIT"]},
        stores=[os.environ["SIGNER_STORE"]],
    )


def create_app() -> FastAPI:
    """The server, with the environment's rules."""
    rules = rules_of_the_environment()
    expected = f"Bearer {os.environ['SIGNER_TOKEN']}".encode()
    app = FastAPI(title="Signatures for tills")

    @app.post("/sign")
    async def sign(request: Request, authorization: Annotated[str, Header()] = "") -> Response:
        if not secrets.compare_digest(authorization.encode(), expected):
            return JSONResponse({"message": "this till is not known here"}, 401)
        try:
            signed = posa.sign_request(await request.body(), rules)
        except posa.InvalidInput as error:
            LOG.warning("refused: %s", error)
            return JSONResponse({"field": error.field, "message": error.message}, 403)
        LOG.info("signed: %r", signed)
        return Response(signed.answer, media_type="application/json")

    return app
