"""How fast values stop being true here, learned from what was replaced; and how likely a value still holds.

A value lives until it is replaced by another one, or is still there: survival with censoring (Kaplan & Meier 1958 for
the curve, an exponential with a Gamma prior for the half-life). Where too little was ever replaced nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.dateparse import parse_datetime

from amity.access import api as access
from amity.base import clock
from amity.people.golden import CHECKED, mark_of
from amity.people.models import LISTED, Decay, Person, ValueMark
from amity.people.quality_kinds import field_label
from amity.people.quality_marks import CONFIRMED, FIELDS, LABELS

PRIOR_DAYS = {"email": 1100, "phone": 1500, "company_id": 1100, "job_title": 800, "city": 2200}
_PRIOR_WEIGHT = 3.0  # replacements that the prior is worth
ENOUGH = 20  # replacements from which on the base speaks for itself
UNSURE = 0.6
_BROKEN = {"bounced": 0.03, "dead_phone": 0.03, "left_company": 0.08}
_BORN = "to_timestamp(('x' || substr(replace(p.id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)"
_SPELLS = f"""
WITH changes AS (
    SELECT h.profile_id AS id, h.changed_at AS at, coalesce(h.before, 'null') NOT IN ('null', '""') AS had
    FROM people_traitchange h
    WHERE h.profile_kind = 'person' AND h.name = %(field)s AND NOT EXISTS (
        SELECT FROM people_correction c WHERE c.target_id = h.profile_id AND c.state = 'applied'
        AND c.undo -> 'history' ? h.id::text)),
ended AS (
    SELECT c.at - coalesce(lag(c.at) OVER (PARTITION BY c.id ORDER BY c.at), {_BORN}) AS lived
    FROM changes c JOIN people_person p ON p.id = c.id WHERE c.had),
held AS (
    SELECT %(now)s - coalesce((SELECT max(c.at) FROM changes c WHERE c.id = p.id), {_BORN}) AS lived
    FROM people_person p WHERE p.{{column}} {{filled}} AND p.merged_into_id IS NULL AND NOT p.anonymous)
SELECT greatest(0, extract(day FROM lived))::int AS days, true, count(*) FROM ended GROUP BY 1
UNION ALL SELECT greatest(0, extract(day FROM lived))::int, false, count(*) FROM held GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """One value of a person: how likely it still holds (None: nobody knows), and what speaks against it."""

    field: str
    label: str
    value: str
    since: datetime
    holds: float | None
    signal: str
    evidence: str

    @property
    def doubtful(self) -> bool:
        """To be confirmed at the next contact."""
        return self.holds is not None and self.holds < UNSURE


def learn() -> None:
    """Learn the decay of every field anew. 1 query per field; seconds at a million people."""
    for field in FIELDS:
        with connection.cursor() as cursor:
            filled = "IS NOT NULL" if field == "company_id" else "<> ''"
            cursor.execute(_SPELLS.format(column=field, filled=filled), {"field": field, "now": clock.now()})
            rows = cursor.fetchall()
        half, changes, spells, days = fitted(rows, PRIOR_DAYS[field])
        Decay.objects.update_or_create(
            noun="person", field=field,
            defaults={"half_life_days": half, "changes": changes, "spells": spells, "days": days,
                      "curve": kaplan_meier(rows), "learned_at": clock.now()},
        )  # fmt: skip


def fitted(rows: Iterable[tuple[int, bool, int]], prior_days: float) -> tuple[float | None, int, int, float]:
    """``(half-life in days or None, replacements, values watched, days of all of them)`` from (days, ended, count)."""
    rows = list(rows)
    ended = sum(count for _days, over, count in rows if over)
    watched = sum(count for _days, _over, count in rows)
    days = float(sum((length + 0.5) * count for length, _over, count in rows))
    if ended < ENOUGH:
        return None, ended, watched, days
    rate = (ended + _PRIOR_WEIGHT) / (days + _PRIOR_WEIGHT * prior_days / math.log(2))
    return math.log(2) / rate, ended, watched, days


