"""Customers under contract, as a table to learn who leaves: there only where somebody says who left.

Either events say when (``subscription_cancelled``, …): every customer is then looked at once a quarter, as known at
that moment, and whether they left within the next 90 days is the outcome. Or an imported column says who left by now;
then there is one row each, as known now, because such a table tells no moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from amity.base import clock
from amity.people.learning import LeadRow, batched, profile_rows

HORIZON = timedelta(days=90)
LOOKS = 4  # quarters back
MOST, CHUNK = 50_000, 5_000
EVENTS = (
    "subscription_cancelled", "subscription cancelled", "subscription_canceled", "subscription canceled",
    "contract_cancelled", "contract cancelled", "cancelled", "canceled", "churned", "abo gekündigt",
    "vertrag gekündigt", "kündigung", "umowa rozwiązana", "subskrypcja anulowana", "rezygnacja z umowy",
    "подписка отменена", "договор расторгнут",
)  # fmt: skip
COLUMNS = (
    "churn", "churned", "churn label", "churn flag", "exited", "attrition", "attrition flag", "abgewandert",
    "gekündigt", "abwanderung", "odszedł", "odejście", "rezygnacja", "отток", "ушёл", "ушел",
)  # fmt: skip
_LEFT = {
    "yes", "1", "1.0", "true", "left", "churned", "exited", "attrited customer", "ja", "abgewandert", "gekündigt",
    "tak", "odszedł", "да", "ушёл", "ушел",
}  # fmt: skip
_STAYED = {
    "no", "0", "0.0", "false", "stayed", "active", "existing customer", "nein", "aktiv", "nie", "aktywny", "został",
    "нет", "активен", "остался",
}  # fmt: skip
# Databases may know only ASCII letters as small and capital ones.
_EVENTS, _COLUMNS = ([*names, *(name.capitalize() for name in names)] for names in (EVENTS, COLUMNS))
_KNOWN = """
SELECT EXISTS (SELECT 1 FROM people_measure WHERE lower(event) = ANY(%s)) OR EXISTS (
  SELECT 1 FROM (SELECT traits FROM people_person WHERE merged_into_id IS NULL ORDER BY updated_at DESC, id DESC
                 LIMIT 500) newest, jsonb_object_keys(traits) AS heading
  WHERE replace(lower(heading), '_', ' ') = ANY(%s))"""
_ENDED = """
SELECT a.person_id, to_timestamp(min(a.first_us) / 1e6) FROM people_activity a
JOIN people_measure q ON q.id = a.measure_id
WHERE lower(q.event) = ANY(%s) AND (%s::uuid[] IS NULL OR a.person_id = ANY(%s::uuid[])) GROUP BY 1"""
_CUSTOMERS = """
SELECT id, least(created_at, coalesce(lead_created_at, created_at), first.at) FROM people_person p
LEFT JOIN LATERAL (SELECT min(occurred_at) AS at FROM events_event WHERE person_id = p.id) first ON true
WHERE merged_into_id IS NULL AND NOT anonymous AND archived_at IS NULL AND lead_status IN ('none', 'converted')
  AND (%s::uuid[] IS NULL OR id = ANY(%s::uuid[])) ORDER BY id"""
_DID = """
WITH asked AS (SELECT * FROM unnest(%s::int[], %s::uuid[], %s::timestamptz[]) AS a (n, person, at)),
whose AS (
  SELECT n, at, person AS member FROM asked
  UNION ALL SELECT a.n, a.at, p.id FROM asked a JOIN people_person p ON p.merged_into_id = a.person)
SELECT w.n, count(*) FILTER (WHERE e.occurred_at >= w.at - interval '30 days'),
  count(*) FILTER (WHERE e.occurred_at >= w.at - interval '90 days'),
  min(extract(epoch FROM w.at - e.occurred_at))::float8 / 86400
