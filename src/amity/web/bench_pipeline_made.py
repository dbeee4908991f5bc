"""What `bench_pipeline` measures with: people with a past, kept for the next run, and events as a site sends them."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.events import api as events
from amity.people import api as people
from amity.web import bulk_load

SOURCE = UUID("00000000-0000-7000-8000-0000000000be")
_KNOWN = """
INSERT INTO people_identifier (id, person_id, kind, value, observed_at)
SELECT pg_temp.nth(91, n), pg_temp.nth(2, n), 'user_id', 'user-' || n, now() FROM generate_series(0, {last}) n;
INSERT INTO people_device (id, value, login_id, shared, created_at)
SELECT pg_temp.nth(92, n), 'device-' || n, pg_temp.nth(2, n), false, now() FROM generate_series(0, {last}) n;
"""
_PAST = """
INSERT INTO events_event (id, kind, name, summary, source, message_id, person_id, data, occurred_at, received_at)
SELECT pg_temp.nth(93, n), 'track', (ARRAY['page view', 'mail sent', 'mail received', 'call'])
    [greatest(1, floor(pg_temp.dice(71, n) * 7)::int - 2)], '', 'scale', 'past' || n,
    pg_temp.nth(2, floor({active} * pg_temp.dice(72, n))::bigint), jsonb_build_object('seconds', n % 300), at, at
FROM (SELECT n, now() - interval '60 days' * pg_temp.dice(73, n) ^ 2 AS at FROM generate_series(1, {events}) n) past
"""
_NAMES = ("page view", "page view", "page view", "page view", "mail sent", "mail received", "call")
_PLANS = ("free", "team", "business")
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"


def active(known: int) -> int:
    """One person in twenty comes these days; the others hardly ever."""
    return known // 20


def ready(known: int, past: int, keep: bool) -> None:
    """The database as it is before a run: filled, or (``keep``) copied from what an earlier run filled."""
    store = f"filled_{known}_{past}"
    if keep and _copied(store, _name()):
        return
    _fill(known, past)
    if keep:
        _copied(_name(), store)


def _fill(known: int, past: int) -> None:
    """People with an e-mail, a phone, a user id and a device each; active ones with ``past`` events in two months."""
    begin = time.perf_counter()
    bulk_load.load_scale(bulk_load.Size(people=known, events=known // 10, deals=known // 100))
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN.format(last=known - 1))
        cursor.execute(_PAST.format(active=active(known), events=active(known) * past))
    with transaction.atomic(), connection.cursor() as cursor:
        people.activity.count_everything(cursor)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) people_identifier, people_device, people_activity, events_event")
    print(f"{known:,} people known, filled in {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)


def _copied(source: str, target: str) -> bool:
    """Make database ``target`` anew as a copy of ``source``, if that is there."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [source])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}" STRATEGY file_copy')
    return True


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def rows(dice: random.Random, count: int, known: int, mark: str) -> Iterator[events.RawRow]:
    """Events as a site sends them: 80 % of users, 10 % identify, the rest of visitors, who sign in at times."""
    for number in range(count):
        someone = int((known if number % 50 == 0 else active(known)) * dice.random())
        message, kind = f"{mark}-{number}", "track"
        body: dict[str, Any] = {"userId": f"user-{someone}", "anonymousId": f"device-{someone}"}
        chance = dice.random()
        if chance < 0.10:
            kind = "identify"
            body["traits"] = {"plan": dice.choice(_PLANS), "seats": someone % 9, "language": "pl", "vip": False}
        elif chance < 0.19:
            body = {"anonymousId": f"visitor-{mark}-{number // 100}"}
        elif chance < 0.20:
            visitor = f"visitor-{mark}-{number // 100}"
            kind = "identify"
            body = {"userId": f"new-{visitor}", "anonymousId": visitor, "traits": {"email": f"{visitor}@firm.example"}}
        if kind == "track":
            body |= {"event": dice.choice(_NAMES), "properties": {"seconds": number % 300, "path": f"/p/{number % 40}"}}
        yield row(kind, message, body)


def row(kind: str, message: str, body: dict[str, Any]) -> events.RawRow:
    """One event as intake appends it."""
    now = datetime.now(UTC)
    context = {
        "library": {"name": "analytics.js", "version": "npm:next-1.81.0"}, "userAgent": _AGENT, "locale": "pl-PL",
        "page": {"path": "/", "url": "https://shop.example/", "title": "Shop", "referrer": ""}, "timezone": "UTC",
    }  # fmt: skip
    data = json.dumps(body | {"messageId": message, "type": kind, "context": context}).encode()
    lane = events.lane_of(str(body.get("userId", "")), str(body.get("anonymousId", "")))
    return events.RawRow(SOURCE, kind, message, lane, now, data, sent_at=now)
