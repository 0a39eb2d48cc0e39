"""What the frames of a traceback hold. Error trackers and debug pages show them to people, variable by variable.

So no exception that leaves a method of posa's brings a frame of posa's own: they hold card numbers and keys. Other
frames stay, those of the caller and of functions that posa called for him.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import aclosing
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import FunctionType, TracebackType
from typing import Any, ParamSpec, TypeVar, cast

_P = ParamSpec("_P")
_R = TypeVar("_R")
_T = TypeVar("_T")

_OURS = os.path.join(os.path.dirname(__file__), "")


def unseen(call: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same call, of whose exceptions no traceback has a frame with what it was given or worked on."""
    guard = next((guard for is_one, guard in _KINDS if is_one(call)), _function)
    guarded: Callable[_P, _R] = wraps(call)(guard(call))
    return guarded


def _function(call: Any) -> Any:
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _forget(error)
            raise error

    return guarded


def _coroutine(call: Any) -> Any:
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return await call(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _forget(error)
            raise error

    return guarded


def _generator(call: Any) -> Any:
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            yield from call(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _forget(error)
            raise error

    return guarded


def _async_generator(call: Any) -> Any:
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            async with aclosing(call(*args, **kwargs)) as values:
                async for value in values:
                    yield value
        except BaseException as error:
            del args, kwargs
            _forget(error)
            raise error

    return guarded


_KINDS = (
    (iscoroutinefunction, _coroutine),
    (isgeneratorfunction, _generator),
    (isasyncgenfunction, _async_generator),
)


def unseen_methods(cls: type[_T]) -> type[_T]:
    """Makes the methods of a class that others call :func:`unseen`."""
    for name, member in list(vars(cls).items()):
        if name.startswith("_") and not name.endswith("__"):
            continue
        if isinstance(member, FunctionType):
            setattr(cls, name, unseen(member))
        elif isinstance(member, classmethod):
            function: Any = cast(Any, member).__func__
            setattr(cls, name, classmethod(unseen(function)))
    return cls


def _forget(error: BaseException) -> None:
    """Takes posa's frames out of the tracebacks of an exception and of those that led to it."""
    seen: set[int] = set()
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        chain += (one.__cause__, one.__context__)
        one.__traceback__ = _others(one.__traceback__)


def _others(trace: TracebackType | None) -> TracebackType | None:
    frames: list[TracebackType] = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    for frame in reversed(frames):
        if not frame.tb_frame.f_code.co_filename.startswith(_OURS):
            trace = TracebackType(trace, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return trace
