"""Pseudonymised copies for analysis: keyed pseudonyms, coarse values, and a figure for how well they hide anybody.

Two copies for the same purpose give a person the same pseudonym, two purposes never do; the key is derived from the
installation's signing key and is in no copy. A copy is still personal data (GDPR recital 26): it is only safer.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.people.models import LISTED, Person
from amity.people.privacy_restrict import restricted

PERMISSION = "privacy.manage"
MAX_ROWS = 1_000_000
QUASI = ("country", "city", "language", "industry", "since")  # what together might single somebody out
HEAD = ("pseudonym", *QUASI, "lead_status", "won", "employees", "events", "first_week", "last_week")
_STEPS = ("city", "since", "language", "industry", "country")  # blurred in this order, until nobody stands out
_SIZES = ((10, "1-9"), (50, "10-49"), (250, "50-249"), (1_000, "250-999"))
_EVENTS = """
SELECT coalesce(m.merged_into_id, e.person_id), count(*), min(e.occurred_at), max(e.occurred_at)
FROM events_event e LEFT JOIN people_person m ON m.id = e.person_id AND m.merged_into_id IS NOT NULL
WHERE e.person_id IS NOT NULL GROUP BY 1
"""
_EACH = """
SELECT coalesce(m.merged_into_id, e.person_id), e.kind, CASE WHEN e.kind IN ('track', 'page', 'screen') THEN e.name END,
    date_trunc('week', e.occurred_at)::date
FROM events_event e LEFT JOIN people_person m ON m.id = e.person_id AND m.merged_into_id IS NOT NULL
WHERE e.person_id IS NOT NULL ORDER BY e.occurred_at LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy. ``k``: nobody shares their coarse values with fewer others than that, ``hidden`` rows apart."""

    data: bytes
    rows: int
    events: int
    k: int
    smallest: int
    blurred: dict[str, int]


def make(principal: access.Principal, purpose: str, k: int = 5, *, with_events: bool = True) -> Copy:
    """A ZIP of people.csv, events.csv and about.json. Audited. Raises ``Refused("bad_copy")``."""
    access.require(principal, PERMISSION)
    if not 1 <= len(purpose.strip()) <= 120 or not 2 <= k <= 1_000:
        raise Refused("bad_copy", _("Say what the copy is for; a group has 2 to 1,000 people."))
    rows = list(_people(purpose.strip()))
    blurred = blur(rows, k)
    told = io.StringIO()
    csv.writer(told).writerows([HEAD, *([row[name] for name in HEAD] for row in rows)])
    pseudonyms = {row["id"]: row["pseudonym"] for row in rows}
    events, lines = _events(pseudonyms) if with_events else (0, "")
    smallest = min(Counter(tuple(row[name] for name in QUASI) for row in rows).values(), default=0)
    about = {
        "purpose": purpose.strip(), "made_at": clock.now().isoformat(), "people": len(rows), "events": events,
        "k_wanted": k, "k_reached": smallest, "quasi_identifiers": list(QUASI), "blurred": blurred,
    }  # fmt: skip
    with transaction.atomic():
        detail = {"rows": len(rows), "events": events, "k": smallest, "why": purpose.strip()}
        access.record(principal, "copy", "people", "pseudonymised", detail)
    return Copy(_zipped(told.getvalue(), lines, about), len(rows), events, k, smallest, blurred)


def blur(rows: Sequence[dict[str, Any]], k: int) -> dict[str, int]:
    """Take values from rows that stand out, until every group has ``k``; how many, by column. What is left is ``*``."""
    counts: dict[str, int] = {}
    for column in _STEPS:
        groups = Counter(tuple(row[name] for name in QUASI) for row in rows)
        rare = [row for row in rows if groups[tuple(row[name] for name in QUASI)] < k and row[column] != "*"]
        for row in rare:
            row[column] = "*"
        if rare:
            counts[column] = len(rare)
    groups = Counter(tuple(row[name] for name in QUASI) for row in rows)
    left = groups.get(("*",) * len(QUASI), 0)
    if 0 < left < k:  # too few even together: they join the smallest group that is left
        _join(rows, k)
    return counts


def _join(rows: Sequence[dict[str, Any]], k: int) -> None:
    """The few who stand out even without values get company: the smallest group loses its values too."""
    groups = Counter(tuple(row[name] for name in QUASI) for row in rows)
    hidden = ("*",) * len(QUASI)
    while 0 < groups[hidden] < k and len(groups) > 1:
        smallest = min((group for group in groups if group != hidden), key=lambda group: (groups[group], group))
        for row in rows:
            if tuple(row[name] for name in QUASI) == smallest:
                row.update(dict.fromkeys(QUASI, "*"))
        groups[hidden] += groups.pop(smallest)


def pseudonym(purpose: str, person_id: UUID) -> str:
    """What somebody is called in copies for a purpose."""
    key = hashlib.sha256(f"amity pseudonyms v1\0{settings.SECRET_KEY}\0{purpose.casefold()}".encode()).digest()
    return hmac.new(key, person_id.bytes, hashlib.sha256).hexdigest()[:20]


def _people(purpose: str) -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS)
        active = {row[0]: row[1:] for row in cursor.fetchall()}
    found = Person.objects.filter(LISTED).order_by("pk")
    columns = (
        "pk",
        "country",
        "city",
        "language",
        "created_at",
        "lead_status",
        "company__industry",
        "company__employees",
    )
    rows = list(found.values_list(*columns)[:MAX_ROWS])
    kept = restricted([row[0] for row in rows])
    for pk, country, city, language, created, lead, industry, employees in rows:
        if pk in kept:
            continue
        n, first, last = active.get(pk, (0, None, None))
        yield {
            "id": pk, "pseudonym": pseudonym(purpose, pk), "country": country or "-", "city": city or "-",
            "language": language or "-", "industry": industry or "-", "since": str(created.year), "lead_status": lead,
            "won": {"converted": 1, "lost": 0}.get(lead, ""), "employees": _size(employees), "events": _rounded(n),
            "first_week": _week(first), "last_week": _week(last),
        }  # fmt: skip


def _size(employees: int | None) -> str:
    if employees is None:
        return ""
    return next((label for below, label in _SIZES if employees < below), "1000+")


def _rounded(n: int) -> int:
    """To one significant digit: 1,234 events are 1,000."""
    return n if n < 10 else round(n, -len(str(n)) + 1)


def _week(at: Any) -> str:
    return f"{at:%G}-W{at:%V}" if at else ""


def _events(pseudonyms: dict[UUID, str]) -> tuple[int, str]:
    """Who did what in which week: no properties, no text, no names of pages that staff wrote."""
    told, n = io.StringIO(), 0
    writer = csv.writer(told)
    writer.writerow(("pseudonym", "kind", "name", "week"))
    with connection.cursor() as cursor:
        cursor.execute(_EACH, [MAX_ROWS])
        for person, kind, name, week in cursor.fetchall():
            if person in pseudonyms:
                n += 1
                writer.writerow((pseudonyms[person], kind, _plain(name or ""), week))
    return n, told.getvalue()


def _plain(name: str) -> str:
    """Names of events are code words; one with digits or an address may be a person's."""
    return name if not any(sign.isdigit() or sign == "@" for sign in name) and len(name) <= 60 else "*"


def _zipped(people: str, events: str, about: dict[str, Any]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", people)
        if events:
            archive.writestr("events.csv", events)
        archive.writestr("about.json", json.dumps(about, ensure_ascii=False, indent=1))
    return packed.getvalue()
