"""Signing for tills that must not hold the key."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

from . import _native
from ._credentials import Credentials
from ._errors import PosaError, error_of
from ._frames import unseen, unseen_methods
from ._models import Masked, Operation, decimal

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A request that needs a signature. It holds a whole card number, but no secret."""

    operation: Operation
    format: Literal["json", "xml"]
    host: str
    body: bytes = field(repr=False)
    time: datetime
    """The time to sign for, in UTC."""
    question: str = field(repr=False)
    """For a server that calls :func:`sign_request`: a JSON object of ``method``, ``path``, ``headers``,
    ``payloadHash`` and ``body``."""


Signer = Callable[[Unsigned], Mapping[str, str]]
"""Returns the headers ``x-amz-date`` and ``authorization``; other headers are passed over. It raises
:class:`SigningRefused` where the answer is no, which ends the call; whatever else it raises means that nobody could be
asked, and has it called again until the deadline."""


class SigningRefused(Exception):
    """Raised by a signer to say why there is no signature: one sentence, which the call's error repeats, without a
    secret."""


@dataclass(frozen=True, slots=True, repr=False)
class Signed(Masked):
    """What a server signed, read from the bytes that the signature covers."""

    operation: Operation
    request_id: str
    card_number: str
    """The digits. Not for logs; ``repr()`` shows the last four."""
    amount: Decimal | None
    """That of an activation."""
    currency: str | None
    source_id: str | None
    """The store that an activation names."""
    answer: str = field(compare=False, repr=False)
    """The answer to the till: a JSON object with the two ``headers``. Not for logs; ``repr()`` leaves it out."""


@unseen_methods
class SigningRules:
    """What a server signs for its tills, and the key it signs with.

    Args:
        partner_id: the one partner that is signed for.
        credentials: the key.
        id_tag: the four characters, such as ``S042``, which the tills have as their ``id_tag``, and nobody else: no
            sale, no return and no status check is signed under an id without them.
        marketplace, environment, endpoint, region: the one gateway that is signed for, as in a client's settings.
        operations: the operations that are signed; all three by default.
        limits: the highest amount of an activation in each currency; a currency without one is refused. No limit by
            default.
        stores: the source ids of the stores whose activations are signed; any by default.
        institutions: the institution ids of those; by default that of the store itself, or any without ``stores``.
        programs, product_types: what an activation may name; none by default.

    Raises:
        PosaError: a rule or the key cannot be used.
        TypeError: one is of another type.
    """

    __slots__ = ("_desk",)

    def __init__(
        self,
        partner_id: str,
        credentials: Credentials,
        *,
        id_tag: str,
        marketplace: str | None = None,
        environment: Literal["sandbox", "production"] | None = None,
        endpoint: str | None = None,
        region: str | None = None,
        operations: Iterable[Operation] | None = None,
        limits: Mapping[str, Decimal | str] | None = None,
        stores: Iterable[str] = (),
        institutions: Iterable[str] = (),
        programs: Iterable[str] = (),
        product_types: Iterable[str] = (),
    ) -> None:
        rules = {
            "partner_id": partner_id,
            "id_tag": id_tag,
            "marketplace": marketplace,
            "environment": environment,
            "endpoint": endpoint,
            "region": region,
            "operations": None if operations is None else list(operations),
            "limits": [(currency, decimal(most)) for currency, most in (limits or {}).items()],
            "stores": list(stores),
            "institutions": list(institutions),
            "programs": list(programs),
            "product_types": list(product_types),
        }
        desk = _native.Desk.open(rules, (credentials.access_key_id, credentials.secret_access_key))
        if isinstance(desk, _native.Failure):
            raise error_of(desk)
        self._desk = desk


@unseen
def sign_request(question: str | bytes, rules: SigningRules) -> Signed:
    """Signs a till's question if the rules allow it, for this machine's time. Operation, partner, amount and store are
    read from the very bytes that are signed. Whether the till may ask at all is for the caller to check before.

    Args:
        question: ``Unsigned.question``, as it came from the till.

    Raises:
        InvalidInput: the question cannot be read, or a rule forbids it; ``field`` names which.
    """
    message = question.encode("utf-8", "surrogatepass") if isinstance(question, str) else bytes(question)
    signed: Any = rules._desk.sign(message)
    if isinstance(signed, _native.Failure):
        raise error_of(signed)
    answer, operation, request_id, card_number, amount, currency, source_id = signed
    exact = None if amount is None else Decimal(amount)
    return Signed(operation, request_id, card_number, exact, currency, source_id, answer)


def native_signer(signer: Signer | None) -> Any:
    """The signer as the core calls it."""
    if signer is None:
        return None
    if not callable(signer):
        raise TypeError(f"signer is of type {type(signer).__name__}; give a function")

    def call(
        operation: Operation, format: Literal["json", "xml"], host: str, body: bytes, at: int, question: str
    ) -> list[tuple[str, str]] | str:
        unsigned = Unsigned(operation, format, host, bytes(body), _EPOCH + timedelta(microseconds=at), question)
        # This frame is on the stack that an error tracker shows of the signer's.
        del body, question
        try:
            signed: object = signer(unsigned)
        except SigningRefused as refused:
            return str(refused)
        except PosaError as refused:
            return refused.message
        if not isinstance(signed, Mapping):
            return f"it returned a value of type {type(signed).__name__}, not a mapping of headers"
        return list(signed.items())

    return call
