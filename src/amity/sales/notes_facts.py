"""What staff write down, as lines of the log of facts. The text stays in its own table: it may change, a fact not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import polars as pl
from django.db import connection

from amity.base import clock
from amity.base.ids import new_id
from amity.events import api as events

SOURCE = "Amity"


def tell(kind: str, about: Mapping[str, UUID | None], actor_id: UUID | None, at: datetime, data: Any) -> UUID:
    """Append one fact, in the caller's transaction; returns its id. ``about``: person_id, company_id, deal_id."""
    fact_id = new_id()
    row = {
        "id": fact_id.hex, "kind": kind, "name": kind, "summary": "", "source": SOURCE, "message_id": str(fact_id),
        "data": msgspec.json.encode(data).decode(), "occurred_at": at, "actor_id": _hex(actor_id),
        **{name: _hex(about.get(name)) for name in ("person_id", "company_id", "deal_id")},
    }  # fmt: skip
    types = {name: pl.String for name in row if name != "occurred_at"}
    frame = pl.DataFrame([row], schema_overrides=types)
    with connection.cursor() as cursor:
        events.append_batch(cursor, frame, None, clock.now())
    return fact_id


def take_back(fact_ids: Sequence[UUID | None]) -> None:
    """Remove facts of what was taken back or is told otherwise now."""
    with connection.cursor() as cursor:
        events.remove_facts(cursor, [each for each in fact_ids if each])


def with_words(
    shown: Sequence[events.EventView], words: Mapping[UUID, tuple[str, str]]
) -> list[events.EventView]:  # fmt: skip
    """Facts with their name and text as they are now. ``words``: fact id → (name, text)."""
    return [
        replace(each, name=words[each.id][0], summary=words[each.id][1]) if each.id in words else each for each in shown
    ]


def _hex(value: UUID | None) -> str | None:
    return value.hex if value else None
