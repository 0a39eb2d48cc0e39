"""Where a sale happens (specification, "Additional requirements at Brick and Mortar locations")."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDetails:
    """A location in words; all of it together takes at most 200 characters, which the activation checks."""

    institution_name: str
    """The merchant; the specification requires it."""
    institution_parent_company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    phone_number: str | None = None
    upc: str | None = None
    max_characters: int | None = None
    """Another limit than 200: the specification's own sample is longer than its limit."""


@dataclass(frozen=True, slots=True)
class TransactionSource:
    """The store of a sale; make one with :meth:`long` or :meth:`short`. Its values are checked by the activation."""

    form: Literal["long", "short"]
    source_id: str
    institution_id: str
    details: SourceDetails | None = None
    details_json: str | None = None
    upc: str | None = None
    two_members: bool = False

    @classmethod
    def long(cls, source_id: str, institution_id: str, details: SourceDetails | str) -> "TransactionSource":
        """The location is described in each request, by ``details`` or by their finished JSON text.

        ``source_id`` names the store, ``institution_id`` its parent; without a parent, give the store again. At most
        20 characters each.
        """
        if isinstance(details, str):
            return cls("long", source_id, institution_id, details_json=details)
        return cls("long", source_id, institution_id, details=details)

    @classmethod
    def short(
        cls, source_id: str, institution_id: str, *, upc: str | None = None, two_members: bool = False
    ) -> "TransactionSource":
        """The identifiers only; a location mapping file is sent to Amazon beforehand.

        ``two_members`` writes them as in the specification's text instead of its sample; ``upc`` has no place then.
        """
        return cls("short", source_id, institution_id, upc=upc, two_members=two_members)
