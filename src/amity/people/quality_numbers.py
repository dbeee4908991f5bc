"""The three numbers: how many records are incomplete, double, or stale; per day, all together and by source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from amity.base import clock
from amity.people.models import Decay, QualityDay
from amity.people.quality_world import LISTED, MANUAL, TOLD

USUAL_STALE = timedelta(days=730)
_COMPANY_MATTERS = 0.3  # of people with a company: from there on one without is incomplete
_KEPT_DAYS = 400
NEEDED = {"person": ("name", "email", "phone", "country"), "company": ("name", "domain", "country", "industry")}
_SOURCES = (
    "sources AS MATERIALIZED (SELECT id, system FROM people_import UNION ALL "
    "SELECT f.id, r.system FROM people_importfile f JOIN people_import r ON r.id = f.run_id)"
)
_OF = f"coalesce(s.system, CASE WHEN t.origin_id IS NULL THEN '{MANUAL}' ELSE '{TOLD}' END)"
_GAPS = {
    "person": {
        "name": "display_name = ''", "email": "email = ''", "phone": "phone = ''", "company": "company_id IS NULL",
        "country": "country = ''", "city": "city = ''", "job_title": "job_title = ''",
    },
    "company": {
        "name": "name = ''", "domain": "domain = ''", "country": "country = ''", "industry": "industry = ''",
        "phone": "phone = ''", "email": "email = ''", "city": "city = ''",
    },
}  # fmt: skip
_PEOPLE = f"""
WITH {_SOURCES}, listed AS MATERIALIZED (
    SELECT t.id, t.display_name, lower(t.email) AS email, t.phone, t.company_id, t.country, t.city, t.job_title,
           t.observed_at, {_OF} AS source
    FROM people_person t LEFT JOIN sources s ON s.id = t.origin_id WHERE {LISTED}),
double AS (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY email ORDER BY id) AS n FROM listed
                    WHERE email <> '') a WHERE n > 1
    UNION SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY phone, lower(display_name) ORDER BY id) AS n
                          FROM listed WHERE phone <> '' AND display_name <> '') b WHERE n > 1
    UNION SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY lower(display_name), company_id ORDER BY id) AS n
                          FROM listed WHERE display_name <> '' AND company_id IS NOT NULL) c WHERE n > 1
    UNION SELECT right_id FROM people_pair WHERE kind = 'person' AND state = 'open' AND band = 'certain'),
