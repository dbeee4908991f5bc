"""When time alone may change who is in a whole segment: timers for everybody it may concern, in SQL.

A timer that fires too early does no harm (`segments_live.fire_due` looks and sets the next); too late would.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction

from amity.people import segments_world
from amity.people.computed_values import NEAR, Value
from amity.people.measures import Spec
from amity.people.segments_grammar import Did, Group, Leaf, Test, Trait
from amity.people.segments_sql import FIELDS, Query, World
from amity.people.segments_values import DAY_US, days_us, micros, us_expression

# Found first, which may run in parallel, and written then: most timers are there, and a conflict costs a lock each.
_FIND = """
CREATE TEMP TABLE segment_due ON COMMIT DROP AS
SELECT r.person_id, r.due_at FROM (
    SELECT person_id, 'epoch'::timestamptz + min(us) * interval '1 microsecond' AS due_at FROM ({rows}) due
    WHERE us > {now} GROUP BY 1
) r LEFT JOIN people_segment_timer t ON t.person_id = r.person_id
WHERE t.due_at IS NULL OR r.due_at < t.due_at"""
_SET = """
INSERT INTO people_segment_timer AS t (person_id, due_at)
SELECT person_id, due_at FROM segment_due ORDER BY person_id
ON CONFLICT (person_id) DO UPDATE SET due_at = excluded.due_at WHERE t.due_at IS NULL OR excluded.due_at < t.due_at"""


def plan_timers(cursor: Any, tree: Group, around: World) -> None:
    """Set timers for everybody whose answer to a condition may change by itself. 4 queries per such condition."""
    seen: set[Leaf] = set()
    for leaf in segments_world.everything(tree, around):
        if leaf not in seen and segments_world.timed(leaf, around):
            seen.add(leaf)
            for select in _due(leaf, around):
                query = Query(around)
                us = select(query)
                rows = f"SELECT p.id AS person_id, {us} AS us FROM people_person p {' '.join(query.joins.values())}"
                with transaction.atomic():
                    cursor.execute("DROP TABLE IF EXISTS pg_temp.segment_due")
                    cursor.execute(_FIND.format(rows=rows, now=micros(around.now)), query.params.values)
                    cursor.execute(_SET)


def _due(leaf: Leaf, around: World) -> Iterator[Any]:
    """For each way in which the answer may change: what gives the SQL of the moment (µs)."""
    if isinstance(leaf, Trait):
        yield lambda query: _trait(query, leaf, around)
    elif isinstance(leaf, Did):
        if leaf.within_days is not None:
            width = days_us(leaf.within_days)
            if around.simple(leaf):
                yield lambda query: f"{query.activity(around.spec_of(leaf))}.last_us + {width + 1}"
            else:
                yield lambda query: f"{query.events(leaf)}.first_us + {width + 1}"
        for test, column in ((leaf.first, "first_us"), (leaf.last, "last_us")):
            if test and test.op.endswith("within_days"):
                yield _seen(leaf, test, column, around)
        if leaf.follow and leaf.follow.negated and leaf.follow.within_days is not None:
            yield _waiting(leaf, days_us(leaf.follow.within_days), around)


def _seen(leaf: Did, test: Test, column: str, around: World) -> Any:
    assert isinstance(test.value, int | float)
    width = days_us(test.value) + 1
    if around.simple(leaf):
        return lambda query: f"{query.activity(around.spec_of(leaf))}.{column} + {width}"
    return lambda query: f"{query.events(leaf)}.{column} + {width}"


def _waiting(leaf: Did, width: int, around: World) -> Any:
    """The last event's wait; with several events an earlier one's may end before: look again within the hour."""
    soon = micros(around.now + timedelta(hours=1))

    def select(query: Query) -> str:
        row = query.activity(Spec(leaf.event))
        end = f"{row}.last_us + {width + 1}"
        return f"CASE WHEN {row}.n > 1 AND {end} > {micros(around.now)} THEN least({end}, {soon}) ELSE {end} END"

    return select


def _trait(query: Query, leaf: Trait, around: World) -> str:
    value = around.computed.get(leaf.name)
    if value is not None and leaf.name not in FIELDS:
        return _computed(query, value, leaf.test, around)
    return _moment(us_expression(query.source(leaf.name)), leaf.test, micros(around.now))


def _moment(us: str, test: Test, now: int) -> str:
    assert isinstance(test.value, int | float)
    return f"CASE WHEN {us} > {now} THEN {us} ELSE {us} + {days_us(test.value) + 1} END"


def _computed(query: Query, value: Value, test: Test, around: World) -> str:
    row, now = query.activity(value.spec), micros(around.now)
    if value.kind == "time":
        return _moment(f"{row}.{value.of}_us", test, now)
    levels = test.value if isinstance(test.value, tuple) else (test.value,)
    found = [_level(value, row, float(level), now) for level in levels if isinstance(level, int | float)]
    return f"least({', '.join(found)})" if found else "NULL::bigint"


def _level(value: Value, row: str, level: float, now: int) -> str:
    """`Value.flips` in SQL."""
    if value.of == "decayed":
        half = (value.spec.half_life_days or 1.0) * DAY_US
        ratio = f"({row}.decayed / nullif(({level!r}::float8), 0))"
        passed = f"CASE WHEN {ratio} >= 1 THEN least(ln(greatest({ratio}, 1)) / ln(2::float8), 100) END"
        halves = "100" if level == 0 else passed
        width = f"CASE WHEN abs({row}.decayed) >= 1e-30 THEN floor({halves} * {half!r}::float8)::bigint END"
        at = f"({row}.last_us + {width})"
    else:
        column = "first_us" if value.of == "days_since_first" else "last_us"
        at = f"({row}.{column} + {round(level * DAY_US)})"
    return f"CASE WHEN {at} + {NEAR} > {now} THEN greatest({at} - {NEAR}, {now + 1}) END"
