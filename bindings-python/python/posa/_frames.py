"""What the frames of a traceback hold. Error trackers and debug pages show them to people, argument by argument."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


def unseen(call: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same call, of whose exceptions the traceback has no frame with what it was given: card numbers, keys."""

    @wraps(call)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return call(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            raised = error.with_traceback(None)
        del args, kwargs
        try:
            raise raised
        finally:
            del raised

    return guarded
