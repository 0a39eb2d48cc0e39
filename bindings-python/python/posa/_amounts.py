"""Amounts as people type them."""

from decimal import Decimal

from . import _native
from ._errors import error_of
from ._frames import unseen


@unseen
def typed_amount(text: str, currency: str, *, decimal_separator: str) -> Decimal:
    """Reads what a person typed where ``decimal_separator`` stands before the decimals.

    Nothing is guessed: thousands are typed without a separator, and the other country's separator is refused, since
    ``1.000`` is a thousand in one country and one in the other. ``Decimal`` and ``float`` know only the point.

    Args:
        text: such as ``"25,00"``; digits of Arabic, Persian and full-width writing are read too.
        currency: ISO 4217, such as ``EUR``.
        decimal_separator: ``"."``, ``","`` or the Arabic ``"\\u066b"``, as the till's locale has it:
            ``locale.localeconv()["decimal_point"]``, or Babel's ``get_decimal_symbol``.

    Raises:
        InvalidInput: field ``amount``: another character, more decimals than the currency has, or out of its range;
            or field ``decimal_separator``.
        TypeError: an argument is no ``str``.
    """
    told = _native.typed_amount(text, decimal_separator, currency)
    if isinstance(told, _native.Failure):
        raise error_of(told)
    return Decimal(told)
