"""Learning the lead score's weights from what converted, as of before each decision, shrunk to first beliefs.

One row per decided lead (and, for each win, two leads that were open at that moment: nested case-control sampling,
Langholz & Goldstein 1996), with what it had done an hour before. A logistic regression with a Gaussian prior around the
beliefs of `behaviour_priors` gives the weights and how sure they are; decisions fade with a half-life of four months,
so that a part can lose weight. The same rows up to the beginning of each month give the trend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.base import clock
from amity.intelligence import behaviour_columns as columns
from amity.intelligence import registry, sensitive
from amity.intelligence.behaviour_parts import SEPARATOR, Part, Spec
from amity.intelligence.behaviour_priors import belief, is_theirs
from amity.intelligence.training import examine, source_of, with_outcomes
from amity.people import api as people

Array = NDArray[np.float64]
LEADS = "lead"
HALVES = (7.0, 30.0, 90.0)
MOST_EVENTS, MOST_DECIDED, CONTROLS = 16, 3_000, 2
GAP = timedelta(hours=1)
MONTHS = 6
_WIDTH, _MATCH_WIDTH = 0.8, 0.5  # how far weights may lie from what was believed (standard deviations, log-odds)
_FORGET_DAYS = 120.0
_LEAST_FOR_HALF = 30
_BETTER = 2.0  # nats that another half-life must gain
_TYPICAL = 60.0  # points of behaviour of the middle winner
_LEAST_SCALE, _SCALE_BELIEF = 1.0, 30
_STEPS = 30


@dataclass(slots=True)
class Rows:
    """Leads as of a moment each: ``at`` (n,), outcome ``y``, sums (n, events, half-lives), match design (n, values)."""

    at: list[datetime]
    y: Array
    sums: Array
    match: Array

    def before(self, moment: datetime) -> NDArray[np.bool_]:
        """Which rows were decided before."""
        return np.array([each < moment for each in self.at], dtype=bool)


def learn(number: int = 0, now: datetime | None = None) -> Spec:
    """A new spec from all leads and their events. A minute at most; reads only.

    Without anything decided it holds the beliefs about the events there are.
    """
    now = now or clock.now()
    seen = people.fading.seen_names(now - timedelta(days=people.fading.DAYS_BACK))
    seen += people.fading.seen_kinds(now - timedelta(days=people.fading.DAYS_BACK))
    seen.sort(key=lambda each: -each.people)
    events = [each.event for each in seen if is_theirs(each.event)][:MOST_EVENTS]
    leads = people.lead_rows()
    words = [columns.words_of(lead.columns) for lead in leads]
    shares = columns.chosen(words, _held()) if leads else {}
    places = [(name, value) for name, values in shares.items() for value in values]
    asked = _asked(leads)
    rows = _rows(leads, words, asked, events, places, shares)
    halves = [HALVES.index(belief(event)[1]) for event in events]
    halves = _better_halves(rows, events, halves, now)
    return _spec(number, rows, events, halves, places, shares, now)


def _asked(leads: Sequence[people.LeadRow]) -> list[tuple[int, datetime, float]]:
    """(position of the lead, as of when, outcome): decided ones, latest first, and controls open at each win."""
    decided = [(at, lead) for at, lead in enumerate(leads) if lead.won is not None and lead.decided_at]
    decided.sort(key=lambda each: each[1].decided_at or clock.now(), reverse=True)
    won = [(at, lead) for at, lead in decided if lead.won][:MOST_DECIDED]
    lost = [(at, lead) for at, lead in decided if not lead.won][:MOST_DECIDED]
    asked = [(at, _before(lead), float(bool(lead.won))) for at, lead in won + lost]
    dice = Random(7)  # noqa: S311 (a sample, not a secret)
    for _at, winner in won:
        moment, found = _before(winner), 0
        for _try in range(CONTROLS * 4):
            at = dice.randrange(len(leads))
            if found < CONTROLS and _open_at(leads[at], moment):
                asked.append((at, moment, 0.0))
                found += 1
    return asked


def _before(lead: people.LeadRow) -> datetime:
    assert lead.decided_at
    return lead.decided_at - GAP


def _open_at(lead: people.LeadRow, moment: datetime) -> bool:
    came = lead.created_at is not None and lead.created_at < moment
    return came and (lead.won is None or (lead.decided_at is not None and lead.decided_at > moment + GAP))


def _rows(
    leads: Sequence[people.LeadRow], words: Sequence[dict[str, str]], asked: Sequence[tuple[int, datetime, float]],
    events: Sequence[str], places: Sequence[tuple[str, str]], shares: dict[str, dict[str, float]],
) -> Rows:  # fmt: skip
    found = people.fading.past([(leads[at].id, moment) for at, moment, _y in asked], events, HALVES)
    sums = np.zeros((len(asked), len(events), len(HALVES)))
    where = {event: n for n, event in enumerate(events)}
    for (row, event), told in found.items():
        sums[row, where[event]] = told
    match = np.zeros((len(asked), len(places)))
    for row, (at, _moment, _y) in enumerate(asked):
        for n, (name, value) in enumerate(places):
            if name in words[at]:
                match[row, n] = float(words[at][name] == value) - shares[name][value]
    return Rows([moment for _at, moment, _y in asked], np.array([y for *_, y in asked], dtype=float), sums, match)


def _design(rows: Rows, halves: Sequence[int]) -> Array:
    picked = rows.sums[:, np.arange(len(halves)), list(halves)] if halves else rows.sums[:, :, 0]
    return np.hstack([1 - 2.0**-picked, rows.match])


def _fit(rows: Rows, events: Sequence[str], halves: Sequence[int], until: datetime) -> tuple[Array, Array, float]:
    """Weights, their standard deviations, and the log posterior, from rows decided before ``until``."""
    use = rows.before(until)
    design, y = _design(rows, halves)[use], rows.y[use]
    ages = np.array([(until - at).total_seconds() / 86_400 for at, used in zip(rows.at, use, strict=True) if used])
    beliefs = np.array([belief(event)[0] for event in events] + [0.0] * rows.match.shape[1])
    widths = np.array([_WIDTH] * len(events) + [_MATCH_WIDTH] * rows.match.shape[1])
    return posterior(design, y, 2.0 ** (-ages / _FORGET_DAYS), beliefs, widths)


def posterior(design: Array, y: Array, share: Array, beliefs: Array, widths: Array) -> tuple[Array, Array, float]:
    """Mode, standard deviations and log posterior of a logistic regression with a Gaussian prior (Bishop 2006, 4.5).

    ``design`` (n, p), ``y`` and ``share`` (n,), ``beliefs`` and ``widths`` (p,). Without rows: the prior.
    """
    p = design.shape[1]
    weights, intercept = beliefs.copy(), 0.0
    if not len(y) or y.min() == y.max():
        return weights, widths.copy(), 0.0
    full = np.column_stack([design, np.ones(len(y))])
    precision = np.append(1 / widths**2, 1 / 9.0)
    centre = np.append(beliefs, 0.0)
    theta = np.append(weights, intercept)
    hessian = np.diag(precision)
    for _step in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(full @ theta, -30, 30)))
        gradient = full.T @ (share * (y - chance)) - precision * (theta - centre)
        hessian = (full * (share * chance * (1 - chance))[:, None]).T @ full + np.diag(precision)
        move = np.linalg.solve(hessian, gradient)
        theta = theta + np.clip(move, -2, 2)
        if np.abs(move).max() < 1e-8:
            break
    z = np.clip(full @ theta, -30, 30)
    told = float((share * (y * z - np.logaddexp(0, z))).sum() - 0.5 * (precision * (theta - centre) ** 2).sum())
    return theta[:p], np.sqrt(np.diag(np.linalg.inv(hessian)))[:p], told


def _better_halves(rows: Rows, events: Sequence[str], halves: list[int], now: datetime) -> list[int]:
    """Other half-lives where enough winners did it and the gain is plain; one event after the other."""
    best = _fit(rows, events, halves, now)[2]
    for n in range(len(events)):
        if (rows.sums[rows.y == 1, n, 2] > 0.01).sum() < _LEAST_FOR_HALF:
            continue
        for other in range(len(HALVES)):
            tried = [*halves[:n], other, *halves[n + 1 :]]
            told = _fit(rows, events, tried, now)[2] if other != halves[n] else -np.inf
            if told > best + _BETTER:
                best, halves = told, tried
    return halves


def _spec(
    number: int, rows: Rows, events: Sequence[str], halves: Sequence[int], places: Sequence[tuple[str, str]],
    shares: dict[str, dict[str, float]], now: datetime,
) -> Spec:  # fmt: skip
    weights, sds, _told = _fit(rows, events, halves, now)
    months = _months(now)
    past = [_fit(rows, events, halves, month)[0] for month in months]
    won = rows.y == 1
    behaviour, match = [], []
    for n, event in enumerate(events):
        rest = int((rows.sums[won, n, halves[n]] > 0.01).sum())
        told = _part(event, n, weights, sds, belief(event)[0], rest, months, past)
        behaviour.append(Part(**told, half=HALVES[halves[n]]))
    for at, (name, value) in enumerate(places):
        n = len(events) + at
        share = shares[name][value]
        rest = int((np.abs(rows.match[won, at] - (1 - share)) < 1e-9).sum())
        match.append(Part(**_part(f"{name}{SEPARATOR}{value}", n, weights, sds, 0.0, rest, months, past), share=share))
    scale = _scale(rows, weights[: len(events)], halves)
    return Spec(number, tuple(behaviour), tuple(match), scale, len(rows.y), int(won.sum()), tuple(shares))


def _part(
    key: str, n: int, weights: Array, sds: Array, prior: float, rest: int, months: list[datetime], past: list[Array]
) -> dict[str, Any]:
    weight = round(float(weights[n]), 4)
    trend = tuple((month.strftime("%Y-%m"), round(float(each[n]), 4)) for month, each in zip(months, past, strict=True))
    sd = round(float(sds[n]), 4)
    return {
        "key": key,
        "weight": weight,
        "prior": prior,
        "sd": sd,
        "converted": rest,
        "learned": weight,
        "trend": trend,
    }


def _scale(rows: Rows, weights: Array, halves: Sequence[int]) -> float:
    """Log-odds that make 100 points: the middle winner stands at 60, as far as there are winners to tell."""
    believed = max(0.5 * float(np.sort(np.maximum(weights, 0))[::-1][:4].sum()), _LEAST_SCALE)
    won = rows.y == 1
    if not won.any() or not len(weights):
        return believed
    told = _design(rows, halves)[won][:, : len(weights)] @ weights
    middle = max(float(np.median(told)) / (_TYPICAL / 100), _LEAST_SCALE)
    n = int(won.sum())
    return round((n * middle + _SCALE_BELIEF * believed) / (n + _SCALE_BELIEF), 4)


def _months(now: datetime) -> list[datetime]:
    """The beginnings of this month and of those before."""
    found = [now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def _held() -> set[str]:
    """Columns that look filled in after the decision or say who a person is, unless somebody said otherwise; as the
    lead model does it."""
    frame = with_outcomes(source_of(LEADS).load())
    about = sensitive.held(sensitive.found(frame.columns), registry.decisions(LEADS))
    return {*examine(LEADS, frame)[1], *about}


__all__ = ["Rows", "learn", "posterior"]
