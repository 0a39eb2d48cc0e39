"""Where the key comes from, and who signs instead."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from . import _native
from ._errors import error_of
from ._models import Operation

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """An access key from the Incentives portal. Its secret is never printed."""

    access_key_id: str
    secret_access_key: str

    def __repr__(self) -> str:
        return f"Credentials(access_key_id={self.access_key_id!r}, secret_access_key='***')"


@dataclass(frozen=True, slots=True)
class EnvironmentCredentials:
    """Reads the variables ``POSA_ACCESS_KEY_ID`` and ``POSA_SECRET_ACCESS_KEY`` at the first request."""


@dataclass(frozen=True, slots=True)
class FileCredentials:
    """Reads a file with the lines ``access_key_id = ...`` and ``secret_access_key = ...`` at the first request."""

    path: str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A request that needs a signature. It holds no secret, so it may be sent to whoever holds the key."""

    operation: Operation
    format: Literal["json", "xml"]
    host: str
    body: bytes
    time: datetime
    """The time to sign for, in UTC."""


@dataclass(frozen=True, slots=True, repr=False)
class SignedHeaders:
    """The two headers that a signer adds."""

    amz_date: str
    """``x-amz-date``, such as ``20260102T030405Z``."""
    authorization: str

    def __repr__(self) -> str:
        return f"SignedHeaders(amz_date={self.amz_date!r}, authorization='***')"


CredentialsSource = Credentials | EnvironmentCredentials | FileCredentials | Callable[[], Credentials]
Signer = Callable[[Unsigned], SignedHeaders]


def sign(request: Unsigned, credentials: Credentials, region: str) -> SignedHeaders:
    """Signs a request for a till that does not hold the key. ``region`` is that of the till's gateway.

    Raises:
        InvalidInput: the operation is none of the three.
        ConfigurationError: the key or the region cannot be used.
    """
    microseconds = (request.time - _EPOCH) // timedelta(microseconds=1)
    signed = _native.sign(
        (credentials.access_key_id, credentials.secret_access_key),
        region,
        (request.operation, request.format, request.host, request.body, microseconds),
    )
    if isinstance(signed, _native.Failure):
        raise error_of(signed)
    return SignedHeaders(*signed)


def native_keys(source: CredentialsSource | None) -> Any:
    """The source as the core takes it: a pair, a place (empty for the environment), or a function."""
    if source is None:
        return None
    if isinstance(source, Credentials):
        return source.access_key_id, source.secret_access_key
    if isinstance(source, EnvironmentCredentials):
        return ("",)
    if isinstance(source, FileCredentials):
        return (os.fspath(source.path),)
    if not callable(source):
        raise TypeError(f"credentials is of type {type(source).__name__}; give Credentials or a function that does")

    def load() -> tuple[str, str]:
        given = source()
        if not isinstance(given, Credentials):
            raise TypeError("the credentials function must return Credentials")
        return given.access_key_id, given.secret_access_key

    return load


def native_signer(signer: Signer | None) -> Any:
    """The signer as the core calls it."""
    if signer is None:
        return None
    if not callable(signer):
        raise TypeError(f"signer is of type {type(signer).__name__}; give a function")

    def call(operation: Operation, format: Literal["json", "xml"], host: str, body: bytes, at: int) -> tuple[str, str]:
        signed = signer(Unsigned(operation, format, host, bytes(body), _EPOCH + timedelta(microseconds=at)))
        if not isinstance(signed, SignedHeaders):
            raise TypeError("the signer must return SignedHeaders")
        return signed.amz_date, signed.authorization

    return call