seen AS (SELECT person_id, max(last_us) AS us FROM people_activity GROUP BY 1),
bad AS (SELECT DISTINCT m.person_id FROM people_value_mark m JOIN people_person p ON p.id = m.person_id
        WHERE m.signal <> 'confirmed' AND m.value IN (p.email, p.phone, p.company_id::text)
          AND NOT EXISTS (SELECT FROM people_value_mark k WHERE k.person_id = m.person_id AND k.field = m.field
                          AND k.signal = 'confirmed' AND k.at > m.at)
          AND coalesce((p.origins #>> ARRAY[m.field, '3', 'checked', '1'])::timestamptz < m.at, true))
SELECT source, count(*), count(*) FILTER (WHERE {{incomplete}}), count(d.id),
       count(*) FILTER (WHERE bad.person_id IS NOT NULL OR greatest(l.observed_at,
                              to_timestamp(coalesce(seen.us, 0) / 1000000.0)) < %s), {{gaps}}
FROM listed l LEFT JOIN double d ON d.id = l.id LEFT JOIN seen ON seen.person_id = l.id
    LEFT JOIN bad ON bad.person_id = l.id
GROUP BY GROUPING SETS ((), (source))
"""
_COMPANIES = f"""
WITH {_SOURCES}, listed AS MATERIALIZED (
    SELECT t.id, t.name, t.domain, t.country, t.industry, t.phone, t.email, t.city, t.observed_at, {_OF} AS source
    FROM people_company t LEFT JOIN sources s ON s.id = t.origin_id WHERE t.archived_at IS NULL),
double AS (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY lower(name) ORDER BY id) AS n FROM listed
                    WHERE name <> '') a WHERE n > 1
    UNION SELECT id FROM (SELECT id, row_number() OVER (
        PARTITION BY regexp_replace(lower(domain), '^(https?://)?(www\\.)?|/+$', '', 'g') ORDER BY id) AS n FROM listed
                          WHERE domain <> '') b WHERE n > 1
    UNION SELECT right_id FROM people_pair WHERE kind = 'company' AND state = 'open' AND band = 'certain')
SELECT source, count(*), count(*) FILTER (WHERE {{incomplete}}), count(d.id),
       count(*) FILTER (WHERE l.observed_at < %s), {{gaps}}
FROM listed l LEFT JOIN double d ON d.id = l.id GROUP BY GROUPING SETS ((), (source))
"""


@dataclass(frozen=True, slots=True)
class Number:
    """One of the three: rows, of how many, and its share over the last days."""

    key: str
    count: int
    total: int
    trend: tuple[float, ...] = ()

    @property
    def share(self) -> float:
        return self.count / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known about the records of a noun: the numbers of all, and of each source."""

    noun: str
    day: date
    total: int
    numbers: tuple[Number, ...]
    sources: tuple[tuple[str, tuple[Number, ...]], ...]
    gaps: Mapping[str, int]


def measure(day: date | None = None) -> None:
    """Count people and companies, store the rows of the day. 5 queries; about 20 s at a million people."""
    today = day or clock.today()
    for noun, query in (("person", _PEOPLE), ("company", _COMPANIES)):
        gaps = _GAPS[noun]
        needed = [f"({gaps[name]})" for name in needed_of(noun)]
        shown = ", ".join(f"count(*) FILTER (WHERE {test})" for test in gaps.values())
        with connection.cursor() as cursor:
            cursor.execute(query.format(incomplete=" OR ".join(needed), gaps=shown), [_stale_before()])
            rows = cursor.fetchall()
        with transaction.atomic():
            QualityDay.objects.filter(noun=noun, day=today).delete()
            QualityDay.objects.bulk_create(_day(noun, today, row, tuple(gaps)) for row in rows)
            QualityDay.objects.filter(day__lt=today - timedelta(days=_KEPT_DAYS)).delete()


def counted_at() -> datetime | None:
    """When the numbers were counted last. 1 query."""
    return QualityDay.objects.order_by("-day").values_list("measured_at", flat=True).first()


def needed_of(noun: str) -> tuple[str, ...]:
    """Fields without which a record is incomplete; where most people have a company, that too. 1 query."""
    if noun != "person":
        return NEEDED[noun]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(company_id), count(*) FROM people_person WHERE {LISTED}")
        employed, everybody = cursor.fetchone()
    matters = everybody and employed >= _COMPANY_MATTERS * everybody
    return (*NEEDED[noun], "company") if matters else NEEDED[noun]


def latest(noun: str, days: int = 60) -> Measured | None:
    """The stored numbers with their course over the last days; None before the first measuring. 1 query."""
    since = clock.today() - timedelta(days=days)
    rows = list(QualityDay.objects.filter(noun=noun, day__gte=since).order_by("day", "source"))
    if not rows:
        return None
    day = rows[-1].day
    course: dict[str, list[QualityDay]] = {}
    for row in rows:
        course.setdefault(row.source, []).append(row)
    whole = course.get("", [])
    if not whole:
        return None
    by_source = [(name, _numbers(found)) for name, found in course.items() if name and found[-1].day == day]
    by_source.sort(key=lambda each: -each[1][0].total)
    return Measured(noun, day, whole[-1].total, _numbers(whole), tuple(by_source), whole[-1].gaps)


def _numbers(rows: list[QualityDay]) -> tuple[Number, ...]:
    last = rows[-1]
    return tuple(
        Number(
            name,
            getattr(last, name),
            last.total,
            tuple(getattr(row, name) / row.total if row.total else 0.0 for row in rows),
        )
        for name in ("incomplete", "duplicate", "stale")
    )


def _day(noun: str, today: date, row: tuple[Any, ...], gaps: tuple[str, ...]) -> QualityDay:
    return QualityDay(
        noun=noun, day=today, source=(row[0] or "")[:120], total=row[1], incomplete=row[2], duplicate=row[3],
        stale=row[4], gaps=dict(zip(gaps, row[5:], strict=True)),
    )  # fmt: skip


def _stale_before() -> Any:
    """Values that nobody saw for as long as half of the addresses here hold (two years where that is not known)."""
    known = Decay.objects.filter(noun="person", field="email").values_list("half_life_days", flat=True).first()
    return clock.now() - (timedelta(days=min(known, 3650)) if known else USUAL_STALE)