FROM whose w JOIN events_event e ON e.person_id = w.member
WHERE e.occurred_at < w.at AND e.occurred_at >= w.at - interval '365 days' AND lower(e.name) <> ALL(%s)
GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class LeavingRow:
    """A customer as of ``at``. ``left``: within the horizon after; None where that is yet to come."""

    id: UUID
    columns: dict[str, Any]
    left: bool | None
    here: bool  # still a customer now, and this is how they are known now
    at: datetime
    told_at: datetime | None  # when the horizon had passed


def leaving_known() -> bool:
    """Whether anybody says who left. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [_EVENTS, _COLUMNS])
        return bool(cursor.fetchone()[0])


def leaving_rows(ids: Sequence[UUID] | None = None) -> list[LeavingRow]:
    """Customers (or those of ``ids``) at each look, the latest look last. 2 queries and 5 per 5,000 rows.

    A look back takes at most `MOST` customers, always the same ones; now everybody is looked at.
    """
    given = None if ids is None else list(ids)
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, [_EVENTS, given, given])
        ended: dict[UUID, datetime] = dict(cursor.fetchall())
        cursor.execute(_CUSTOMERS, [given, given])
        since: dict[UUID, datetime] = dict(cursor.fetchall())
    now = clock.now()
    if not ended and not _told_by_events():
        return [row for part in batched(since, CHUNK) for row in _by_column(profile_rows(part), now)]
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)  # the same looks all day: the same model
    found: list[LeavingRow] = []
    for back in range(LOOKS, -1, -1):
        at = midnight - back * HORIZON if back else now
        there = [pk for pk, begun in since.items() if begun < at and (pk not in ended or ended[pk] >= at)]
        for part in batched(_some(there) if back else there, CHUNK):
            rows = profile_rows(part, at if back else None)
            did = _did([row.id for row in rows], at)
            found += [
                _look(row, did.get(n, _NOTHING), since[row.id], ended.get(row.id), at, back)
                for n, row in enumerate(rows)
            ]
    return found


def _told_by_events() -> bool:
    """Whether events say who left, be it nobody of those asked for. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM people_measure q JOIN people_activity a ON a.measure_id = q.id"
                       " WHERE lower(q.event) = ANY(%s))", [_EVENTS])  # fmt: skip
        return bool(cursor.fetchone()[0])


def _some(there: list[UUID]) -> list[UUID]:
    """At most `MOST` of them, picked by the random end of their ids, in the order given."""
    if len(there) <= MOST:
        return there
    edge = sorted(map(_luck, there))[MOST]
    return [pk for pk in there if _luck(pk) < edge]


def _luck(pk: UUID) -> int:
    return pk.int & 0xFFFF_FFFF_FFFF


_NOTHING = (0, 0, None)


def _look(
    row: LeadRow, did: tuple[Any, ...], since: datetime, ended: datetime | None, at: datetime, back: int
) -> LeavingRow:
    until = at + HORIZON
    left = None if not back else ended is not None and ended < until
    told = until if back else None  # also of who left before: else the newest outcomes would all have stayed
    mine = {"events_30": did[0], "events_90": did[1], "days_quiet": did[2], "days_known": (at - since).days}
    kept = {name: value for name, value in row.columns.items() if name != "created_at" and _plain(name) not in COLUMNS}
    return LeavingRow(row.id, kept | mine, left, not back, at, told)


def _by_column(rows: Sequence[LeadRow], now: datetime) -> list[LeavingRow]:
    found = []
    for row in rows:
        said = {_plain(name): str(value).strip().lower() for name, value in row.columns.items()}
        word = next((said[name] for name in COLUMNS if name in said), "")
        if word in _LEFT or word in _STAYED:
            kept = {name: value for name, value in row.columns.items() if _plain(name) not in COLUMNS}
            found.append(LeavingRow(row.id, kept, word in _LEFT, word in _STAYED, now, None))
    return found


def _did(ids: Sequence[UUID], at: datetime) -> Mapping[int, tuple[Any, ...]]:
    """How often customers did something before the moment: in 30 days, in 90, days since. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_DID, [list(range(len(ids))), list(ids), [at] * len(ids), _EVENTS])
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _plain(heading: str) -> str:
    return heading.strip().lower().replace("_", " ")
