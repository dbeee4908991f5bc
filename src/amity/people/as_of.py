"""Profiles as they were: every value that was replaced after a moment is put back, from the history of changes.

What is learned from a decided record must have been known while it was still open, or the model learns the outcome's
traces. So training looks at each decided record at some moment between its opening and its decision; a record that is
open is looked at now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from amity.people.models import TraitChange

_PARTS = 1_000


def moment_of(record_id: UUID, opened: datetime | None, decided: datetime | None) -> datetime | None:
    """When a record is looked at: None (now) while it is open, else somewhere between opening and decision.

    Where in between comes from the record's id, so that the same record is always looked at in the same moment and
    records together are seen at all ages. Without an opening time: at the decision, before what it brought.
    """
    if decided is None:
        return None
    if opened is None or opened >= decided:
        return decided
    return opened + (decided - opened) * ((record_id.int % _PARTS) / _PARTS)


def before_changes(kind: str, moments: Mapping[UUID, datetime]) -> dict[UUID, dict[str, Any]]:
    """Values at ``moments`` of what was replaced since, by profile of ``kind`` (person, company). 1 query."""
    return first_after((row for rows in changes(kind, moments).values() for row in rows), moments)


def changes(kind: str, since: Mapping[UUID, datetime]) -> dict[UUID, list[tuple[UUID, str, Any, datetime]]]:
    """Changes of every profile from its moment on, in order of time, as `first_after` takes them. 1 query.

    What an event said while a typed value stayed was never the profile's value.
    """
    found: dict[UUID, list[tuple[UUID, str, Any, datetime]]] = {}
    if not since:
        return found
    rows = TraitChange.objects.filter(
        profile_kind=kind, profile_id__in=list(since), changed_at__gte=min(since.values()), held=False
    )
    for row in rows.order_by("changed_at", "id").values_list("profile_id", "name", "before", "changed_at"):
        found.setdefault(row[0], []).append(row)
    return found


def first_after(
    rows: Iterable[tuple[UUID, str, Any, datetime]], moments: Mapping[UUID, datetime]
) -> dict[UUID, dict[str, Any]]:
    """Of changes in order of time (subject, name, value before, when) the first of every name at or after the
    subject's moment: its value before is what held then."""
    found: dict[UUID, dict[str, Any]] = {}
    for subject, name, before, at in rows:
        if at >= moments[subject]:
            found.setdefault(subject, {}).setdefault(name, before)
    return found
