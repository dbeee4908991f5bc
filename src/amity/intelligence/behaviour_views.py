"""The lead score for readers: parts in words, the trend of their weights, who stands where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base import clock, words
from amity.intelligence import behaviour, training
from amity.intelligence import behaviour_parts as parts
from amity.intelligence.behaviour_models import LeadScore
from amity.intelligence.behaviour_parts import Part, Spec
from amity.people import api as people

BOUND = 5_000
ROWS = 50
QUADRANTS: dict[str, str | Promise] = {
    parts.HOT: gettext_lazy("Hot"),
    parts.NURTURE: gettext_lazy("Nurture"),
    parts.ACTIVE: gettext_lazy("Active, unlike customers"),
    parts.COLD: gettext_lazy("Cold"),
}
_VALUES: dict[str, str | Promise] = {
    "yes": gettext_lazy("yes"),
    "no": gettext_lazy("no"),
    "private": gettext_lazy("private mailbox"),
    "company": gettext_lazy("company mailbox"),
    "head": gettext_lazy("runs the company"),
    "lead": gettext_lazy("leads people"),
    "other": gettext_lazy("another value"),
}
_LEAST_MOVE = 0.2  # of the largest weight: less is no trend


@dataclass(frozen=True, slots=True)
class PartView:
    """A part in words. Points: ``effect`` of this person, ``most`` and ``sd`` of the weight now, ``trend`` by month."""

    key: str
    text: str
    effect: float
    most: float
    sd: float
    trend: tuple[float, ...]
    told: str
    converted: int
    half_days: float
    lately: float
    pinned: bool


@dataclass(frozen=True, slots=True)
class LeadScoreView:
    """A person's lead score now. Totals are the sums of their parts' effects, within 0–100; ``match`` from 50 on."""

    person_id: UUID
    behaviour: float
    match: float | None
    grade: str
    quadrant: str
    label: str
    behaviour_parts: tuple[PartView, ...]
    match_parts: tuple[PartView, ...]
    version: int
    converted: int
    as_of: datetime
    lately: float = 0.0  # how often anything that counts was done, faded: an event adds 1


@dataclass(frozen=True, slots=True)
class Standing:
    """One row of a list: where somebody stands."""

    person_id: UUID
    behaviour: float
    match: float | None
    grade: str
    quadrant: str
    as_of: datetime


def of_person(person_id: UUID) -> LeadScoreView | None:
    """The lead score of a surviving profile, worked out now; None where nothing is known that tells. 5 queries."""
    spec, now = behaviour.newest(), clock.now()
    if spec is None:
        return None
    known = behaviour.known_of(spec, [person_id])
    if not known:
        return None
    with connection.cursor() as cursor:
        evidence = behaviour.evidence_of(cursor, spec, known, now)[0]
    sums, facts = parts.sums_array(spec, [evidence.sums]), parts.known_array(spec, [evidence.known])
    if not evidence.sums and np.isnan(facts).all():
        return None
    found = parts.score(spec, sums, facts)
    match = None if np.isnan(found.match[0]) else float(found.match[0])
    points = float(found.behaviour[0])
    quadrant = parts.quadrant(points, match)
    lately = [(each, found.behaviour_parts[0, n], sums[0, n]) for n, each in enumerate(spec.behaviour)]
    told = [(each, found.match_parts[0, n], 0.0) for n, each in enumerate(spec.match) if facts[0, n] == 1]
    others = float(found.match_parts[0].sum()) - sum(effect for _part, effect, _times in told)
    return LeadScoreView(
        person_id, points, match, parts.grade(points, match), quadrant, str(QUADRANTS[quadrant]),
        _strongest(spec, lately), (*_strongest(spec, told), *_others(others)), spec.number, spec.converted, now,
        float(sums[0].sum()),
    )  # fmt: skip


def standings(ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """Where people stand, as stored. 1 query, always."""
    rows = LeadScore.objects.filter(person_id__in=list(ids) or [UUID(int=0)])
    return {row.person_id: _standing(row) for row in rows.defer("sums", "known")}


def in_quadrants(picked: Sequence[str]) -> Q:
    """A condition on people: those who stand there."""
    return Q(pk__in=LeadScore.objects.filter(quadrant__in=picked).values("person_id"))


def counts(principal: access.Principal) -> dict[str, int]:
    """How many of those whom ``principal`` sees stand where, counted up to one more than `BOUND`. 4 queries."""
    seen = people.people_rows(principal).values("pk")
    rows = {each: LeadScore.objects.filter(quadrant=each, person_id__in=seen) for each in parts.QUADRANTS}
    return {each: found.values("pk")[: BOUND + 1].count() for each, found in rows.items()}


def ranked(principal: access.Principal, quadrant: str, after: tuple[float, UUID] | None = None) -> list[Standing]:
    """Those who stand there by behaviour, the next `ROWS` of whom ``principal`` sees. 1 query."""
    rows = LeadScore.objects.filter(quadrant=quadrant, person_id__in=people.people_rows(principal).values("pk"))
    if after is not None:
        rows = rows.filter(behaviour__lte=after[0]).exclude(behaviour=after[0], person_id__lte=after[1])
    found = rows.defer("sums", "known").order_by("-behaviour", "person_id")[:ROWS]
    return [_standing(row) for row in found]


def part_views(spec: Spec, axis: Sequence[Part]) -> list[PartView]:
    """All parts of an axis, the heaviest first."""
    return sorted((_view(spec, each, 0.0, 0.0) for each in axis), key=lambda each: -abs(each.most))


def trend_words(part: Part) -> str:
    """ "lost weight since May": against where it stood highest (or lowest) before; empty without a plain trend."""
    now = part.learned
    if len(part.trend) < 2:
        return ""
    high, low = max(part.trend, key=lambda each: each[1]), min(part.trend, key=lambda each: each[1])
    least = max(_LEAST_MOVE * max(abs(high[1]), abs(low[1]), abs(now)), 0.5 * part.sd)
    if high[1] - now > least and high[1] - now >= now - low[1]:
        return _("lost weight since {day}").format(day=_month(high[0]))
    if now - low[1] > least:
        return _("gained weight since {day}").format(day=_month(low[0]))
    return ""


def part_words(part: Part) -> str:
    """What a part is called."""
    if part.half:
        told = part.key.removeprefix(people.fading.KIND)
        return told if told == part.key else told.capitalize()
    column, _is, value = part.key.partition(parts.SEPARATOR)
    label = training.source_of("lead").column_label(column)
    return _("%(column)s: %(value)s") % {"column": label, "value": str(_VALUES.get(value, value))}


def _strongest(spec: Spec, told: Iterable[tuple[Part, Any, Any]]) -> tuple[PartView, ...]:
    views = [_view(spec, part, float(effect), float(times)) for part, effect, times in told]
    return tuple(sorted((each for each in views if abs(each.effect) >= 0.05), key=lambda each: -abs(each.effect)))


def _others(effect: float) -> tuple[PartView, ...]:
    """What it says that somebody has none of the other values."""
    if abs(effect) < 0.05:
        return ()
    return (PartView("", _("Other values that they do not have"), effect, 0, 0, (), "", 0, 0, 0, False),)


def _view(spec: Spec, part: Part, effect: float, lately: float) -> PartView:
    unit = spec.unit(part)
    return PartView(
        part.key, part_words(part), effect, spec.points(part), part.sd * unit,
        tuple(weight * unit for _month, weight in part.trend), trend_words(part), part.converted, part.half, lately,
        part.pinned,
    )  # fmt: skip


def _standing(row: LeadScore) -> Standing:
    return Standing(
        row.person_id, row.behaviour, row.match, parts.grade(row.behaviour, row.match), row.quadrant, row.as_of
    )


def _month(told: str) -> str:
    return words.day(date.fromisoformat(f"{told}-01"))
