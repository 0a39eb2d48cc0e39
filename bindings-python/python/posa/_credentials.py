"""Where the key comes from."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


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


CredentialsSource = Credentials | EnvironmentCredentials | FileCredentials | Callable[[], Credentials]


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
