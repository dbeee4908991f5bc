"""The demo's site visits, segments and computed values, made once after the sample company was imported."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.access import api as access
from amity.base import clock
from amity.base.ids import stable_id
from amity.events import api as events
from amity.people import api as people
from amity.web.sample import visits

VISITORS = 900
_SOURCE = stable_id("demo", "website")
_BATCH = 5_000
COMPUTED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("shop_total", "Shop orders in total", {"of": "sum", "event": "Order Completed", "property": "revenue"}),
    (
        "favourite_category",
        "Favourite category",
        {"of": "most_frequent", "event": "Product Viewed", "property": "category"},
    ),
    ("days_since_visit", "Days since the last visit", {"of": "days_since_last", "event": "Page Viewed"}),
)


def _country(code: str) -> dict[str, Any]:
    return {"trait": "country", "op": "is", "value": code}


SEGMENTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "Regular buyers",
        "For the loyalty programme: early access to new coffees.",
        {"all": [{"event": "Order Completed", "do": True, "times": {"op": "ge", "n": 3}, "within_days": 90}]},
    ),
    (
        "Gone quiet",
        "Bought before, then nothing for a month: worth a call.",
        {
            "all": [
                {"event": "Order Completed", "do": True},
                {"event": "Order Completed", "do": False, "within_days": 30},
            ]
        },
    ),
    (
        "Coffee lovers in Germany and Poland",
        "",
        {
            "all": [
                {"event": "Product Viewed", "do": True, "times": {"op": "ge", "n": 3}, "within_days": 60,
                 "where": [{"property": "category", "op": "is", "value": "Coffee"}]},
                {"any": [_country("DE"), _country("PL")]},
            ]
        },
    ),
    (
        "Left a full basket",
        "Put something into the basket and did not buy within a day.",
        {"all": [{"event": "Product Added", "do": True, "within_days": 14,
                  "not_followed_by": {"event": "Order Completed", "within_days": 1}}]},
    ),
    (
        "Active this week",
        "",
        {"all": [{"event": "Page Viewed", "do": True, "within_days": 7}]},
    ),
    (
        "Open leads that look at prices",
        "Call these first.",
        {
            "all": [
                {"trait": "lead_status", "op": "is", "value": "open"},
                {"event": "Page Viewed", "do": True, "within_days": 60,
                 "where": [{"property": "title", "op": "one_of", "value": ["Pricing", "Service plans"]}]},
            ]
        },
    ),
)  # fmt: skip
# The sample's past happened before its segments were there: who is in has been in since the event that made them so.
_SINCE = """
WITH last AS (SELECT a.person_id, to_timestamp(max(a.last_us) / 1e6) AS at FROM people_activity a
    JOIN people_segment_member m USING (person_id) GROUP BY 1),
moved AS (UPDATE people_segment_member m SET entered_at = last.at FROM last
    WHERE last.person_id = m.person_id AND last.at > now() - interval '30 days'
    RETURNING m.person_id, m.segment_no, last.at)
UPDATE people_segment_move v SET at = moved.at, reason = 'event:Page Viewed' FROM moved
WHERE v.person_id = moved.person_id AND v.segment_no = moved.segment_no AND v.entered"""
_LEFT = """
INSERT INTO people_segment_move (segment_no, person_id, entered, at, reason)
SELECT s.number, a.person_id, x.entered, x.at, x.reason FROM people_segment s
JOIN people_measure q ON q.event = 'Page Viewed' AND q.filters = '[]' AND q.property = '' AND q.tally = ''
  AND q.half_life_days IS NULL
JOIN people_activity a ON a.measure_id = q.id
CROSS JOIN LATERAL (VALUES (true, to_timestamp(a.last_us / 1e6), 'event:Page Viewed'),
  (false, to_timestamp(a.last_us / 1e6) + interval '7 days', 'time:')) AS x (entered, at, reason)
WHERE s.name = 'Active this week' AND x.at BETWEEN now() - interval '30 days' AND now()
  AND NOT EXISTS (SELECT FROM people_segment_member m WHERE m.segment_no = s.number AND m.person_id = a.person_id)
ORDER BY x.at"""

# Moves are read in the order of their numbers.
_IN_ORDER = """
WITH all_moves AS (DELETE FROM people_segment_move RETURNING segment_no, person_id, entered, at, reason)
INSERT INTO people_segment_move (segment_no, person_id, entered, at, reason) SELECT * FROM all_moves ORDER BY at"""


def make(seed: int) -> int:
    """Visits of 900 people, three computed values and six live segments; returns how many visits. Safe to repeat."""
    if people.segments.segments(access.SYSTEM):
        return 0
    made = _visit(seed)
    for name, label, definition in COMPUTED:
        people.computed.define(access.SYSTEM, label, definition, name=name)
    for name, description, definition in SEGMENTS:
        segment = people.segments.create(access.SYSTEM, name, definition, description=description)
        people.segments.recompute(segment.id)
    with connection.cursor() as cursor:
        for sql in (_SINCE, _LEFT, _IN_ORDER):
            cursor.execute(sql)
    return made


def _visit(seed: int) -> int:
    """Let people visit the site: into the log and the sums, as the pipeline does."""
    rows = people.people_rows(access.SYSTEM).order_by("key", "pk").values_list("pk", flat=True)
    who = list(rows[: VISITORS * 3 : 3])
    now = clock.now()
    happened = visits.visits(Random(seed), len(who), now)  # noqa: S311 (invented data)
    for at in range(0, len(happened), _BATCH):
        landed = [_landed(each, who[each.person], n) for n, each in enumerate(happened[at : at + _BATCH], at)]
        with transaction.atomic(), connection.cursor() as cursor:
            new = {fact.message_id for fact in events.unseen(cursor, [each.fact for each in landed])}
            landed = [each for each in landed if each.fact.message_id in new]
            events.append_facts(cursor, landed)
            people.activity.record(cursor, landed)
    return len(happened)


def _landed(visit: visits.Visit, person_id: UUID, number: int) -> events.Landed:
    fact = events.Fact(
        source_id=_SOURCE, kind="track", name=visit.name, message_id=f"demo-{number}", user_id="", anonymous_id="",
        previous_id="", group_id="", traits={}, properties=visit.properties, context={}, occurred_at=visit.at,
        received_at=visit.at + timedelta(seconds=1), position=(0, 0),
    )  # fmt: skip
    told = visit.properties.get("product") or visit.properties.get("title") or visit.properties.get("category", "")
    return events.Landed(fact=fact, person_id=person_id, source="Website", summary=str(told))
