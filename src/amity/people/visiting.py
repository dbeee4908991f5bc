"""Visitors of a site that write to us before anybody knows who they are: the same rows that tracking makes.

An anonymous id is that of the tracking SDK, so what somebody did on the site and what they say are one profile from
the start. A user id counts only where the site's own server signed it (the caller checks that).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from amity.base import clock
from amity.base.errors import Refused
from amity.events import api as events
from amity.people import identity
from amity.people.members import survivors
from amity.people.merge_groups import lock

_TRUSTED = """
SELECT i.person_id FROM people_identifier i JOIN people_person p ON p.id = i.person_id
WHERE i.kind = %s AND i.value = %s AND p.archived_at IS NULL AND (i.verified OR (p.grade = 'record' AND (
    i.origin_id IS NULL OR EXISTS (SELECT FROM people_import m WHERE m.id = i.origin_id)))) LIMIT 1000
"""


def visitor(anonymous_id: str, origin_id: UUID) -> UUID:
    """The profile of whoever uses the device with this anonymous id; made where none is known. About 6 queries.

    ``origin_id``: what a new row gives as its source. Raises ``Refused("bad_id")`` for an id that means nobody.
    """
    return _home(events.Fact(**_blank(origin_id), anonymous_id=anonymous_id, user_id=""))


def signed_in(user_id: str, origin_id: UUID) -> UUID:
    """The profile of a user id that is proved; made where none is known. About 6 queries. Raises as `visitor`."""
    return _home(events.Fact(**_blank(origin_id), anonymous_id="", user_id=user_id))


def proved(kind: str, value: str) -> set[UUID]:
    """Profile rows (members, not whom they are part of) that proved this address is theirs. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id FROM people_identifier WHERE kind = %s AND value = %s AND verified LIMIT 1000",
            [kind, value],
        )
        return {row[0] for row in cursor.fetchall()}


def trusted(kind: str, value: str) -> set[UUID]:
    """`proved`, and recorded people whose address staff or an import gave; what events only claimed is none. 1 query.

    Archived profiles are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TRUSTED, [kind, value])
        return {row[0] for row in cursor.fetchall()}


def homes_of(holder: str, rows: dict[UUID, UUID]) -> dict[UUID, UUID]:
    """Rows of another table with the member that each is at home at: merges move them, and this is whence. 1 query.

    ``rows``: row → the person it points at now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_id, home_id FROM people_holding WHERE holder = %s AND row_id = ANY(%s)", [holder, list(rows)]
        )
        return rows | dict(cursor.fetchall())


def _home(fact: events.Fact) -> UUID:
    with transaction.atomic(), connection.cursor() as cursor:
        lock(cursor)
        home = identity.resolve(cursor, identity.Memory(), [fact]).homes[0]
        if home is None:
            raise Refused("bad_id", _("This id stands for nobody."))
        return survivors([home], cursor)[home]


def _blank(origin_id: UUID) -> dict[str, Any]:
    now = clock.now()
    return {
        "source_id": origin_id, "kind": "page", "name": "", "message_id": "", "previous_id": "", "group_id": "",
        "traits": {}, "properties": {}, "context": {}, "occurred_at": now, "received_at": now,
        "position": (0, 0),
    }  # fmt: skip