def kaplan_meier(rows: Iterable[tuple[int, bool, int]], points: int = 40) -> list[list[float]]:
    """Share of values that still hold after so many days; empty where nothing ever ended."""
    by_day: dict[int, list[int]] = {}
    for days, over, count in rows:
        by_day.setdefault(days, [0, 0])[0 if over else 1] += count
    left = sum(ended + held for ended, held in by_day.values())
    share, curve = 1.0, []
    for day in sorted(by_day):
        ended, held = by_day[day]
        if ended:
            share *= 1 - ended / left
            curve.append([float(day), round(share, 5)])
        left -= ended + held
    step = max(1, len(curve) // points)
    return curve[::step]


def standings(person: Any, marks: Sequence[ValueMark], decays: dict[str, float | None]) -> list[Standing]:
    """What is known about the values of one person; ``person`` has the columns, origins and observed_at. No query."""
    found = []
    for field in FIELDS:
        value = getattr(person, field)
        if not value:
            continue
        mine = [mark for mark in marks if mark.field == field and mark.value.lower() == str(value).lower()]
        since = _since(person, field)
        confirmed = _confirmed(person, field, mine)
        against = [m for m in mine if m.signal != CONFIRMED and not (confirmed and confirmed >= m.at) and m.at >= since]
        against = against or [m for m in mine if m.signal != CONFIRMED and not (confirmed and confirmed >= m.at)]
        since = max(since, confirmed) if confirmed else since
        half = decays.get(field)
        holds = 0.5 ** (max(0.0, (clock.now() - since).total_seconds()) / 86_400 / half) if half else None
        worst = min(against, key=lambda m: _BROKEN.get(m.signal, 1.0), default=None)
        if worst is not None:
            holds = min(holds if holds is not None else 1.0, _BROKEN.get(worst.signal, 1.0))
        signal = str(LABELS[worst.signal]) if worst and worst.signal in LABELS else ""
        found.append(
            Standing(
                field, field_label("person", field), str(value), since, holds, signal, worst.evidence if worst else ""
            )
        )
    return found


def of_person(principal: access.Principal, person_id: UUID) -> list[Standing]:
    """How likely the values of a person still hold. 3 queries."""
    person = (
        Person.objects.filter(access.rows_of(principal), pk=person_id).only(*FIELDS, "origins", "observed_at").first()
    )
    return of_view(person) if person else []


def of_view(person: Any) -> list[Standing]:
    """The same of a person, a row or a view, that the caller has been shown. 2 queries."""
    return standings(person, list(ValueMark.objects.filter(person_id=person.id)), half_lives())


def half_lives() -> dict[str, float | None]:
    """Days after which half of the values of a field no longer hold; None where too little is known. 1 query."""
    return dict(Decay.objects.filter(noun="person").values_list("field", "half_life_days"))


def to_verify(principal: access.Principal, limit: int = 50) -> list[tuple[Any, list[Standing]]]:
    """People with values that something speaks against, the newest signal first. 3 queries."""
    seen = Person.objects.filter(access.rows_of(principal), LISTED).values("pk")
    rows = ValueMark.objects.filter(person_id__in=seen).exclude(signal=CONFIRMED).order_by("-at", "-pk")
    ids = list(dict.fromkeys(rows.values_list("person_id", flat=True)[: limit * 4]))
    marks: dict[UUID, list[ValueMark]] = {}
    for mark in ValueMark.objects.filter(person_id__in=ids):
        marks.setdefault(mark.person_id, []).append(mark)
    people = Person.objects.in_bulk(ids)
    lives = half_lives()
    told = (
        (people[pk], [s for s in standings(people[pk], marks[pk], lives) if s.doubtful]) for pk in ids if pk in people
    )
    return [(person, found) for person, found in told if found][:limit]


def _confirmed(person: Any, field: str, marks: Sequence[ValueMark]) -> datetime | None:
    """When somebody last made sure of the value: the check of the golden record, or an older confirmation."""
    told = [mark.at for mark in marks if mark.signal == CONFIRMED]
    checked = mark_of((person.origins or {}).get(field)).get(CHECKED)
    at = parse_datetime(str(checked[1])) if checked else None
    return max([*told, at] if at else told, default=None)


def _since(person: Any, field: str) -> datetime:
    """When the value was last said."""
    origin = (person.origins or {}).get(field)
    at = parse_datetime(str(origin[1])) if origin and len(origin) > 1 else None
    return at or person.observed_at
