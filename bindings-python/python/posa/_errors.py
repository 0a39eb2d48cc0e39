"""Errors: one class for each reaction of the caller."""

from __future__ import annotations

from typing import Any, Literal

from ._native import Call, Failure

Delivery = Literal["not_sent", "unknown", "answered"]


class PosaError(Exception):
    """An operation is not done. Its class says what to do, and ``delivery`` whether the gateway may have acted.

    No attribute and no text holds a secret or more of a card number than its last four digits.
    """

    kind: str = ""
    """The name of the class in every language, such as ``OUTCOME_UNKNOWN``."""

    message: str
    """What was wrong and what to do, without the context that ``str()`` adds."""
    delivery: Delivery
    """``not_sent`` and ``answered``: nothing changed. ``unknown``: the card may or may not have changed."""
    code: str | None
    """The gateway's class, such as ``F200``, where it gave one."""
    error_type: str | None
    """The gateway's error type, such as ``CardNumberNotFound``, where it gave one."""
    field: str | None
    """The value at fault, such as ``amount``."""
    request_id: str | None
    """The request id that settles the sale, once one was chosen."""
    card: str | None
    """The card, masked: ``...7585``."""
    attempts: int
    """How many requests were sent."""
    cause: str | None
    """What exactly stands in the way, where one class has several remedies: ``not_before``, ``unknown_id``,
    ``no_journal``, ``mock_id``, ``open_sale``, ``other_journal``, ``damaged_journal``, ``certificate``, ``proxy``,
    ``key``, ``secret``, ``region``, ``clock``. More may come."""

    def __init__(
        self,
        text: str,
        *,
        message: str | None = None,
        delivery: Delivery = "not_sent",
        code: str | None = None,
        error_type: str | None = None,
        field: str | None = None,
        request_id: str | None = None,
        card: str | None = None,
        attempts: int = 0,
        cause: str | None = None,
    ) -> None:
        super().__init__(text)
        self.message = text if message is None else message
        self.delivery = delivery
        self.code = code
        self.error_type = error_type
        self.field = field
        self.request_id = request_id
        self.card = card
        self.attempts = attempts
        self.cause = cause

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, self.__dict__


class InvalidInput(PosaError):
    """A value is wrong; ``field`` names it. Correct it and call again."""

    kind = "INVALID_INPUT"


class ConfigurationError(PosaError):
    """The client is set up wrongly: an endpoint, a certificate, a credential source."""

    kind = "CONFIGURATION"


class Conflict(PosaError):
    """The journal forbids it: the id belongs to another sale, or the card has an attempt under way."""

    kind = "CONFLICT"


class JournalError(PosaError):
    """The journal could not be read or written, so nothing was sent."""

    kind = "JOURNAL"


class Unreachable(PosaError):
    """The gateway, or the signer, could not be reached and nothing was sent. Trying again is safe."""

    kind = "UNREACHABLE"


class Rejected(PosaError):
    """The gateway refused the request as it stands (class F200). Do not repeat it unchanged."""

    kind = "REJECTED"


class AlreadyActivated(PosaError):
    """The card is active under another request id. Find that id; do not invent a third."""

    kind = "ALREADY_ACTIVATED"


class InsufficientFunds(PosaError):
    """The prepaid account does not cover the amount. Top it up."""

    kind = "INSUFFICIENT_FUNDS"


class AccountError(PosaError):
    """The account, its contract or its access stands in the way (class F300). Stop and alert."""

    kind = "ACCOUNT"


class AuthenticationError(PosaError):
    """The signature, the key or the clock was refused. Check the keys and the time."""

    kind = "AUTHENTICATION"


class Throttled(PosaError):
    """More than the allowed requests per second. Wait, then use the same id."""

    kind = "THROTTLED"


class OutcomeUnknown(PosaError):
    """The card may or may not have changed. Repeat with the same ``request_id``, or resolve it; never use a new id."""

    kind = "OUTCOME_UNKNOWN"


class NeedsAttention(PosaError):
    """It cannot be settled by itself. A person has to look at the card."""

    kind = "NEEDS_ATTENTION"


CLASSES: dict[str, type[PosaError]] = {
    cls.kind: cls
    for cls in (
        InvalidInput,
        ConfigurationError,
        Conflict,
        JournalError,
        Unreachable,
        Rejected,
        AlreadyActivated,
        InsufficientFunds,
        AccountError,
        AuthenticationError,
        Throttled,
        OutcomeUnknown,
        NeedsAttention,
    )
}


class Stopped(OutcomeUnknown):
    """An unknown outcome that is also what stopped the waiting, with the ``args`` which that had."""

    def __init__(self, text: str, **attributes: Any) -> None:
        super().__init__(text, **attributes)
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._text,), {**self.__dict__, "args": self.args}


class Interrupted(Stopped, KeyboardInterrupt):
    """Ctrl-C stopped the waiting for a sale, and the sale goes on: an :class:`OutcomeUnknown` with its ``request_id``,
    and the ``KeyboardInterrupt`` that it was before.

    What comes of the sale is in the journal. Once it is there, and nobody asked again, it is among the ``untold()``.

    ``except posa.PosaError`` and ``except Exception`` catch it too. Raise it again, so that the program ends; its exit
    code is 1 then.
    """


STOPS: dict[type[BaseException], type[Stopped]] = {KeyboardInterrupt: Interrupted}
"""What is raised in place of what stopped the waiting."""


def leave(call: Call, raised: BaseException) -> None:
    """Whoever waits goes away, for ``raised``. If a sale is at stake, any other exception than those of :data:`STOPS`
    gets the unknown outcome as the first of its causes.

    Raises:
        Stopped: in place of ``raised``.
    """
    failure = call.leave()
    if failure is None or isinstance(raised, GeneratorExit):
        return
    for kind, own in STOPS.items():
        if isinstance(raised, kind):
            error = error_of(failure, own)
            error.args = raised.args
            raise error from raised
    first = raised
    while first.__cause__ is not None:
        first = first.__cause__
    first.__cause__ = error_of(failure)


def error_of(failure: Failure, cls: type[PosaError] | None = None) -> PosaError:
    """The exception that a failure of the core is."""
    return (cls or CLASSES[failure.kind])(
        failure.text,
        message=failure.message,
        delivery=failure.delivery,
        code=failure.code,
        error_type=failure.error_type,
        field=failure.field,
        request_id=failure.request_id,
        card=failure.card,
        attempts=failure.attempts,
        cause=failure.cause,
    )
