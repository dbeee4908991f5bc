"""Segments: groups of people described by a definition, counted on demand or followed live.

This is the door of the engine inside the room; definitions are JSON as docs/segments.md describes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, jobs
from amity.base.errors import NotFound, Refused
from amity.people import segments_reading as reading
from amity.people import segments_world as worlds
from amity.people.segment_tables import Segment, SegmentMember, SegmentVersion
from amity.people.segments_check import check_all, health
from amity.people.segments_fill import recompute
from amity.people.segments_grammar import BadDefinition
from amity.people.segments_live import MAX_PEOPLE, fire_due, follow, touched
from amity.people.segments_reading import entries_of, moves_of
from amity.people.segments_sql import Kind
from amity.people.segments_views import (
    Attribute,
    Count,
    Definition,
    Explained,
    Members,
    MemberView,
    Moves,
    MoveView,
    SegmentView,
    Standing,
    Vocabulary,
)
from amity.people.segments_vocabulary import labels, vocabulary
from amity.people.segments_why import why as _why
from amity.people.segments_world import register

MAX_SEGMENTS, MAX_NAME = 5_000, 200
FILL = "people.segment_fill"
_VIEW = tuple(SegmentView.__dataclass_fields__)


def validate(definition: Any, *, of: UUID | None = None) -> Definition:
    """The definition, checked; raises `BadDefinition` with the place. ``of``: the segment it belongs to. 3 queries."""
    around = worlds.world()
    worlds.check_references(worlds.parse(definition, around), around, of)
    return dict(definition)


def count(definition: Any, principal: access.Principal | None = None) -> Count:
    """How many people (that ``principal`` sees) a definition describes. Below a second at a million people."""
    around = worlds.world()
    tree = worlds.parse(definition, around)
    worlds.check_references(tree, around, None)
    return reading.count(tree, around, principal)


def sample(definition: Any, n: int = 10, principal: access.Principal | None = None) -> list[MemberView]:
    """Some of the people that a definition describes, at most 100."""
    around = worlds.world()
    tree = worlds.parse(definition, around)
    worlds.check_references(tree, around, None)
    return reading.sample(tree, around, n, principal)


def why(definition: Any, person_id: UUID) -> Explained:
    """Why somebody is described by a definition, or not: the tree of its conditions with what is known."""
    around = worlds.world()
    tree = worlds.parse(definition, around)
    worlds.check_references(tree, around, None)
    return _why(tree, definition, around, person_id, labels())


def segments(principal: access.Principal, *, archived: bool = False) -> list[SegmentView]:
    """All segments by name. 1 query."""
    access.require(principal, "segments.view")
    rows = Segment.objects.filter(archived_at__isnull=not archived).order_by("name", "id")
    return [SegmentView(**row) for row in rows.values(*_VIEW)]


def get(principal: access.Principal, segment_id: UUID) -> SegmentView:
    """One segment; raises `NotFound`. 1 query."""
    access.require(principal, "segments.view")
    return _view(_found(segment_id))


def create(
    principal: access.Principal, name: str, definition: Any, *, live: bool = True, description: str = ""
) -> SegmentView:
    """A new segment; a live one is filled by a job. Audited."""
    access.require(principal, "segments.manage")
    told = validate(definition)
    with transaction.atomic():
        SegmentVersion.objects.select_for_update().get()
        if Segment.objects.filter(archived_at=None).count() >= MAX_SEGMENTS:
            raise Refused(
                "too_many_segments", _("There can be at most {most} segments.").format(most=MAX_SEGMENTS), 409
            )
        row = Segment(name=_name(name, None), description=description[:2_000], definition=told, number=_next_number())
        row.live, row.created_by = live, principal.staff_id
        row.save(force_insert=True)
        access.record(principal, "create", "segment", row.pk, {"name": row.name})
        _follow(row, principal)
    return _view(row)


def change(
    principal: access.Principal,
    segment_id: UUID,
    *,
    name: str | None = None,
    definition: Any = None,
    live: bool | None = None,
    description: str | None = None,
) -> SegmentView:
    """Change what is given; a changed definition is recomputed by a job, with the segments built on it. Audited."""
    access.require(principal, "segments.manage")
    told = None if definition is None else validate(definition, of=segment_id)
    with transaction.atomic():
        SegmentVersion.objects.select_for_update().get()
        row = _found(segment_id)
        before = (row.definition, row.live)
        row.name = row.name if name is None else _name(name, segment_id)
        row.description = row.description if description is None else description[:2_000]
        row.definition = row.definition if told is None else told
        row.live = row.live if live is None else live
        row.changed_at = clock.now()
        if before[1] and not row.live:
            _forget_members(row)
        row.save()
        access.record(principal, "change", "segment", row.pk, {"name": row.name})
        if (row.definition, row.live) != before:
            _follow(row, principal)
            _follow_others(row, principal)
    return _view(row)


def archive(principal: access.Principal, segment_id: UUID) -> None:
    """Take a segment out of use; raises ``Refused("segment_in_use")`` when others build on it. Audited."""
    access.require(principal, "segments.manage")
    with transaction.atomic():
        SegmentVersion.objects.select_for_update().get()
        row = _found(segment_id)
        if worlds.built_on(segment_id, worlds.world()):
            raise Refused("segment_in_use", _("Other segments are built on this one: change them first."), 409)
        row.archived_at, row.live = clock.now(), False
        _forget_members(row)
        row.save()
        access.record(principal, "archive", "segment", row.pk, {"name": row.name})
        worlds.bump()


def members(principal: access.Principal, segment_id: UUID, *, cursor: str = "", limit: int = 50) -> Members:
    """People in a segment that ``principal`` sees: the newest of a live one first."""
    access.require(principal, "segments.view")
    return reading.members(_found(segment_id), worlds.world(), principal, cursor, limit)


def history(principal: access.Principal, segment_id: UUID, *, cursor: str = "", limit: int = 50) -> Moves:
    """Who entered and left a segment (of those that ``principal`` sees), newest first."""
    access.require(principal, "segments.view")
    return reading.history(_found(segment_id), principal, cursor, limit)


def recently(principal: access.Principal, segment_id: UUID, days: int = 7) -> tuple[int, int]:
    """How many entered and left a segment in the last days."""
    access.require(principal, "segments.view")
    return reading.recently(_found(segment_id), days)


def export(principal: access.Principal, segment_id: UUID) -> Iterator[bytes]:
    """The members as CSV lines; raises ``Refused("too_many_rows")``."""
    access.require(principal, "segments.view")
    access.require(principal, "people.export")
    return reading.export(_found(segment_id), worlds.world(), principal)


def fire_all_due() -> int:
    """Re-evaluate everybody who is due, at most half a million at a time; how many there were."""
    fired = 0
    for _n in range(100):
        with transaction.atomic(), connection.cursor() as cursor:
            due = fire_due(cursor)
        fired += due
        if due < MAX_PEOPLE:
            break
    return fired


def _found(segment_id: UUID) -> Segment:
    row = Segment.objects.filter(pk=segment_id, archived_at=None).first()
    if row is None:
        raise NotFound(_("This segment is not here."))
    return row


def _view(row: Segment) -> SegmentView:
    return SegmentView(**{name: getattr(row, name) for name in _VIEW})


def _name(given: str, of: UUID | None) -> str:
    name = given.strip()[:MAX_NAME]
    if not name:
        raise Refused("segment_nameless", _("Give the segment a name."))
    others = Segment.objects.filter(name=name, archived_at=None)
    if (others.exclude(pk=of) if of else others).exists():
        raise Refused("segment_name_taken", _("There is a segment of this name already."), 409)
    return name


def _next_number() -> int:
    """Numbers are never given twice: bits of a segment that is gone must not count for a new one."""
    return int(Segment.objects.aggregate(most=Max("number"))["most"] or 0) + 1


def _follow(row: Segment, principal: access.Principal) -> None:
    """Have a live segment filled, and every process know."""
    worlds.bump()
    if row.live:
        Segment.objects.filter(pk=row.pk).update(state=Segment.State.FILLING)
        row.state = Segment.State.FILLING
        jobs.start(FILL, FILL, subject_id=row.pk, started_by=principal.staff_id, segment_id=str(row.pk))


def _follow_others(row: Segment, principal: access.Principal) -> None:
    for other in Segment.objects.filter(pk__in=worlds.built_on(row.pk, worlds.world()), live=True):
        _follow(other, principal)


def _forget_members(row: Segment) -> None:
    """Nobody is in a segment that is not followed; a new number leaves the old one's bits without meaning."""
    SegmentMember.objects.filter(segment_no=row.number).delete()
    row.members = 0
    row.state = Segment.State.READY
    row.number = _next_number()


__all__ = [
    "FILL",
    "Attribute",
    "BadDefinition",
    "Count",
    "Definition",
    "Explained",
    "Kind",
    "MemberView",
    "Members",
    "MoveView",
    "Moves",
    "SegmentView",
    "Standing",
    "Vocabulary",
    "archive",
    "change",
    "check_all",
    "count",
    "create",
    "entries_of",
    "export",
    "fire_all_due",
    "fire_due",
    "follow",
    "get",
    "health",
    "history",
    "members",
    "moves_of",
    "recently",
    "recompute",
    "register",
    "sample",
    "segments",
    "touched",
    "validate",
    "vocabulary",
    "why",
]
