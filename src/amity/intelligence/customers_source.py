"""Where purchases come from: the room that owns orders registers it in its ``apps.py``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    import polars as pl


class PurchaseSource(Protocol):
    """Where purchases come from; registered in ``apps.py`` of the room that owns orders."""

    def purchases(self, ids: Sequence[UUID] | None = None) -> pl.DataFrame:
        """``kind`` (person, company), ``id`` (text), ``day`` (days since 1970), ``minor`` in the house currency; at
        most one row a customer and day, in order of customer and day. ``ids``: only of these customers."""

    def any(self) -> bool:
        """Whether anything was ever bought. 1 query."""

    def choices(self) -> pl.DataFrame:
        """Who chose which product: ``who``, ``product`` (texts), ``at`` (days since 1970); orders weigh as views do."""


_sources: list[PurchaseSource] = []


def register_purchases(source: PurchaseSource) -> None:
    """Say where purchases come from; a second one is a bug."""
    if _sources:
        raise ValueError("There is a source of purchases already.")
    _sources.append(source)


def source() -> PurchaseSource:
    """The one source of purchases."""
    return _sources[0]


def any_purchases() -> bool:
    """Whether there is anything to learn from. 1 query."""
    return bool(_sources) and source().any()
