"""Making people and letting events land, as the pipeline does it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.base.ids import new_id
from amity.events import api as events
from amity.people import activity, segments
from amity.people.models import Person

_numbers = count()
SOURCE = UUID(int=7)


def person(**values: Any) -> UUID:
    """A person with these fields and traits."""
    return Person.objects.create(display_name=values.pop("display_name", "Ann"), **values).pk


def fact(name: str, at: datetime, properties: dict[str, Any] | None = None) -> events.Fact:
    return events.Fact(
        source_id=SOURCE, kind="track", name=name, message_id=f"m{next(_numbers)}", user_id="", anonymous_id="",
        previous_id="", group_id="", traits={}, properties=properties or {}, context={}, occurred_at=at, received_at=at,
        position=(0, 0),
    )  # fmt: skip


def land(rows: Iterable[tuple[UUID, str, datetime, dict[str, Any]]]) -> None:
    """One micro-batch: into the log, into the sums, then the segments."""
    landed = [events.Landed(fact(name, at, props), who, id=new_id()) for who, name, at, props in rows]
    with transaction.atomic(), connection.cursor() as cursor:
        events.append_facts(cursor, landed)
        segments.touched(cursor, activity.record(cursor, landed))
