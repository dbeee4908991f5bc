"""Segments follow the pipeline by way of notes: each is looked at once, and whom an erasure removed stays gone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from amity.access import api as access
from amity.events import consumers
from amity.events.consuming import registered_consumers
from amity.events.streams import stream
from amity.people import segments, segments_check, segments_work, segments_world
from amity.people.models import SegmentMember, SegmentMove, SegmentTimer, SegmentVersion, SegmentWork
from amity.people.tests.identity_kit import feed, forget, identify, track

pytestmark = pytest.mark.django_db
SEEN = {"all": [{"event": "Seen", "times": {"op": "ge", "n": 2}}]}


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    forget()
    segments_world._plan = None


def looked_at(notes: list[Any]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        segments_work.look(notes, cursor)


def notes() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid::text::bigint, id, people, names, at FROM people_segment_work ORDER BY xid, id")
        return [segments_work.TABLE.make(row) for row in cursor.fetchall()]


def test_notes_are_followed_once_and_gone() -> None:
    made = segments.create(access.SYSTEM, "Seen twice", SEEN)
    segments.recompute(made.id)
    feed([track(1, "anna"), track(2, "anna"), track(3, "ben"), identify(4, "anna", plan="team")])
    waiting = notes()
    assert {person for note in waiting for person in note.people} and not SegmentMember.objects.exists()
    assert segments_check.check_all() == {made.id: 0}  # who is about to be looked at is no difference
    looked_at(waiting)
    assert (SegmentMember.objects.count(), SegmentMove.objects.count(), SegmentWork.objects.count()) == (1, 1, 0)
    looked_at(waiting)
    assert (SegmentMember.objects.count(), SegmentMove.objects.count()) == (1, 1)


def test_somebody_erased_meanwhile_leaves_no_trace() -> None:
    segments.create(access.SYSTEM, "Seen twice", SEEN)
    with transaction.atomic(), connection.cursor() as cursor:
        segments_work.note(cursor, {uuid4(): {"event:Seen"}})
    looked_at(notes())
    assert not SegmentTimer.objects.exists() and not SegmentMove.objects.exists()


@pytest.mark.alone  # a transaction of another test, on the same server, would hold the notes back
@pytest.mark.django_db(transaction=True)
def test_the_consumer_follows_what_was_committed() -> None:
    SegmentVersion.objects.get_or_create(pk=1)  # the test before this one may have emptied every table
    segments.create(access.SYSTEM, "Seen twice", SEEN)
    feed([track(1, "anna"), track(2, "anna")])
    assert consumers.Runner(registered_consumers()["segments"], stream()).drain() == 1
    assert SegmentMember.objects.count() == 1 and not SegmentWork.objects.exists()
