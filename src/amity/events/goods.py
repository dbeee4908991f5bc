"""Which products people looked at, put into a basket or bought, as their events tell. Reading only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from amity.events.models import Event

# What the tracking conventions in use call a product (Segment's e-commerce events, GA4, our own snippets).
KEYS = ("product_id", "sku", "item_id", "products", "items")
_MOST = 50  # products of one event
_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Looked:
    """One event with products: keys as the shop calls them (article number or our id)."""

    who: UUID
    name: str
    keys: tuple[str, ...]
    at: datetime


def looked_at(people: Sequence[UUID], limit: int = 100) -> list[Looked]:
    """The newest events with products of these profiles (one person, merged ones included), newest first. 1 query."""
    rows = Event.objects.filter(person_id__in=list(people), data__has_any_keys=list(KEYS)).order_by("-occurred_at")
    return _told(rows.values_list("person_id", "name", "data", "occurred_at")[:limit])


def all_looked_at(since: datetime, most: int) -> Iterator[Looked]:
    """The newest ``most`` events with products of known people since a moment, newest first. 1 query, in chunks."""
    rows = Event.objects.filter(person_id__isnull=False, occurred_at__gte=since, data__has_any_keys=list(KEYS))
    newest = rows.order_by("-occurred_at").values_list("person_id", "name", "data", "occurred_at")[:most]
    for row in newest.iterator(chunk_size=_CHUNK):
        yield from _told([row])


def _told(rows: Iterable[tuple[Any, ...]]) -> list[Looked]:
    return [Looked(who, name, keys, at) for who, name, data, at in rows if (keys := tuple(_keys(data)))]


def _keys(data: Mapping[str, Any]) -> list[str]:
    """The products of one event, each once."""
    found = [data.get(key) for key in KEYS[:3]]
    for name in KEYS[3:]:
        listed = data.get(name)
        for each in listed[:_MOST] if isinstance(listed, list) else []:
            found += [each.get(key) for key in KEYS[:3]] if isinstance(each, Mapping) else [each]
    texts = [str(each).strip() for each in found if isinstance(each, str | int) and not isinstance(each, bool)]
    return list(dict.fromkeys(text for text in texts if text))[:_MOST]
