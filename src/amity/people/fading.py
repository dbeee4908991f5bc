"""How often people did something lately: sums that fade with a half-life, now (as events arrive) and as of the past.

What is kept is a measure with decay (`measures`): one number per person and event, brought to another moment in closed
form, so no history is read again. Merges, late events and erasure are the measures' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from amity.people import literals, segments_fill
from amity.people.measures import Spec
from amity.people.models import LISTED, Person
from amity.people.segment_tables import Measure

DAYS_BACK = 365
KIND = "kind:"
TRACKED = ("track", "page", "screen", "identify", "group", "alias", "segment")  # kinds whose facts have names
_SEEN = """
SELECT q.event, count(*), max(a.last_us) FROM people_activity a JOIN people_measure q ON q.id = a.measure_id
WHERE q.filters = '[]' AND q.property = '' AND q.tally = '' AND q.half_life_days IS NULL AND a.last_us > %s
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s"""
_KINDS = """
SELECT kind, count(DISTINCT person_id), (extract(epoch FROM max(occurred_at)) * 1000000)::bigint FROM events_event
WHERE person_id IS NOT NULL AND occurred_at > %s AND kind <> ALL(%s) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s"""
_PAST = """
WITH asked AS (SELECT * FROM unnest(%(n)s::int[], %(person)s::uuid[], %(at)s::timestamptz[]) AS a (n, person, at)),
whose AS (
  SELECT n, at, person AS member FROM asked
  UNION ALL SELECT a.n, a.at, p.id FROM asked a JOIN people_person p ON p.merged_into_id = a.person)
SELECT w.n, CASE WHEN e.kind = ANY(%(kinds)s) THEN 'kind:' || e.kind ELSE e.name END, {sums}
FROM whose w JOIN events_event e ON e.person_id = w.member
WHERE e.occurred_at < w.at AND e.occurred_at > w.at - interval '{days} days'
  AND (e.name = ANY(%(names)s) OR e.kind = ANY(%(kinds)s))
GROUP BY 1, 2"""
_FADED = "sum(power(2, -extract(epoch FROM w.at - e.occurred_at)::float8 / {half}))"
_HOURS = """
SELECT e.person_id, CASE WHEN e.kind = ANY(%s) THEN e.name ELSE e.kind END, e.occurred_at, e.name
FROM events_event e
WHERE e.person_id = ANY(%s) AND e.occurred_at > %s ORDER BY e.occurred_at DESC LIMIT %s"""
_SAMPLE = """
SELECT coalesce(p.merged_into_id, p.id), CASE WHEN e.kind = ANY(%s) THEN e.name ELSE e.kind END, e.occurred_at,
  e.name FROM (
  SELECT person_id, kind, name, occurred_at FROM events_event
  WHERE person_id IS NOT NULL AND occurred_at > %s ORDER BY person_id, occurred_at DESC LIMIT %s) e
JOIN people_person p ON p.id = e.person_id"""


@dataclass(frozen=True, slots=True)
class Known:
    """An event name that people are known by: how many did it in the last year, and when last."""

    event: str
    people: int
    last_us: int


@dataclass(frozen=True, slots=True)
class Did:
    """Something that somebody did: whoever it counts for by now, what (`called`), when; ``detail``: its own title."""

    person_id: UUID
    name: str
    at: datetime
    detail: str = ""


def seen_names(since: datetime, limit: int = 200) -> list[Known]:
    """Event names by how many people did them since. 1 query; seconds at a million people."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [round(since.timestamp() * 1e6), limit])
        return [Known(*row) for row in cursor.fetchall()]


def seen_kinds(since: datetime, limit: int = 20) -> list[Known]:
    """The same for what was imported or noted by staff, by kind (`KIND` + "call"). 1 query over the log."""
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, [since, list(TRACKED), limit])
        return [Known(KIND + row[0], row[1], row[2]) for row in cursor.fetchall()]


def called(fact: Any) -> str:
    """What a fact counts as: its name; by its kind what was imported or noted, since titles there are free text."""
    return str(fact.name[:200] or fact.kind) if fact.kind in TRACKED else f"{KIND}{fact.kind}"


def keep(halves: Mapping[str, float]) -> dict[str, int]:
    """Have fading sums kept of these events (name → half-life in days); name → number for `sums`.

    The past of new ones is counted first: recording waits meanwhile, some seconds at ten million events.
    """
    specs = [Spec(event, half_life_days=float(days)) for event, days in halves.items() if not event.startswith(KIND)]
    segments_fill.fill_measures(specs)
    return numbers_of(halves)


def numbers_of(halves: Mapping[str, float]) -> dict[str, int]:
    """The numbers of sums that are kept. 1 query."""
    keys = {Spec(event, half_life_days=float(days)).key: event for event, days in halves.items()}
    return {keys[key]: number for key, number in Measure.objects.filter(key__in=keys).values_list("key", "id")}


def sums(cursor: Any, ids: Sequence[UUID], numbers: Sequence[int]) -> list[tuple[UUID, int, float, int]]:
    """Of surviving profiles: (person, number, sum as of its last event, that moment in µs). 1 query."""
    cursor.execute(
        "SELECT person_id, measure_id, decayed, last_us FROM people_activity"
        " WHERE person_id = ANY(%s::uuid[]) AND measure_id = ANY(%s)",
        [literals.uuids(ids), list(numbers)],
    )
    return [tuple(row) for row in cursor.fetchall()]


def past(
    asked: Sequence[tuple[UUID, datetime]], names: Sequence[str], half_lives: Sequence[float]
) -> dict[tuple[int, str], tuple[float, ...]]:
    """Fading sums as they were: (position in ``asked``, event) → one sum per half-life, of events *before* the moment.

    1 query over the events of these people in the year before; ``asked`` of at most 20,000.
    """
    if not asked or not names:
        return {}
    columns = ", ".join(_FADED.format(half=repr(days * 86_400.0)) for days in half_lives)
    given: dict[str, Any] = {
        "n": list(range(len(asked))),
        "person": [person for person, _at in asked],
        "at": [at for _person, at in asked],
        "names": [name for name in names if not name.startswith(KIND)],
        "kinds": [name.removeprefix(KIND) for name in names if name.startswith(KIND)],
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAST.format(sums=columns, days=DAYS_BACK), given)
        return {(row[0], row[1]): tuple(map(float, row[2:])) for row in cursor.fetchall()}


def did(ids: Sequence[UUID], since: datetime, limit: int = 2_000) -> list[Did]:
    """What these profiles did since, newest first. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [list(TRACKED), list(ids), since, limit])
        return [Did(*row) for row in cursor.fetchall()]


def sample(since: datetime, limit: int = 200_000) -> list[Did]:
    """What people did since: whole people, one after the other, until ``limit`` rows. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, [list(TRACKED), since, limit])
        return [Did(*row) for row in cursor.fetchall()]


def listed_after(last: UUID, limit: int) -> list[UUID]:
    """Ids of listed people after ``last``, in order. 1 query."""
    return list(Person.objects.filter(LISTED, pk__gt=last).order_by("pk").values_list("pk", flat=True)[:limit])
