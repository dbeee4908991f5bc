"""Rows of identity, made and found in bulk: persons, user ids, devices, slots, joins. One statement each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from amity.base import clock
from amity.base.ids import new_id
from amity.people import literals

_PERSON_TEXTS = (
    "display_name", "given_name", "family_name", "middle_name", "email", "phone", "job_title", "city", "country",
    "language", "source", "search",
)  # fmt: skip
_PERSONS = (
    "INSERT INTO people_person (id, grade, anonymous, origin_id, observed_at, merged_into_id, created_at, updated_at, "
    f"lead_status, traits, origins, {', '.join(_PERSON_TEXTS)}) SELECT u.id, u.grade, u.grade = 'visitor', u.origin, "
    "u.at, u.into_id, %(now)s, %(now)s, 'none', '{}', '{}', " + ", ".join("''" for _ in _PERSON_TEXTS) + " "
    "FROM unnest(%(ids)s::uuid[], %(grades)s::text[], %(origins)s::uuid[], %(at)s::timestamptz[], %(into)s::uuid[]) "
    "AS u (id, grade, origin, at, into_id)"
)
_IDENTIFIERS = (
    "INSERT INTO people_identifier (id, person_id, kind, value, origin_id, observed_at, verified) "
    "SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::timestamptz[], "
    "%s::boolean[]) "
    "ON CONFLICT (value, kind, person_id) DO UPDATE SET verified = true "
    "WHERE EXCLUDED.verified AND NOT people_identifier.verified RETURNING person_id, kind, value"
)
_MERGES = (
    "INSERT INTO people_merge (id, loser_id, winner_id, policy, plain, evidence, created_at, veto) "
    "SELECT u.id, u.loser, u.winner, 'device', u.plain, u.evidence::jsonb, %s, false "
    "FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::boolean[], %s::text[]) "
    "AS u (id, loser, winner, plain, evidence)"
)


class NewPerson(NamedTuple):
    """A person row to make. ``merged_into``: the profile that it is part of from the start."""

    id: UUID
    grade: str
    origin_id: UUID
    at: datetime
    merged_into: UUID | None = None


class Claim(NamedTuple):
    """An identifier that a profile says is its own. ``kind``: user_id, email, phone."""

    person_id: UUID
    kind: str
    value: str
    origin_id: UUID
    at: datetime
    verified: bool = False


class Point(NamedTuple):
    """A user id seen on a device at a moment."""

    device_id: UUID
    login: UUID
    at: datetime
    message_id: str
    evidence: str


class Join(NamedTuple):
    """A visitor is the owner of a user id. ``plain``: a visitor that says nothing of itself."""

    visitor: UUID
    login: UUID
    plain: bool
    evidence: str


def add_persons(cursor: Any, rows: Sequence[NewPerson]) -> None:
    """Make person rows. At most 1 query."""
    if rows:
        cursor.execute(
            _PERSONS,
            {
                "now": clock.now(),
                "ids": [row.id for row in rows],
                "grades": [row.grade for row in rows],
                "origins": [row.origin_id for row in rows],
                "at": [row.at for row in rows],
                "into": [row.merged_into for row in rows],
            },
        )


def add_identifiers(cursor: Any, claims: Sequence[Claim]) -> list[tuple[UUID, str, str]]:
    """Note identifiers; those that were new, or are proved now. At most 1 query."""
    if not claims:
        return []
    once: dict[tuple[UUID, str, str], Claim] = {}
    for claim in claims:
        key = claim[:3]
        if key not in once or claim.verified:
            once[key] = claim
    rows = [once[key] for key in sorted(once)]
    cursor.execute(
        _IDENTIFIERS,
        [
            [new_id() for _ in rows],
            [row.person_id for row in rows],
            [row.kind for row in rows],
            [row.value for row in rows],
            [row.origin_id for row in rows],
            [row.at for row in rows],
            [row.verified for row in rows],
        ],
    )
    return [tuple(row) for row in cursor.fetchall()]


def add_devices(cursor: Any, rows: Sequence[tuple[UUID, str]]) -> None:
    """Make devices: ids and values. At most 1 query."""
    if rows:
        cursor.execute(
            "INSERT INTO people_device (id, value, shared, created_at) "
            "SELECT u.id, u.value, false, %s FROM unnest(%s::uuid[], %s::text[]) AS u (id, value)",
            [clock.now(), [row[0] for row in rows], [row[1] for row in rows]],
        )


def own_devices(cursor: Any, rows: Sequence[tuple[UUID, UUID | None, bool]]) -> None:
    """Say whose devices are: device, its only user id, whether it is shared. At most 1 query."""
    if rows:
        cursor.execute(
            "UPDATE people_device d SET login_id = u.login, shared = u.shared "
            "FROM unnest(%s::uuid[], %s::uuid[], %s::boolean[]) AS u (id, login, shared) WHERE d.id = u.id",
            [[row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]],
        )


def add_slots(cursor: Any, rows: Sequence[tuple[UUID, UUID, UUID | None]]) -> None:
    """Make slots: device, visitor, user id or None. At most 1 query."""
    if rows:
        cursor.execute(
            "INSERT INTO people_slot (id, device_id, person_id, login_id) "
            "SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[])",
            [[new_id() for _ in rows], [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]],
        )


def add_points(cursor: Any, points: Sequence[Point]) -> None:
    """Keep evidence that user ids were seen on devices. At most 1 query."""
    if points:
        cursor.execute(
            "INSERT INTO people_link (id, device_id, login_id, evidence, message_id, at) SELECT * FROM "
            "unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[]) "
            "ON CONFLICT (device_id, at, message_id) DO NOTHING",
            [
                [new_id() for _ in points],
                [point.device_id for point in points],
                [point.login for point in points],
                [point.evidence for point in points],
                [point.message_id for point in points],
                [point.at for point in points],
            ],
        )


def add_joins(cursor: Any, joins: Sequence[Join]) -> None:
    """Enter joins of visitors into the ledger of merges. At most 1 query."""
    if joins:
        cursor.execute(
            _MERGES,
            [
                clock.now(),
                [new_id() for _ in joins],
                [join.visitor for join in joins],
                [join.login for join in joins],
                [join.plain for join in joins],
                [join.evidence for join in joins],
            ],
        )


def logins(cursor: Any, values: Iterable[str]) -> dict[str, UUID]:
    """Person rows of user ids that are known. At most 1 query."""
    wanted = list(values)
    if not wanted:
        return {}
    cursor.execute(
        "SELECT value, person_id FROM people_identifier WHERE kind = 'user_id' AND value = ANY(%s::text[])",
        [literals.texts(wanted)],
    )
    return dict(cursor.fetchall())


def merged(cursor: Any, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Profiles that rows which are merged are now part of. At most 1 query."""
    wanted = list(ids)
    if not wanted:
        return {}
    cursor.execute(
        "SELECT id, merged_into_id FROM people_person WHERE id = ANY(%s::uuid[]) AND merged_into_id IS NOT NULL",
        [literals.uuids(wanted)],
    )
    return dict(cursor.fetchall())
