"""Who belongs to a profile: itself and all that were merged into it. Reading only; see `merge`.

An event keeps for ever the row on which it landed, a *member*; what a profile did is what its members did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from amity.people.models import Merge, Person
from amity.people.profiles import NAME_FIELDS, IdentifierView, told_name

MOST = 1_000  # members of a profile that are read at most: a login on a million devices stays a quick page
_MEMBERS = """
SELECT p.id, array_prepend(p.id, coalesce(m.ids, '{{}}'))
FROM unnest({ids}::uuid[]) AS p (id) LEFT JOIN LATERAL (
    SELECT array_agg(few.id) AS ids FROM (
        SELECT id FROM people_person WHERE merged_into_id = p.id ORDER BY id DESC LIMIT {most}) few) m ON true
"""
_IDENTIFIERS = """
SELECT device, kind, value, origin_id, observed_at FROM (
    (SELECT false AS device, kind, value, origin_id, observed_at FROM people_identifier
    WHERE person_id = ANY(%(ids)s::uuid[]) ORDER BY kind, value, observed_at LIMIT 2 * %(most)s)
    UNION ALL (
        SELECT true, 'device', d.value, NULL::uuid, d.created_at FROM people_device d
        WHERE d.login_id = ANY(%(ids)s::uuid[])
        UNION SELECT true, 'device', d.value, NULL::uuid, d.created_at FROM people_slot s
        JOIN people_device d ON d.id = s.device_id WHERE s.person_id = ANY(%(ids)s::uuid[])
        ORDER BY 5 LIMIT %(most)s)) found
ORDER BY device, CASE WHEN NOT device THEN kind END, CASE WHEN NOT device THEN value END, observed_at
"""
_MAX_SHOWN = 50


@dataclass(frozen=True, slots=True)
class JoinView:
    """A profile that was merged into another. ``policy``: manual, device, contact; ``evidence`` as it was told."""

    id: UUID
    loser_id: UUID
    loser: str
    winner_id: UUID
    policy: str
    evidence: dict[str, Any]
    actor_id: UUID | None
    created_at: datetime


def whole(person_id: UUID) -> list[UUID]:
    """One profile with its members, itself first. 1 query."""
    return members_of([person_id])[person_id]


def members_of(ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Each profile with its members, itself first (at most the 1,000 newest others). 1 query."""
    wanted = list(dict.fromkeys(ids))
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS.format(ids="%s", most=MOST), [wanted])
        return {row[0]: list(row[1]) for row in cursor.fetchall()}


def survivors(ids: Iterable[UUID], cursor: Any = None) -> dict[UUID, UUID]:
    """Each id with the profile that it is part of now: itself unless merged. Unknown ids stand alone. 1 query."""
    wanted = list(dict.fromkeys(ids))
    found = {each: each for each in wanted}
    query = "SELECT id, merged_into_id FROM people_person WHERE id = ANY(%s) AND merged_into_id IS NOT NULL"
    if cursor is not None:
        cursor.execute(query, [wanted])
        return found | dict(cursor.fetchall())
    with connection.cursor() as own:
        own.execute(query, [wanted])
        return found | dict(own.fetchall())


def identifiers_of(members: Sequence[UUID]) -> list[IdentifierView]:
    """Ways to recognise a person by all `members_of` the profile, and devices; at most 50 of each. 1 query."""
    seen: dict[tuple[str, str], IdentifierView] = {}
    devices = []
    with connection.cursor() as cursor:
        cursor.execute(_IDENTIFIERS, {"ids": list(members), "most": _MAX_SHOWN})
        for device, *row in cursor.fetchall():
            view = IdentifierView(*row)
            if device:
                devices.append(view)
            else:
                seen.setdefault((view.kind, view.value), view)
    return list(seen.values())[:_MAX_SHOWN] + devices


def joins_of(members: Sequence[UUID]) -> list[JoinView]:
    """What a profile with these `members_of` was joined from, newest first (at most 50): merges that hold. 1 query."""
    rows = (
        Merge.objects.filter(loser_id__in=members, revoked_at=None)
        .select_related("loser")
        .order_by("-created_at", "-id")[:_MAX_SHOWN]
    )
    return [_join(row) for row in rows]


def _join(row: Merge) -> JoinView:
    name = told_name({field: getattr(row.loser, field) for field in NAME_FIELDS})
    return JoinView(row.pk, row.loser_id, name, row.winner_id, row.policy, row.evidence, row.actor_id, row.created_at)


def listed_names(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of these rows, merged ones included. 1 query."""
    rows = Person.objects.filter(pk__in=ids).values("pk", *NAME_FIELDS)
    return {row["pk"]: told_name(row) for row in rows}
