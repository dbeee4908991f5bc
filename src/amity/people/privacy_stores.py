"""Files outside the database that belong to somebody's rows: mails as they came, attachments; erased and given too.

A room that keeps such files registers them in its apps.py. They are asked before the rows that name them go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Stored:
    """``clean(ids)`` removes the files of these profiles and says how many; ``tell(ids)`` describes them for a copy."""

    name: str
    clean: Callable[[Sequence[UUID]], int]
    tell: Callable[[Sequence[UUID]], Iterable[dict[str, Any]]]


_stores: dict[str, Stored] = {}


def register_store(store: Stored) -> None:
    """Have a room's files follow erasure and access."""
    _stores[store.name] = store


def clean(ids: Sequence[UUID]) -> dict[str, int]:
    """Remove the files of these profiles; how many by store."""
    return {store.name: store.clean(ids) for store in _stores.values()}


def tell(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Every file of these profiles, for a copy of somebody's data."""
    return [{"store": store.name, **each} for store in _stores.values() for each in store.tell(ids)]
