"""Definitions mean the same in SQL, in columns and in plain words, whatever they are and however the events come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from amity.access import api as access
from amity.base import clock
from amity.people import activity, computed, segments, segments_fill, segments_world
from amity.people.models import Activity, Computed, Person, Segment, SegmentMember, Tally
from amity.people.tests import segments_kit as kit
from amity.people.tests import segments_random as made
from amity.people.tests.segments_naive import Happening, Somebody, described

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
# Shrinking runs the whole story hundreds of times: the definition that failed is told anyway.
SLOW = settings(
    deadline=None, max_examples=60, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)


def told(each: dict[str, Any]) -> Somebody:
    fields = {"country": each["country"], "city": each["city"]}
    return Somebody(fields, each["traits"], [Happening(*event) for event in each["events"]])


def begin() -> None:
    """An empty world with computed values."""
    segments_world._plan, activity._names = None, activity.Names()  # what the last example read was rolled back
    Segment.objects.all().delete()
    with connection.cursor() as cursor:
        for table in ("people_activity", "people_tally", "people_segment_member", "people_segment_move",
                      "people_segment_timer", "events_event"):  # fmt: skip
            cursor.execute(f"DELETE FROM {table}")
    Person.objects.all().delete()
    Computed.objects.all().delete()
    for name, definition in made.COMPUTED.items():
        computed.define(access.SYSTEM, name, definition, name=name)


def populate(crowd: list[dict[str, Any]]) -> list[UUID]:
    ids = [kit.person(country=each["country"], city=each["city"], traits=each["traits"]) for each in crowd]
    kit.land((who, *event) for who, each in zip(ids, crowd, strict=True) for event in each["events"])
    return ids


def in_sql(definition: dict[str, Any]) -> set[UUID]:
    around = segments_world.world()
    with connection.cursor() as cursor:
        cursor.execute(*segments_fill.people_sql(segments_world.parse(definition, around), around))
        return {row[0] for row in cursor.fetchall()}


@SLOW
@given(st.lists(made.somebodies, min_size=1, max_size=6), st.lists(made.definitions, min_size=1, max_size=6))
def test_sql_means_what_the_words_say(crowd: list[dict[str, Any]], definitions: list[dict[str, Any]]) -> None:
    with transaction.atomic(), clock.fixed_at(made.NOW):
        begin()
        ids = populate(crowd)
        for definition in definitions:
            naive = {
                who for who, each in zip(ids, crowd, strict=True)
                if described(definition, told(each), made.NOW, made.COMPUTED, {})
            }  # fmt: skip
            assert in_sql(definition) == naive, definition
            for who in ids:
                assert segments.why(definition, who).holds == (who in naive)
        transaction.set_rollback(True)


def live_members() -> dict[int, set[UUID]]:
    found: dict[int, set[UUID]] = {}
    for who, number in SegmentMember.objects.values_list("person_id", "segment_no"):
        found.setdefault(number, set()).add(who)
    return found


def make_live(definitions: list[dict[str, Any]]) -> list[Segment]:
    rows = []
    for number, definition in enumerate(definitions, 1):
        segments.validate(definition)
        rows.append(Segment.objects.create(number=number, name=f"S{number}", definition=definition, live=True))
        segments_world.bump()
        segments.recompute(rows[-1].pk)
    return rows


def expect_full(rows: list[Segment]) -> None:
    members = live_members()
    for row in rows:
        assert members.get(row.number, set()) == in_sql(row.definition), row.definition
        assert Segment.objects.get(pk=row.pk).members == len(members.get(row.number, ()))


def at_the_level(name: str, op: str, level: float) -> tuple[Any, ...]:
    """Somebody whose computed value is at a level now, and passes it the next microsecond or much later."""
    events = [(event, made.NOW, {"amount": -5}) for event in ("Viewed", "Ordered")]
    crowd = [{"country": "", "city": "", "traits": {}, "events": events}]
    return crowd, [{"all": [{"trait": name, "op": op, "value": level}]}], [], [0.0, 1, 40, 1000]


@SLOW
@given(
    st.lists(made.somebodies, min_size=1, max_size=4),
    st.lists(made.definitions, min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 3), made.happenings), min_size=1, max_size=10),
    st.lists(st.sampled_from([0.0, 0.5, 1, 3, 7, 29, 40]), max_size=4),
)
@example(*at_the_level("warm", "ge", 1))
@example(*at_the_level("idle", "gt", 0))
@example(*at_the_level("owed", "lt", 0))
def test_following_gives_what_recomputing_gives(
    crowd: list[dict[str, Any]],
    definitions: list[dict[str, Any]],
    stream: list[tuple[int, Any]],
    waits: list[float],
) -> None:
    """Events in any order, then days that pass: members are at all times those of a full evaluation."""
    with transaction.atomic():
        with clock.fixed_at(made.NOW):
            begin()
            ids = populate(crowd)
            rows = make_live(definitions)
            expect_full(rows)
            for at, event in stream:
                kit.land([(ids[at % len(ids)], *event)])
                expect_full(rows)
        now = made.NOW
        for wait in waits:
            now += timedelta(days=wait, microseconds=1)
            with clock.fixed_at(now), connection.cursor() as cursor:
                segments.fire_due(cursor)
                expect_full(rows)
        with clock.fixed_at(now):
            assert segments.check_all() == {row.pk: 0 for row in rows}
        transaction.set_rollback(True)


def sums() -> dict[Any, Any]:
    rows = Activity.objects.values_list(
        "person_id", "measure_id", "n", "total", "decayed", "first_us", "last_us", "top"
    )
    return {row[:2]: (*row[2:4], pytest.approx(row[4], rel=1e-9, abs=1e-9), *row[5:]) for row in rows}


def tallies() -> set[Any]:
    return set(Tally.objects.values_list("person_id", "measure_id", "value", "n"))


@SLOW
@given(st.data())
def test_sums_are_those_of_counting_again_in_any_order_and_through_merges(data: st.DataObject) -> None:
    stream = data.draw(st.lists(st.tuples(st.integers(0, 3), made.happenings), min_size=1, max_size=25))
    sizes = data.draw(st.lists(st.integers(1, 6), min_size=25, max_size=25))
    merges = data.draw(st.dictionaries(st.integers(1, 3), st.just(0), max_size=3))
    when = data.draw(st.integers(0, len(stream)))
    with transaction.atomic(), clock.fixed_at(made.NOW):
        begin()
        ids = [kit.person() for _n in range(4)]
        at = 0
        for size in sizes:
            if at <= when < at + size:
                merged = {ids[loser]: ids[winner] for loser, winner in merges.items()}
                for loser, winner in merged.items():
                    Person.objects.filter(pk=loser).update(merged_into=winner)
                with connection.cursor() as cursor:
                    activity.absorb(cursor, merged)
            kit.land((ids[who], *event) for who, event in stream[at : at + size])
            at += size
        before, before_values = sums(), tallies()
        with connection.cursor() as cursor:
            activity.rebuild(cursor, ids)
        assert before == {key: tuple(value) for key, value in plain(sums()).items()}
        assert before_values == tallies()
        transaction.set_rollback(True)


def plain(rows: dict[Any, Any]) -> dict[Any, Any]:
    """Without the tolerance: `approx` compares with numbers only."""
    return {key: (*value[:2], value[2].expected, *value[3:]) for key, value in rows.items()}
